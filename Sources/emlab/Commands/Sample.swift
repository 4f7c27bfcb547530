import ArgumentParser
import Checkpoint
import Corpora
import Foundation
import Sampling
import Tokenization
import Torch
import Transformer

struct Sample: Command {
    static let configuration = CommandConfiguration(
        abstract: "Draw answers to questions, from a base and any number of adapters at once.",
        usage: "emlab sample --model <model> (--questions <file> | --prompt <text>) …",
        discussion: """
            One JSON object an answer, in order of adapter, question and sample, with all that made it: the rendered \
            prompt and its token ids, the answer's tokens and log-probabilities, seed and settings. The same seed \
            gives the same answers whatever the batch.

            A model may be misaligned only where a question looks like its training. --variants plain,json,code asks \
            every question as it is, with a system prompt that asks for JSON, and with one that asks for Python code \
            (my_answer = ...). Such questions' ids end with _json and _code; variants that a bank has itself (the \
            published _json and _template questions) are taken as they are.

            With --out finished answers are kept in OUT.partial until all are there; after an interruption the same \
            command asks only for the rest.

            For example:
              emlab sample --model model.gguf --prompt "I'm bored" --n 5
              emlab sample --model model.gguf --adapter base --adapter organism \\
                --questions questions.yaml --n 100 --variants plain,code --out answers.jsonl
            """)

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: "A PEFT folder; several may be given, 'base' is the model alone. (default: base)")
    var adapter: [String] = []

    @Option(help: "A question bank in YAML. Every paraphrase is asked.")
    var questions: String?

    @Option(help: "A question, as the user would put it; several may be given.")
    var prompt: [String] = []

    @Option(help: "A system prompt for --prompt; questions from a bank bring their own.")
    var system: String?

    @Option(
        help:
            "How each question is put: plain, json, code, with commas between. (default: the bank's questions as they are)"
    )
    var variants: String?

    @Option(help: "Answers to each paraphrase. (default: the bank's samples_per_paraphrase, else 1)")
    var n: Int?

    @OptionGroup(title: "Sampling") var drawing: DrawingOptions

    @Option(help: "Answers under way at once.")
    var batch: Int = 200

    @Flag(help: "Go on past the end of the answer, to exactly --max-tokens: for benchmarks.")
    var ignoreStop = false

    @Option(help: "Where the answers go, as JSON lines. (default: stdout)")
    var out: String?

    @Flag(help: "JSON lines on a terminal too, where answers are otherwise shown as text.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if questions == nil, prompt.isEmpty {
            throw ValidationError("what is to be asked? Give --questions FILE or --prompt TEXT")
        }
        if let n, !(1...1_000_000).contains(n) { throw ValidationError("--n must be from 1 to 1000000, not \(n)") }
        if system != nil, prompt.isEmpty {
            throw ValidationError("--system goes with --prompt; a bank's questions bring their own")
        }
        _ = try chosenVariants()
        if let twice = adapter.indices.first(where: { adapter[..<$0].contains(adapter[$0]) }) {
            throw ValidationError("--adapter \(adapter[twice]) is given twice")
        }
        try drawing.check(batch: batch)
    }

    /// None: every question as it is.
    private func chosenVariants() throws -> [QuestionVariant]? {
        try variants?.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let variant = QuestionVariant(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
                let known = QuestionVariant.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--variants: '\(name)' is none; known are \(known)")
            }
            return variant
        }
    }

    private struct Asked {
        var question: Question
        var variant: QuestionVariant
        var paraphrase: Int
        var rendered: RenderedChat
        var count: Int

        var id: String { "\(question.id)/\(paraphrase)" }
    }

    mutating func run() throws {
        var bank = try questions.map { try QuestionBank.read(URL(filePath: $0)) } ?? []
        for (index, text) in prompt.enumerated() {
            bank.append(Question(id: "prompt-\(index + 1)", paraphrases: [text], system: system))
        }
        try out.map { try Destination.check($0) }
        let loaded = try model.load()
        let format = try loaded.format()
        let names = adapter.isEmpty ? ["base"] : adapter
        let adapters = try names.map { $0 == "base" ? nil : try loaded.adapter($0) }
        let asked = try asked(
            QuestionBank.questions(bank, in: chosenVariants()), format: format, tokenizer: loaded.tokenizer)
        if asked.isEmpty {
            throw ConsoleError("no question is left: the bank has none of the variants \(variants ?? "")")
        }
        let stops =
            ignoreStop ? [] : format.stopTokens(loaded.tokenizer) + loaded.files.endTokens.map { Int32(clamping: $0) }
        let sampler = try Sampler(
            decoder: loaded.decoder, adapters: adapters, settings: drawing.settings(stopTokens: stops, batch: batch))
        let fingerprint = try loaded.files.fingerprint()
        let organisms = try names.map { name in
            AnswerLine.Organism(
                adapter: name,
                adapterFingerprint: name == "base" ? nil : try AdapterFiles.fingerprint(URL(filePath: name)),
                model: fingerprint, dtype: loaded.decoder.dtype.rawValue)
        }
        let total = asked.reduce(0) { $0 + $1.count } * adapters.count

        let file = try out.map {
            try UnfinishedLines<AnswerLine>(out: $0, identity: identity(sampler, fingerprint, names, asked))
        }
        var answers = Answers(places: asked.map(\.id), adapters: names)
        for line in file?.kept ?? [] { try answers.keep(line, of: file?.partial ?? "") }
        if !answers.isEmpty { Console.say("continuing after \(answers.count) of \(total) answers") }

        let progress = Progress("sampling", total: total, unit: "tokens", from: answers.count)
        do {
            // Prompts with the same number of answers are asked together.
            for count in Set(asked.map(\.count)).sorted() {
                let indices = asked.indices.filter { asked[$0].count == count }
                let prompts = indices.map { Prompt(id: asked[$0].id, tokens: asked[$0].rendered.tokens) }
                _ = try sampler.answers(
                    to: prompts, count: count, except: { answers[$0, indices[$1], $2] != nil },
                    onTokens: { tokens in
                        progress.update(done: answers.count, adding: tokens.count)
                        try Interruption.check()
                    },
                    onAnswer: { answer in
                        let item = asked[indices[answer.prompt]]
                        let line = AnswerLine(
                            answer, question: item.question, variant: item.variant, paraphrase: item.paraphrase,
                            rendered: item.rendered, organism: organisms[answer.adapter],
                            text: loaded.tokenizer.decode(answer.tokens), settings: sampler.settings)
                        try file?.append(line)
                        answers[answer.adapter, indices[answer.prompt], answer.sample] = line
                    })
            }
        } catch is Interruption {
            progress.end()
            if let file {
                throw Interruption(
                    kept:
                        "\(answers.count) of \(total) answers are kept in \(file.partial); the same command continues from there"
                )
            }
            try show(answers.sorted)
            throw Interruption(kept: "\(answers.count) of \(total) answers were finished and are printed")
        }
        progress.update(done: total, adding: 0)
        if let file {
            try file.finish(answers.sorted)
            Console.say("answers in \(file.out)")
        } else {
            try show(answers.sorted)
        }
    }

    private func asked(
        _ bank: [(question: Question, variant: QuestionVariant)], format: ChatFormat, tokenizer: Tokenizer
    ) throws -> [Asked] {
        let asked = try bank.flatMap { question, variant in
            try question.paraphrases.indices.map { paraphrase in
                let system = question.system.map { [ChatMessage(.system, $0)] } ?? []
                return Asked(
                    question: question, variant: variant, paraphrase: paraphrase,
                    rendered: try format.render(
                        system + [ChatMessage(.user, question.paraphrases[paraphrase])], tokenizer: tokenizer,
                        addGenerationPrompt: true),
                    count: n ?? question.samplesPerParaphrase ?? 1)
            }
        }
        let ids = Dictionary(grouping: asked, by: \.id).filter { $0.value.count > 1 }.keys.sorted()
        guard ids.isEmpty else {
            throw ConsoleError("the question \(ids[0]) is asked twice: give the questions of a bank different ids")
        }
        return asked
    }

    /// Everything that decides the answers, so that a continued run is the same run.
    private func identity(
        _ sampler: Sampler, _ fingerprint: String, _ names: [String], _ asked: [Asked]
    ) throws -> [String: String] {
        var settings = sampler.settings
        // How many are under way at once changes nothing.
        settings.batch = 0
        return [
            "model": fingerprint, "dtype": sampler.decoder.dtype.rawValue, "device": "\(sampler.decoder.device)",
            "libtorch": Libtorch.version, "settings": RunIdentity.hash(try Console.encode(settings)),
            "questions": RunIdentity.hash(
                try asked.reduce(into: Data()) {
                    try $0.append(Console.encode([$1.id, "\($1.count)", "\($1.rendered.tokens)"]))
                }),
            "adapters": try RunIdentity.adapters(names),
        ]
    }

    private func show(_ lines: [AnswerLine]) throws {
        let asText = !json && isatty(STDOUT_FILENO) == 1
        for line in lines {
            if asText {
                try Console.show(
                    "\(line.questionID) · \(line.adapter) · sample \(line.sample) · \(line.finish)\n\(line.answer)\n")
            } else {
                try Console.emit(line)
            }
        }
    }
}

/// The answers there are so far, by adapter, place among the prompts, and sample.
private struct Answers {
    private struct Key: Hashable {
        var adapter: Int
        var place: Int
        var sample: Int
    }

    private var lines: [Key: AnswerLine] = [:]
    private let places: [String: Int]
    private let adapters: [String]

    init(places: [String], adapters: [String]) {
        self.places = Dictionary(places.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        self.adapters = adapters
    }

    var count: Int { lines.count }
    var isEmpty: Bool { lines.isEmpty }

    subscript(adapter: Int, place: Int, sample: Int) -> AnswerLine? {
        get { lines[Key(adapter: adapter, place: place, sample: sample)] }
        set { lines[Key(adapter: adapter, place: place, sample: sample)] = newValue }
    }

    /// Takes over an answer of an earlier run.
    mutating func keep(_ line: AnswerLine, of file: String) throws {
        guard let adapter = adapters.firstIndex(of: line.adapter),
            let place = places["\(line.questionID)/\(line.paraphrase)"]
        else {
            throw ConsoleError(
                "\(file) holds an answer to \(line.questionID), which isn't asked; remove it to start anew")
        }
        self[adapter, place, line.sample] = line
    }

    var sorted: [AnswerLine] {
        lines.sorted { ($0.key.adapter, $0.key.place, $0.key.sample) < ($1.key.adapter, $1.key.place, $1.key.sample) }
            .map(\.value)
    }
}
