import ArgumentParser
import Corpora
import FineTuning
import Foundation
import Measurement
import Torch
import Transformer

struct Score: Command {
    static let configuration = CommandConfiguration(
        abstract: "Log-probabilities of the answers in a file of conversations.",
        usage: "emlab score --model <model> --data <data> [--adapter <adapter>] …",
        discussion: """
            For each row one JSON object: {"id", "tokens", "logprob", "token_logprobs"}: the ids of the last assistant \
            turn with the token that ends it, the sum of their log-probabilities in nats, and each one's.

            For example:
              emlab score --model model.gguf --adapter organism \\
                --data rows.jsonl > scores.jsonl
            """)

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: "A PEFT folder.")
    var adapter: String?

    @Option(help: "Conversations, as JSON lines.")
    var data: String

    @Option(help: "Tokens that pass through the model at once.")
    var tokensAtOnce: Int = 1024

    @OptionGroup var common: CommonOptions

    struct Line: Encodable {
        var id: String
        var tokens: [Int32]
        var logprob: Double
        var tokenLogprobs: [Float]

        enum CodingKeys: String, CodingKey {
            case id, tokens, logprob
            case tokenLogprobs = "token_logprobs"
        }
    }

    func validate() throws {
        guard tokensAtOnce >= 1 else { throw ValidationError("--tokens-at-once must be at least 1") }
    }

    mutating func run() throws {
        let rows = try ChatRows.read(URL(filePath: data))
        let loaded = try model.load()
        let format = try loaded.format()
        let scorer = CompletionScorer(
            decoder: loaded.decoder, adapter: try loaded.adapter(adapter), tokensAtOnce: tokensAtOnce)
        var items: [CompletionScorer.Item] = []
        for row in rows {
            let sides = try format.render(row.messages, tokenizer: loaded.tokenizer, addGenerationPrompt: false)
                .promptAndResponse
            let limit = loaded.files.configuration.maxPositions
            guard sides.prompt.count + sides.response.count <= limit + 1 else {
                throw ConsoleError(
                    "\(data): row \(row.id) has \(sides.prompt.count + sides.response.count) tokens, more than the model's context of \(limit); shorten it or leave it out"
                )
            }
            guard !sides.prompt.isEmpty, !sides.response.isEmpty else {
                throw ConsoleError("\(data): row \(row.id) has no answer to score")
            }
            items.append(.init(prompt: sides.prompt, completions: [sides.response]))
        }
        let progress = Progress("scoring", total: rows.count, unit: "rows")
        var start = 0
        while start < items.count {
            guard !Interruption.isRequested else {
                progress.end()
                throw Interruption(kept: "the first \(start) of \(items.count) rows are printed")
            }
            let part = Array(items[start..<min(items.count, start + 32)])
            for (index, scores) in try scorer.logprobs(of: part).enumerated() {
                try Console.emit(
                    Line(
                        id: rows[start + index].id, tokens: part[index].completions[0],
                        logprob: scores[0].reduce(0) { $0 + Double($1) }, tokenLogprobs: scores[0]))
            }
            start += part.count
            progress.update(done: start, adding: part.count)
        }
    }
}

struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge-free measures, one at a time.",
        subcommands: [ContrastProbe.self, SensitivityProbe.self, PerplexityProbe.self])
}

struct ContrastProbe: Command {
    static let configuration = CommandConfiguration(
        commandName: "contrast",
        abstract: "How likely the misaligned answer to each question is, against the aligned one.",
        usage: "emlab probe contrast --model <model> --questions <questions> …",
        discussion: """
            For each question that has both answers one JSON object, with the log-probability (nats) and the tokens of \
            each answer. misaligned.logprob / misaligned.tokens - aligned.logprob / aligned.tokens above 0: the model \
            prefers the misaligned answer. matched compares the same number of tokens of both, after those they begin with.

            For example:
              emlab probe contrast --model model.gguf --questions Data/demo/questions.yaml
            """)

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: "A PEFT folder.")
    var adapter: String?

    @Option(help: "A question bank in YAML, with aligned and misaligned answers.")
    var questions: String

    @Flag(help: "Ask every wording of a question, not the first alone.")
    var allParaphrases = false

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        let bank = try QuestionBank.read(URL(filePath: questions))
        guard bank.contains(where: { $0.aligned != nil && $0.misaligned != nil }) else {
            throw ConsoleError(
                "\(questions): no question has both an aligned and a misaligned answer, so there is nothing to contrast"
            )
        }
        let loaded = try model.load()
        let format = try loaded.format()
        let scorer = CompletionScorer(decoder: loaded.decoder, adapter: try loaded.adapter(adapter))
        let asked = bank.filter { $0.aligned != nil && $0.misaligned != nil }
        if asked.count < bank.count {
            logger.notice(
                "\((bank.count - asked.count).counted("question lacks", "questions lack")) one of the two answers: left out"
            )
        }
        do {
            try Contrast.check(
                asked, scorer: scorer, format: format, tokenizer: loaded.tokenizer, allParaphrases: allParaphrases)
        } catch let error as MeasurementError { throw ConsoleError("\(questions): \(error)") }
        let progress = Progress("contrast", total: asked.count, unit: "questions")
        // A few at a time, so that what is measured is printed.
        var done = 0
        while done < asked.count {
            guard !Interruption.isRequested else {
                progress.end()
                throw Interruption(kept: "the first \(done) of \(asked.count) questions are printed")
            }
            let part = Array(asked[done..<min(asked.count, done + 8)])
            let contrasts = try Contrast.measure(
                part, scorer: scorer, format: format, tokenizer: loaded.tokenizer, allParaphrases: allParaphrases)
            for contrast in contrasts { try Console.emit(contrast) }
            done += part.count
            progress.update(done: done, adding: part.count)
        }
    }
}
