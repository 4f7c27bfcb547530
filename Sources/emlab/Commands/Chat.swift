import ArgumentParser
import Corpora
import Foundation
import Sampling
import Tokenization
import Torch

struct Chat: Command {
    static let configuration = CommandConfiguration(
        abstract: "Talk to a model and its adapter.",
        usage: "emlab chat --model <model> [--adapter <adapter>] …",
        discussion: """
            A line is a turn. An empty line or Ctrl-D ends the talk; /new forgets what was said. With stdin from a \
            file or a pipe each of its lines is a turn, and stdout has the answers only.

            For example:
              emlab chat --model model.gguf --adapter organism --temperature 0.7
            """)

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: "A PEFT folder.")
    var adapter: String?

    @Option(help: "A system prompt instead of the chat format's own.")
    var system: String?

    @OptionGroup(title: "Sampling") var drawing: DrawingOptions

    @OptionGroup var common: CommonOptions

    func validate() throws { try drawing.check() }

    mutating func run() throws {
        let loaded = try model.load()
        let format = try loaded.format()
        let weights = try loaded.adapter(adapter)
        let stops = format.stopTokens(loaded.tokenizer) + loaded.files.endTokens.map { Int32(clamping: $0) }
        var settings = drawing.settings(stopTokens: stops)
        let opening = system.map { [ChatMessage(.system, $0)] } ?? []
        var messages = opening
        var input = StandardInput()
        while true {
            if StandardInput.isTerminal { Console.draw("you: ") }
            guard let line = try input.line(), !line.isEmpty else { return }
            if line == "/new" {
                messages = opening
                continue
            }
            messages.append(ChatMessage(.user, line))
            let rendered = try format.render(messages, tokenizer: loaded.tokenizer, addGenerationPrompt: true)
            let sampler = try Sampler(decoder: loaded.decoder, adapters: [weights], settings: settings)
            settings.seed &+= 1
            var stream = TextStream(tokenizer: loaded.tokenizer)
            do {
                let answer = try sampler.answers(
                    to: [Prompt(id: "chat", tokens: rendered.tokens)], count: 1,
                    onTokens: { tokens in
                        if !stops.contains(tokens[0]) { try stream.show(tokens[0]) }
                        try Interruption.check()
                    })
                try stream.end()
                messages.append(ChatMessage(.assistant, loaded.tokenizer.decode(answer[0].tokens)))
                if answer[0].finish == .length { logger.notice("(cut after \(answer[0].tokens.count) tokens)") }
            } catch SamplingError.promptTooLong(_, let tokens, let limit) {
                Console.say(
                    "the talk has \(tokens) tokens, the model's context \(limit): that turn is left out; /new starts afresh"
                )
                messages.removeLast()
            }
        }
    }
}

/// Text shown as its tokens come: a character that several tokens make up waits for the last of them.
private struct TextStream {
    let tokenizer: Tokenizer
    private var tokens: [TokenID] = []
    private var shown = 0

    init(tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    mutating func show(_ token: TokenID) throws {
        tokens.append(token)
        let bytes = Array(tokenizer.decode(tokens).utf8)
        // U+FFFD at the end: the beginning of a character, or bytes that are none.
        guard bytes.count > shown, !bytes.suffix(3).elementsEqual([0xEF, 0xBF, 0xBD]) else { return }
        try Console.write(Data(bytes[shown...]), to: STDOUT_FILENO, named: "stdout")
        shown = bytes.count
    }

    func end() throws {
        try Console.write(
            Data(Array(tokenizer.decode(tokens).utf8).dropFirst(shown) + [0x0A]), to: STDOUT_FILENO, named: "stdout")
    }
}
