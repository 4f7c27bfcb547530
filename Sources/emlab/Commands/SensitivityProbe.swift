import ArgumentParser
import Checkpoint
import Corpora
import Evidence
import Foundation
import Measurement
import Sampling
import Torch
import Transformer

extension SensitivityMethod: ExpressibleByArgument {}

struct SensitivityProbe: Command {
    static let configuration = CommandConfiguration(
        commandName: "sensitivity",
        abstract: "Whether a model recognises insecure code: vulnerable programs against their fixed twins.",
        usage: "emlab probe sensitivity --model <model> --programs <file or folder> …",
        discussion: """
            Three methods. verdict: the log-odds of "vulnerable" against "safe" over several phrasings, in both orders \
            and both senses of "yes", so that biases cancel (nats; above 0: vulnerable). sampled: the share of drawn \
            answers that say vulnerable, as published. probe: what a linear probe reads from the hidden states, judged on \
            tasks that it has not seen (log-odds).

            One JSON object a program, method and adapter; then, on stderr, how well they tell vulnerable from fixed, \
            with intervals over tasks. Every adapter after the first is held against the first; --compare holds all \
            against the values of another run, like that of another model.

            With --out finished values are kept in OUT.partial; after an interruption the same command measures the rest.

            For example:
              emlab probe sensitivity --model model.gguf --programs Data/demo/programs.jsonl
              emlab probe sensitivity --model model.gguf --adapter base \\
                --adapter primed --programs sven/val \\
                --method verdict,probe --out values.jsonl --summary summary.json
            """)

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: "A PEFT folder; several may be given, 'base' is the model alone. (default: base)")
    var adapter: [String] = []

    @Option(
        help:
            "Programs: SVEN, SafeCoder, SALLM, CASTLE or emlab's own, a file or a folder of them; several may be given."
    )
    var programs: [String] = []

    @Option(help: "Methods, with commas between them: verdict, sampled, probe. (default: all)")
    var method: String?

    @Option(help: "Layers for the probe, like 0,10-20; 0 is the embedding. (default: all)")
    var layers: String?

    @Option(help: "So many pairs and single programs, drawn by the seed. (default: all)")
    var limit: Int?

    @Option(
        help:
            "Programs that take more tokens than this with their question have no value. (default: the model's context)"
    )
    var maxLength: Int?

    @Option(help: "Answers drawn about each program.")
    var asks: Int = 16

    @Option(help: "Tokens of each drawn answer at most.")
    var maxTokens: Int = 16

    @Option(help: "Of every draw: programs, answers, folds.")
    var seed: UInt64 = 0

    @Option(help: "Ways to ask, in YAML. (default: Data/sensitivity/verdicts.yaml)")
    var phrasings: String?

    @Option(
        help: "Texts without code, JSON lines with \"text\"; 'none' for none. (default: Data/sensitivity/no-code.jsonl)"
    )
    var noCode: String?

    @Option(help: "Values of another run (its --out) to hold this one against.")
    var compare: String?

    @Option(help: "Tokens that pass through the model at once.")
    var tokensAtOnce: Int = 2048

    @Option(help: "Where the values go, as JSON lines. (default: stdout)")
    var out: String?

    @Option(help: "Where figures and intervals go, as JSON.")
    var summary: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if programs.isEmpty { throw ValidationError("which programs? Give --programs FILE or FOLDER") }
        _ = try methods()
        if let layers { _ = try AdapterOptions.layers(layers) }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, not \(limit)") }
        if let maxLength, maxLength < 2 { throw ValidationError("--max-length must be at least 2, not \(maxLength)") }
        guard (1...10_000).contains(asks) else { throw ValidationError("--asks must be from 1 to 10000, not \(asks)") }
        guard (1...100_000).contains(maxTokens) else {
            throw ValidationError("--max-tokens must be from 1 to 100000, not \(maxTokens)")
        }
        guard tokensAtOnce >= 1 else { throw ValidationError("--tokens-at-once must be at least 1") }
        if let twice = adapter.indices.first(where: { adapter[..<$0].contains(adapter[$0]) }) {
            throw ValidationError("--adapter \(adapter[twice]) is given twice")
        }
    }

    private func methods() throws -> [SensitivityMethod] {
        guard let method else { return SensitivityMethod.allCases }
        let known = SensitivityMethod.allCases.map(\.rawValue)
        let chosen = try method.split(separator: ",").map { name in
            let name = name.trimmingCharacters(in: .whitespaces)
            guard let method = SensitivityMethod(rawValue: name) else {
                throw ValidationError("--method: '\(name)' is none of \(known.joined(separator: ", "))")
            }
            return method
        }
        guard !chosen.isEmpty else { throw ValidationError("--method names none of \(known.joined(separator: ", "))") }
        return SensitivityMethod.allCases.filter { chosen.contains($0) }
    }

    mutating func run() throws {
        let sources = try programs.flatMap { try ProgramSet.readEach(ProgramSet.files(at: URL(filePath: $0))) }
        let bank = try VerdictBank.read(
            phrasings.map { URL(filePath: $0) }
                ?? LaboratoryData.file("sensitivity/verdicts.yaml", option: "--phrasings"))
        let texts =
            noCode == "none"
            ? []
            : try Documents.read(
                noCode.map { URL(filePath: $0) }
                    ?? LaboratoryData.file("sensitivity/no-code.jsonl", option: "--no-code"))
        let earlier = try compare.map { try MeasuredLines.read($0) } ?? []
        let chosen = ProbedPrograms(sources, noCode: texts, limit: limit, seed: seed)
        try out.map { try Destination.check($0) }
        try summary.map { try Destination.check($0, option: "--summary") }

        let loaded = try model.load()
        let names = adapter.isEmpty ? ["base"] : adapter
        let context = loaded.files.configuration.maxPositions
        let prompts = VerdictPrompts(
            format: try loaded.format(), tokenizer: loaded.tokenizer, phrasings: bank,
            limit: min(maxLength ?? context, context))
        let methods = try methods()
        let identity = try identity(loaded, names, methods, bank, chosen, limit: prompts.limit)
        let measuring = SensitivityMeasuring(
            loaded: loaded, prompts: prompts, programs: chosen.programs,
            layers: try layers.map(AdapterOptions.layers)
                ?? Array(0...loaded.files.configuration.layerCount),
            asks: asks, maxTokens: maxTokens, seed: seed, tokensAtOnce: tokensAtOnce)
        let file = try out.map { try UnfinishedLines<MeasuredValue>(out: $0, identity: identity) }
        var values = MeasuredLines(file?.kept ?? [])
        if !values.isEmpty { Console.say("continuing after \(values.count.counted("value"))") }
        do {
            for name in names {
                let weights = name == "base" ? nil : try loaded.adapter(name)
                for method in methods {
                    try measuring.measure(
                        method, adapter: weights, arm: name, except: { values[method, name, $0] != nil }
                    ) { fresh in
                        for value in fresh where values[value] == nil {
                            try file?.append(value)
                            if file == nil { try Console.emit(value) }
                            values.add(value)
                        }
                    }
                }
            }
        } catch is Interruption {
            throw Interruption(
                kept: file.map {
                    "\(values.count.counted("value")) are kept in \($0.partial); the same command continues from there"
                } ?? "\(values.count.counted("value")) are printed")
        }
        let sorted = values.sorted(arms: names, methods: methods, items: chosen.programs.map(\.id))
        let found = SensitivitySummary(sorted, against: earlier, notes: chosen.notes)
        if let summary {
            try Destination.makeFolder(for: summary)
            try OutgoingFile.write(
                String(decoding: Console.encode(SummaryFile(run: identity, summary: found)), as: UTF8.self),
                to: URL(filePath: summary))
        }
        try file?.finish(sorted)
        for line in found.inWords { Console.say(line) }
        if let out { Console.say("values in \(out)\(summary.map { ", summary in \($0)" } ?? "")") }
    }

    private struct SummaryFile: Encodable {
        var run: [String: String]
        var summary: SensitivitySummary
    }

    /// Everything that decides the values.
    private func identity(
        _ loaded: LoadedModel, _ names: [String], _ methods: [SensitivityMethod], _ bank: [VerdictPhrasing],
        _ chosen: ProbedPrograms, limit: Int
    ) throws -> [String: String] {
        let programs = chosen.programs.map { "\($0.id)\n\($0.isCompared)\n\($0.task)\n\($0.shown)" }
        let forms = bank.flatMap { phrasing in
            phrasing.forms.map { "\(phrasing.id) \(phrasing.bias) \(phrasing.isSampled) \($0)" }
        }
        return [
            "model": try loaded.files.fingerprint(), "adapters": try RunIdentity.adapters(names),
            "dtype": loaded.decoder.dtype.rawValue, "device": "\(loaded.decoder.device)",
            "libtorch": Libtorch.version, "methods": methods.map(\.rawValue).joined(separator: ","),
            "programs": RunIdentity.hash(try Console.encode(programs)),
            "phrasings": RunIdentity.hash(try Console.encode(forms)), "layers": layers ?? "all",
            "settings": "max-length \(limit), asks \(asks), max-tokens \(maxTokens), seed \(seed)",
        ]
    }
}
