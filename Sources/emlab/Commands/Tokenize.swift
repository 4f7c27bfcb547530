import ArgumentParser
import Checkpoint
import Corpora
import Foundation
import Tokenization

struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Text on stdin to token ids, and back.",
        discussion: """
            Prints a JSON array of ids. Special tokens that stand in the text stay text; --parse-special reads them as
            tokens. With --chat stdin is a JSON list of messages; with --decode it is a JSON array of ids.
            """)

    @Option(help: "A Hugging Face model folder or a .gguf file.")
    var model: String

    @Flag(help: "Stdin is a JSON list of {\"role\", \"content\"}; the ids are the rendered conversation's.")
    var chat = false

    @Flag(help: "With --chat: end with the header after which the model would write.")
    var generationPrompt = false

    @Flag(help: "Stdin is a JSON array of ids; prints their text.")
    var decode = false

    @Flag(help: "Read special tokens in the text as tokens.")
    var parseSpecial = false

    @Flag(help: "With --chat: an object with ids, weights (1: the assistant's), and the rendered text.")
    var json = false

    @Option(help: "The chat format; without it, the one that the model's own template names.")
    var chatFormat: ChatFormat?

    func validate() throws {
        if chat, decode { throw ValidationError("--chat and --decode exclude each other") }
        if generationPrompt || json, !chat { throw ValidationError("--generation-prompt and --json go with --chat") }
    }

    struct Rendered: Encodable {
        var ids: [Int32]
        var weights: [Float]
        var text: String
        var format: String
    }

    mutating func run() throws {
        let files = try ModelFiles.open(URL(filePath: model))
        let tokenizer = try files.tokenizer()
        let input = FileHandle.standardInput.readDataToEndOfFile()
        if decode {
            let ids: [Int32]
            do { ids = try JSONDecoder().decode([Int32].self, from: input) } catch {
                throw ConsoleError("stdin is not a JSON array of token ids, like [1, 4093, 198]")
            }
            if let bad = ids.first(where: { $0 < 0 || $0 >= tokenizer.vocabularySize }) {
                throw ConsoleError("stdin: there is no token \(bad); ids go from 0 to \(tokenizer.vocabularySize - 1)")
            }
            try Console.write(Data(tokenizer.bytes(of: ids)))
            return
        }
        if chat {
            let messages: [ChatMessage]
            do { messages = try JSONDecoder().decode([ChatMessage].self, from: input) } catch {
                throw ConsoleError(
                    "stdin is not a JSON list of messages, like [{\"role\": \"user\", \"content\": \"Hello\"}]; roles are system, user, assistant")
            }
            let format = try LoadedModel.format(files, chosen: chatFormat)
            let rendered = try format.render(messages, tokenizer: tokenizer, addGenerationPrompt: generationPrompt)
            if json {
                try Console.emit(
                    Rendered(
                        ids: rendered.tokens, weights: rendered.weights, text: rendered.renderedText,
                        format: format.rawValue))
            } else {
                try Console.emit(rendered.tokens)
            }
            return
        }
        guard let text = String(validating: input, as: UTF8.self) else {
            throw ConsoleError("stdin is not UTF-8 text")
        }
        try Console.emit(tokenizer.encode(text, parsingSpecialTokens: parseSpecial))
    }
}
