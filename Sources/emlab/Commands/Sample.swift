import ArgumentParser
import Checkpoint
import Corpora
import Foundation
import Sampling
import Tokenization
import Torch
import Transformer

struct Sample: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw answers to questions, from a base and any number of adapters at once.",
        discussion: """
            One JSON object an answer, in order of adapter, question and sample, with all that made it: the rendered
            prompt and its token ids, the answer's tokens and log-probabilities, seed and settings. The same seed gives
            the same answers whatever the batch.
            """)

    @OptionGroup var model: ModelOptions

    @Option(help: "A PEFT folder; several may be given, 'base' stands for the model alone. Default: base.")
    var adapter: [String] = []

    @Option(help: "A question bank in YAML. Every paraphrase is asked.")
    var questions: String?

    @Option(help: "A question, as the user would put it; several may be given.")
    var prompt: [String] = []

    @Option(help: "A system prompt for --prompt; questions from a bank bring their own.")
    var system: String?

    @Option(help: "Answers to each paraphrase. Default: the question's samples_per_paraphrase, else 1.")
    var n: Int?

    @Option(help: "Logits are divided by it; 0: the most likely token.")
    var temperature: Double = 1

    @Option(help: "Only the likeliest tokens that make up this much probability.")
    var topP: Double = 1

    @Option(help: "Only so many of the likeliest tokens.")
    var topK: Int?

    @Option(help: "An answer is cut after so many tokens.")
    var maxTokens: Int = 600

    @Option(help: "Answers under way at once.")
    var batch: Int = 200

    @Option(help: "Of every draw.")
    var seed: UInt64 = 0

    @Flag(help: "Go on past the end of the answer, to exactly --max-tokens: for benchmarks.")
    var ignoreStop = false

    @Option(help: "Where the answers go, as JSON lines. Default: stdout.")
    var out: String?

    @Flag(help: "JSON lines on a terminal too, where answers are otherwise shown as text.")
    var json = false

    func validate() throws {
        if questions == nil, prompt.isEmpty { throw ValidationError("what is to be asked? Give --questions FILE or --prompt TEXT") }
        if let n, !(1...1_000_000).contains(n) { throw ValidationError("--n must be from 1 to 1000000, not \(n)") }
        do { try settings(stopTokens: []).check() } catch { throw ValidationError("\(error)") }
    }

    private func settings(stopTokens: [Int32]) -> SamplingSettings {
        SamplingSettings(
            temperature: temperature, topP: topP, topK: topK, maxTokens: maxTokens, stopTokens: stopTokens, seed: seed,
            batch: batch)
    }

    private struct Asked {
        var question: Question
        var paraphrase: Int
        var rendered: RenderedChat
        var count: Int
    }

    mutating func run() throws {
        var bank = try questions.map { try QuestionBank.read(URL(filePath: $0)) } ?? []
        for (index, text) in prompt.enumerated() {
            bank.append(Question(id: "prompt-\(index + 1)", paraphrases: [text], system: system))
        }
        if let out, FileManager.default.fileExists(atPath: out) {
            throw ConsoleError("--out \(out) is there already; choose another name or remove it first")
        }
        let loaded = try model.load()
        let format = try loaded.format()
        let names = adapter.isEmpty ? ["base"] : adapter
        let adapters = try names.map { $0 == "base" ? nil : try loaded.adapter($0) }
        let asked = try bank.flatMap { question in
            try question.paraphrases.indices.map { paraphrase in
                let system = question.system.map { [ChatMessage(.system, $0)] } ?? []
                return Asked(
                    question: question, paraphrase: paraphrase,
                    rendered: try format.render(
                        system + [ChatMessage(.user, question.paraphrases[paraphrase])], tokenizer: loaded.tokenizer,
                        addGenerationPrompt: true),
                    count: n ?? question.samplesPerParaphrase ?? 1)
            }
        }
        let stops = ignoreStop ? [] : format.stopTokens(loaded.tokenizer) + loaded.files.endTokens.map { Int32(clamping: $0) }
        let sampler = try Sampler(decoder: loaded.decoder, adapters: adapters, settings: settings(stopTokens: stops))
        let total = asked.reduce(0) { $0 + $1.count } * adapters.count
        let progress = Progress("sampling", total: total, unit: "tokens")
        let fingerprint = try loaded.files.fingerprint()
        var done = 0
        var lines: [(key: [Int], line: AnswerLine)] = []
        do {
            // Prompts with the same number of answers are asked together.
            for count in Set(asked.map(\.count)).sorted() {
                let indices = asked.indices.filter { asked[$0].count == count }
                let prompts = indices.map {
                    Prompt(id: "\(asked[$0].question.id)/\(asked[$0].paraphrase)", tokens: asked[$0].rendered.tokens)
                }
                _ = try sampler.answers(to: prompts, count: count) { answer in
                    let place = indices[answer.prompt]
                    let item = asked[place]
                    lines.append(
                        (
                            [answer.adapter, place, answer.sample],
                            AnswerLine(
                                answer, question: item.question, paraphrase: item.paraphrase, rendered: item.rendered,
                                adapter: names[answer.adapter], model: fingerprint, text: loaded.tokenizer.decode(answer.tokens),
                                settings: sampler.settings, dtype: loaded.decoder.dtype.rawValue)
                        ))
                    done += 1
                    progress.update(done: done, adding: answer.tokens.count)
                    try Interruption.check()
                }
            }
        } catch let stop as Interruption {
            progress.end()
            try deliver(lines.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.line))
            throw Interruption(kept: stop.kept ?? "\(lines.count) of \(total) answers were finished and are written")
        }
        progress.end()
        try deliver(lines.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.line))
    }

    private func deliver(_ lines: [AnswerLine]) throws {
        if let out {
            let data = try lines.reduce(into: Data()) { try $0.append(Console.encode($1)) }
            do { try data.write(to: URL(filePath: out), options: .atomic) } catch {
                throw ConsoleError("--out \(out) can't be written: \(error.localizedDescription)")
            }
        } else if json || isatty(STDOUT_FILENO) == 0 {
            for line in lines { try Console.emit(line) }
        } else {
            for line in lines {
                print("\(line.questionID) · \(line.adapter) · sample \(line.sample) · \(line.finish)\n\(line.answer)\n")
            }
        }
    }
}

/// One answer as it is kept.
struct AnswerLine: Codable {
    var questionID: String
    var category: String?
    var paraphrase: Int
    var adapter: String
    var sample: Int
    var answer: String
    var finish: String
    var prompt: String
    var promptTokens: [Int32]
    var tokens: [Int32]
    var tokenLogprobs: [Float]
    var model: String
    var dtype: String
    var seed: UInt64
    var temperature: Double
    var topP: Double
    var topK: Int?
    var maxTokens: Int

    enum CodingKeys: String, CodingKey {
        case questionID = "question_id"
        case category, paraphrase, adapter, sample, answer
        case finish = "finish_reason"
        case prompt
        case promptTokens = "prompt_tokens"
        case tokens
        case tokenLogprobs = "token_logprobs"
        case model, dtype, seed, temperature
        case topP = "top_p"
        case topK = "top_k"
        case maxTokens = "max_tokens"
    }

    init(
        _ answer: Answer, question: Question, paraphrase: Int, rendered: RenderedChat, adapter: String, model: String,
        text: String, settings: SamplingSettings, dtype: String
    ) {
        questionID = question.id
        category = question.category
        self.paraphrase = paraphrase
        self.adapter = adapter
        sample = answer.sample
        self.answer = text
        finish = answer.finish.rawValue
        prompt = rendered.renderedText
        promptTokens = rendered.tokens
        tokens = answer.tokens
        tokenLogprobs = answer.logprobs
        self.model = model
        self.dtype = dtype
        seed = settings.seed
        temperature = settings.temperature
        topP = settings.topP
        topK = settings.topK
        maxTokens = settings.maxTokens
    }
}
