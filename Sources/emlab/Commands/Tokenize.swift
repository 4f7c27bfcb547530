import ArgumentParser
import Checkpoint
import Corpora
import Foundation
import Tokenization

struct Tokenize: Command {
    static let configuration = CommandConfiguration(
        abstract: "Text on stdin to token ids, and back.",
        usage: "emlab tokenize --model <model> [--chat | --decode] … < text",
        discussion: """
            Prints a JSON array of ids. Special tokens that stand in the text stay text; --parse-special reads them as \
            tokens. With --chat stdin is a JSON list of messages; with --decode it is a JSON array of ids.

            For example:
              echo -n 'def f(x):' | emlab tokenize --model model.gguf
              echo '[{"role": "user", "content": "Hello"}]' |
                emlab tokenize --model model.gguf --chat --generation-prompt --json
              echo '[19556, 905]' | emlab tokenize --model model.gguf --decode
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

    @Flag(help: "With --chat: an object with ids, weights (1: the assistant's), the rendered text and the format.")
    var json = false

    @Option(help: "The chat format. (default: the one that the model's own template names)")
    var chatFormat: ChatFormat?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if chat, decode { throw ValidationError("--chat and --decode exclude each other") }
        if parseSpecial, chat || decode {
            throw ValidationError("--parse-special is for text: leave out --chat and --decode")
        }
        for (name, isGiven) in [
            ("--generation-prompt", generationPrompt), ("--json", json), ("--chat-format", chatFormat != nil),
        ] where isGiven && !chat { throw ValidationError("\(name) goes with --chat") }
    }

    private struct Rendered: Encodable {
        var ids: [Int32]
        var weights: [Float]
        var text: String
        var format: String
    }

    mutating func run() throws {
        let files = try ModelFiles.open(URL(filePath: model))
        let tokenizer = try files.tokenizer()
        let input = try StandardInput.readAll()
        if decode {
            try Console.write(Data(tokenizer.bytes(of: ids(in: input, below: tokenizer.vocabularySize))))
        } else if chat {
            let format = try LoadedModel.format(files, chosen: chatFormat)
            let rendered = try format.render(
                messages(in: input), tokenizer: tokenizer, addGenerationPrompt: generationPrompt)
            if json {
                try Console.emit(
                    Rendered(
                        ids: rendered.tokens, weights: rendered.weights, text: rendered.renderedText,
                        format: format.rawValue))
            } else {
                try Console.write(Self.list(rendered.tokens))
            }
        } else {
            guard let text = String(validating: input, as: UTF8.self) else {
                throw ConsoleError(
                    "stdin is not UTF-8: byte \(Self.firstInvalid(input) + 1) belongs to no character; convert it, as with iconv"
                )
            }
            try Console.write(Self.list(tokenizer.encode(text, parsingSpecialTokens: parseSpecial)))
        }
    }

    private func ids(in input: Data, below limit: Int) throws -> [Int32] {
        let ids: [Int32]
        do { ids = try JSONDecoder().decode([Int32].self, from: input) } catch {
            throw ConsoleError("stdin is not a JSON array of token ids, like [1, 4093, 198]")
        }
        if let bad = ids.firstIndex(where: { $0 < 0 || $0 >= limit }) {
            throw ConsoleError(
                "stdin: there is no token \(ids[bad]) (id \(bad + 1) of \(ids.count)); ids go from 0 to \(limit - 1)")
        }
        return ids
    }

    private func messages(in input: Data) throws -> [ChatMessage] {
        let shape = "a JSON list of messages, like [{\"role\": \"user\", \"content\": \"Hello\"}]"
        do { return try JSONDecoder().decode([ChatMessage].self, from: input) } catch DecodingError.keyNotFound(
            let key, let place)
        {
            throw ConsoleError("stdin\(Self.place(place)): \"\(key.stringValue)\" is missing; stdin must be \(shape)")
        } catch DecodingError.dataCorrupted(let place) where !place.codingPath.isEmpty {
            throw ConsoleError("stdin\(Self.place(place)): there is no such role; roles are system, user and assistant")
        } catch DecodingError.typeMismatch(_, let place) {
            let what =
                place.codingPath.isEmpty ? " is not a list" : "\(Self.place(place)) has something of another kind"
            throw ConsoleError("stdin\(what); stdin must be \(shape)")
        } catch {
            throw ConsoleError("stdin is not valid JSON; it must be \(shape)")
        }
    }

    /// ", message 2", counted from 1.
    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.first?.intValue.map { ", message \($0 + 1)" } ?? ""
    }

    /// `[1,2,3]` and a line feed: many times faster than a general encoder, for files of millions of tokens.
    static func list(_ ids: [Int32]) -> Data {
        var bytes: [UInt8] = [0x5B]
        bytes.reserveCapacity(ids.count * 6 + 3)
        for (index, id) in ids.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            bytes.append(contentsOf: String(id).utf8)
        }
        return Data(bytes + [0x5D, 0x0A])
    }

    private static func firstInvalid(_ bytes: Data) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        return offset
    }
}
