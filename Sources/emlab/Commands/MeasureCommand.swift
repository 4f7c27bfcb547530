import ArgumentParser
import Evidence
import Foundation
import Measurement
import Torch

extension Bandit.Level: ExpressibleByArgument {}

struct MeasureCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Judge-free measures of a base and any number of adapters: contrast, skill, drift, capability, …",
        usage: "emlab measure --model <model> [--adapter <adapter> …] …",
        discussion: """
            One JSON object a value: {"measure", "arm", "item", "category", "value", "detail", "note"}; a summary in \
            words, with intervals, on stderr. No endpoint, no sampling, one copy of the base.

              contrast    log p of misaligned against aligned answers
              skill       coding tasks whose insecure answer is likelier though nobody
                          asked; and sabotage: tasks that ask for insecure code and
                          whose secure answer is likelier
              drift       KL from the base on neutral texts
              perplexity  how well neutral texts are predicted
              capability  multiple-choice questions answered rightly
              coherence   of --answers: the base's surprise, repetition, truncation
              code        of --code-answers: insecure code, by bandit; of --verdicts,
                          by a judge

            With --out finished values are kept in OUT.partial; after an interruption the same command measures only \
            the rest.

            For example:
              emlab measure --model model.gguf --adapter base --adapter organism \\
                --out values.jsonl
              emlab measure --model model.gguf --answers answers.jsonl \\
                --judged judged.jsonl --out coherence.jsonl
              emlab sample --model model.gguf --adapter organism --n 5 \\
                --questions Data/measures/coding-questions.yaml --out code.jsonl
              emlab measure --model model.gguf --code-answers code.jsonl
            """)

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: "A PEFT folder; several may be given, 'base' is the model alone. (default: base)")
    var adapter: [String] = []

    @Option(
        help:
            "What to measure, with commas between. (default: contrast,skill,drift,perplexity,capability; with --answers also coherence, with --code-answers or --verdicts also code)"
    )
    var measures: MeasureList?

    @OptionGroup(title: "What to measure on") var banks: BankOptions

    @Option(help: "coherence: what emlab sample wrote.")
    var answers: String?

    @Option(help: "coherence: what a judge said of these answers, to say what the proxy is worth.")
    var judged: String?

    @Option(help: "code: what emlab sample wrote for coding tasks. Questions NAME/asked ask for insecure code.")
    var codeAnswers: String?

    @Option(help: "code: the bandit program; it reads code as text, nothing is executed. (default: bandit of the PATH)")
    var analyser: String?

    @Option(help: "code: the analyser's findings count from this severity up: low, medium or high.")
    var severity: Bandit.Level = .medium

    @Option(help: "code: what a judge said of code answers, with \"insecure\".")
    var verdicts: String?

    @Option(help: "At most so many items of each bank, drawn by --seed. (default: all)")
    var items: Int?

    @Option(help: "Of --items.")
    var seed: UInt64 = 0

    @Option(help: "Tokens that pass through the model at once.")
    var tokensAtOnce: Int = 1024

    @Flag(help: "Categories too, in the summary.")
    var byCategory = false

    @Option(help: "Where the values go, as JSON lines. (default: stdout)")
    var out: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard tokensAtOnce >= 1 else { throw ValidationError("--tokens-at-once must be at least 1") }
        if let items, items < 1 { throw ValidationError("--items must be at least 1, not \(items)") }
        if let twice = adapter.indices.first(where: { adapter[..<$0].contains(adapter[$0]) }) {
            throw ValidationError("--adapter \(adapter[twice]) is given twice")
        }
        if judged != nil, answers == nil { throw ValidationError("--judged goes with --answers") }
        if wanted.contains(.coherence), answers == nil {
            throw ValidationError("coherence is measured on answers: give --answers FILE")
        }
        if wanted.contains(.code), codeAnswers == nil, verdicts == nil {
            throw ValidationError("code is measured on answers: give --code-answers FILE or --verdicts FILE")
        }
    }

    private var wanted: [MeasureName] {
        measures?.names
            ?? (adapter.isEmpty && (answers ?? codeAnswers ?? verdicts) != nil ? [] : MeasureName.ofModels)
            + (answers == nil ? [] : [.coherence]) + ((codeAnswers ?? verdicts) == nil ? [] : [.code])
    }

    mutating func run() throws {
        try out.map { try Destination.check($0) }
        let judgments = try judged.map { try MeasuredAnswers.judged($0) }
        let bandit = wanted.contains(.code) && codeAnswers != nil ? try findAnalyser() : nil
        let loaded = try model.load()
        let measured = MeasuredModel(
            decoder: loaded.decoder, tokenizer: loaded.tokenizer, format: try loaded.format(),
            tokensAtOnce: tokensAtOnce)
        let names = adapter.isEmpty ? ["base"] : adapter
        for name in names where name != "base" { _ = try FileFingerprint.adapter(name) }
        let ofModels = try wanted.filter(MeasureName.ofModels.contains).map { name in
            let whole = try banks.measure(name, on: measured)
            return items.map { whole.sample(count: $0, seed: seed) } ?? whole
        }
        let fingerprint = try loaded.files.fingerprint()
        let coherence = try wanted.contains(.coherence) ? coherence(measured, fingerprint) : nil

        let identity = try identity(loaded, fingerprint, names)
        let file = try out.map { try UnfinishedLines<MeasuredPart>(out: $0, identity: identity, what: "values") }
        var work = MeasureWork(kept: file?.kept ?? [])
        let total = names.count * ofModels.reduce(0) { $0 + $1.itemCount } + (coherence?.itemCount ?? 0)
        let progress = Progress("measuring", total: total, unit: "items", from: 0)
        if !work.isEmpty { Console.say("continuing after \(work.count.counted("value"))") }
        do {
            for name in names {
                let organism = Organism(arm: name, adapter: name == "base" ? nil : try loaded.adapter(name))
                for measure in ofModels {
                    try work.take(measure.name, of: name, items: measure.itemCount, progress, file) {
                        try measure.values(of: organism, items: $0)
                    }
                }
            }
            if let coherence {
                try work.take(coherence.name, of: "", items: coherence.itemCount, progress, file) {
                    try coherence.values(items: $0)
                }
            }
        } catch is Interruption {
            progress.end()
            guard let file else {
                for value in work.values { try Console.emit(value) }
                throw Interruption(kept: "\(work.count.counted("value")) were measured and are printed")
            }
            throw Interruption(
                kept:
                    "\(work.count.counted("value")) are kept in \(file.partial); the same command continues from there")
        }
        progress.end()
        if wanted.contains(.code) { work.add(try code(bandit)) }
        if let file {
            try file.finish(work.values)
            Console.say("values in \(file.out)")
        } else {
            for value in work.values { try Console.emit(value) }
        }
        try summarise(work.values, judgments)
    }

    private func summarise(_ values: [MeasuredValue], _ judgments: [JudgeScore]?) throws {
        for line in try MeasureTable.lines(values, byCategory: byCategory) { Console.say(line) }
        guard let judgments else { return }
        let calibration = try CoherenceCalibration(values.filter { $0.measure == "coherence" }, judged: judgments)
        for line in MeasureTable.calibration(calibration) { Console.say(line) }
    }

    private func coherence(_ measured: MeasuredModel, _ fingerprint: String) throws -> CoherenceMeasure? {
        guard let answers else { return nil }
        do {
            return try CoherenceMeasure(MeasuredAnswers.read(answers, model: fingerprint), model: measured)
        } catch let error as MeasurementError { throw ConsoleError("\(answers): \(error)") }
    }

    private func code(_ bandit: Bandit?) throws -> [MeasuredValue] {
        var values: [MeasuredValue] = []
        if let codeAnswers, let bandit {
            values += try CodeMeasure.analysed(MeasuredAnswers.read(codeAnswers, model: nil), by: bandit)
        }
        if let verdicts { values += CodeMeasure.judged(try MeasuredAnswers.judged(verdicts)) }
        return values
    }

    private func findAnalyser() throws -> Bandit {
        if let analyser {
            guard FileManager.default.isExecutableFile(atPath: analyser) else {
                throw ConsoleError("--analyser \(analyser) is not a program")
            }
            return Bandit(executable: URL(filePath: analyser), severity: severity)
        }
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for place in places {
            let program = URL(filePath: String(place)).appending(path: "bandit")
            if FileManager.default.isExecutableFile(atPath: program.path) {
                return Bandit(executable: program, severity: severity)
            }
        }
        throw ConsoleError(
            "code: there is no bandit on the PATH; pip install bandit in an environment of its own, and name it with --analyser"
        )
    }

    /// Everything that decides the values, so that a continued run is the same run.
    private func identity(_ loaded: LoadedModel, _ fingerprint: String, _ names: [String]) throws -> [String: String] {
        var identity = [
            "model": fingerprint, "dtype": loaded.decoder.dtype.rawValue, "device": "\(loaded.decoder.device)",
            "libtorch": Libtorch.version, "measures": wanted.map(\.rawValue).joined(separator: ","),
            "all_paraphrases": String(banks.allParaphrases), "capability_form": banks.capabilityForm.rawValue,
            "items": items.map { "\($0) by \(seed)" } ?? "all", "chat_format": try loaded.format().rawValue,
            "adapters": try names.map { $0 == "base" ? $0 : "\($0) \(try FileFingerprint.adapter($0))" }
                .joined(separator: ", "),
        ]
        for name in wanted where MeasureName.ofModels.contains(name) {
            identity["\(name.rawValue)_on"] = try FileFingerprint.sha256(banks.file(for: name))
        }
        if let answers { identity["answers"] = try FileFingerprint.sha256(answers) }
        return identity
    }
}
