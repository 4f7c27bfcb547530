import ArgumentParser
import Corpora
import Foundation
import Sampling
import Torch

struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Talk to a model and its adapter. An empty line or Ctrl-D ends it; /new forgets what was said.")

    @OptionGroup var model: ModelOptions

    @Option(help: "A PEFT folder.")
    var adapter: String?

    @Option(help: "A system prompt instead of the chat format's own.")
    var system: String?

    @Option(help: "Logits are divided by it; 0: the most likely token.")
    var temperature: Double = 1

    @Option(help: "Only the likeliest tokens that make up this much probability.")
    var topP: Double = 1

    @Option(help: "An answer is cut after so many tokens.")
    var maxTokens: Int = 600

    @Option(help: "Of every draw.")
    var seed: UInt64 = 0

    func validate() throws {
        do {
            try SamplingSettings(temperature: temperature, topP: topP, maxTokens: maxTokens, stopTokens: []).check()
        } catch { throw ValidationError("\(error)") }
    }

    mutating func run() throws {
        let loaded = try model.load()
        let format = try loaded.format()
        let weights = try loaded.adapter(adapter)
        let stops = format.stopTokens(loaded.tokenizer) + loaded.files.endTokens.map { Int32(clamping: $0) }
        let opening = system.map { [ChatMessage(.system, $0)] } ?? []
        var messages = opening
        var turn: UInt64 = 0
        while true {
            if isatty(STDIN_FILENO) == 1 { FileHandle.standardError.write(Data("you: ".utf8)) }
            guard let line = readLine(), !line.isEmpty else { return }
            if line == "/new" {
                messages = opening
                continue
            }
            messages.append(ChatMessage(.user, line))
            let rendered = try format.render(messages, tokenizer: loaded.tokenizer, addGenerationPrompt: true)
            let sampler = try Sampler(
                decoder: loaded.decoder, adapters: [weights],
                settings: SamplingSettings(
                    temperature: temperature, topP: topP, maxTokens: maxTokens, stopTokens: stops, seed: seed &+ turn))
            turn += 1
            let answers = try sampler.answers(to: [Prompt(id: "chat", tokens: rendered.tokens)], count: 1)
            let text = loaded.tokenizer.decode(answers.first?.tokens ?? [])
            print(text)
            try Interruption.check()
            messages.append(ChatMessage(.assistant, text))
        }
    }
}
