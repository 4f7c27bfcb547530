import ArgumentParser
import Evidence
import Foundation
import Studies
import Weighing

struct Weigh: Command {
    static let configuration = CommandConfiguration(
        abstract: "From judged answers and measures to estimates, breadth and verdicts on claims.",
        usage: "emlab weigh [--study <file> --store <store>] [--scores <file> …] …",
        discussion: """
            The unit of inference is the training seed: labels whose runs differ in the seed alone are one condition. Which \
            they are is read from adapter folders (training.json, log.jsonl) or from a table with the columns label, \
            condition, seed, rank, lr, alpha, steps, objective, data, loss, norm_ba and any of your own.

            A table and plain words go to stdout, everything as JSON to --out (with --out -, JSON goes to stdout, words to \
            stderr).

            Claims are YAML, weighed together (Holm's correction):
              - name: C1
                outcome: misaligned          # misaligned-of-all, breadth, coherent, refusal, contrast, …
                predictor: rank              # or lr, steps, norm_ba, a column of the table
                direction: falling           # rising, peak; flat with a margin
                basis: [equal-lr, best-coherent-lr, equal-norm, equal-loss]
              - name: C4
                outcome: misaligned
                condition: complementary
                against: sft                 # or base
                direction: higher            # lower; not-lower, not-higher, same with a margin

            For example:
              emlab weigh --scores judged.jsonl --values values.jsonl runs/rank*-seed* \\
                --claims claims.yaml --out evidence.json
              emlab weigh --study studies/pocket.yaml --store results
            """)

    @Option(help: "A study: what its store has judged and measured is weighed for its claims.")
    var study: String?

    @Option(help: "The store that emlab run filled, for --study.")
    var store: String?

    @Option(parsing: .upToNextOption, help: "Judged answers, as JSON lines or CSV.")
    var scores: [String] = []

    @Option(parsing: .upToNextOption, help: "Judge-free measures, as JSON lines or CSV.")
    var values: [String] = []

    @Option(help: "A table of the training runs, as CSV or YAML.")
    var arms: String?

    @Argument(help: "Adapter folders of emlab train, beside or instead of a table.")
    var adapters: [String] = []

    @Option(help: "Claims, as YAML: a list, or a study file.")
    var claims: String?

    @Option(help: "The label of the model before training.")
    var against: String = "base"

    @Option(parsing: .upToNextOption, help: "Question categories that are like the training data, such as code.")
    var inDomain: [String] = []

    @Option(help: "Only this judge's scores, where several have judged.")
    var judge: String?

    @Option(help: "Only this form of the questions: plain, json, code. (default: all)")
    var variant: String?

    @Option(help: "What share of intervals is to hold the truth.")
    var level: Double = 0.95

    @Option(help: "Bootstrap draws.")
    var draws: Int = 2000

    @Option(help: "Of the bootstrap.")
    var seed: UInt64 = 0

    @Option(help: "Where everything goes as JSON; - for stdout.")
    var out: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (study == nil) != (store == nil) { throw ValidationError("--study FILE and --store FOLDER go together") }
        if study != nil {
            guard scores.isEmpty, values.isEmpty, arms == nil, adapters.isEmpty, claims == nil, variant == nil,
                against == "base"
            else {
                throw ValidationError(
                    "--study brings its own scores, values, arms and claims: leave --scores, --values, --arms, --claims, --variant, --against and adapters out"
                )
            }
        } else if scores.isEmpty, values.isEmpty {
            throw ValidationError("what is to be weighed? Give --scores FILE, --values FILE or both, or --study FILE")
        }
        guard level > 0, level < 1 else { throw ValidationError("--level must be between 0 and 1, not \(level)") }
        guard (100...1_000_000).contains(draws) else {
            throw ValidationError("--draws must be from 100 to 1000000, not \(draws)")
        }
    }

    mutating func run() throws {
        if let out, out != "-" { try Destination.check(out) }
        if let study, let store { return try weigh(study, store) }
        let claims = try claims.map { try ClaimFile.read(URL(filePath: $0)) } ?? []
        let answers =
            try scores.isEmpty
            ? ScoreFile.Answers() : ScoreFile.read(scores.map { URL(filePath: $0) }, judge: judge, variant: variant)
        let measured = try ValueFile.read(values.map { URL(filePath: $0) })
        var drafts = try arms.map { try ArmTable.read(URL(filePath: $0)) } ?? []
        drafts += try adapters.map(AdapterRun.read)
        for note in answers.notes { logger.notice("\(note)") }
        logger.info(
            "\(answers.answers.count.counted("answer")), \(measured.count.counted("value")), \(drafts.count.counted("arm")), \(claims.count.counted("claim"))"
        )
        let weigher = Weigher(
            answers: answers.answers, values: measured, arms: try ArmDraft.records(drafts), base: against,
            inDomain: Set(inDomain), level: level, draws: draws, seed: seed)
        try show(try weigher.weigh(claims: claims))
    }

    private func weigh(_ study: String, _ store: String) throws {
        let store = try StoreOptions.open(store)
        let found = StudyEvidence(Plan(try Study.read(URL(filePath: study)), store: store), store: store)
        guard
            let evidence = try found.weigh(
                judge: judge, inDomain: Set(inDomain), level: level, draws: draws, seed: seed)
        else {
            throw ConsoleError(
                "\(self.store ?? "") has neither judgements nor measures of \(study) yet: emlab run makes them")
        }
        try found.write(evidence)
        try show(evidence)
        Console.say("evidence in \(found.file.relativePath)")
    }

    private func show(_ evidence: WeighedEvidence) throws {
        if out == "-" {
            Console.say(EvidenceText.text(evidence, width: Console.width))
            try Console.emit(evidence)
            return
        }
        try Console.show(EvidenceText.text(evidence, width: Console.width))
        if let out {
            try Destination.makeFolder(for: out)
            try Console.encode(evidence).write(to: URL(filePath: out), options: .atomic)
            Console.say("evidence in \(out)")
        }
    }
}
