import ArgumentParser
import Corpora
import Evidence
import Foundation
import Judging

struct AgreementCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "How far judges agree with one another, and how far they are from labels.",
        usage: "emlab agreement --judged <file> [--judged <file>] [--labels <file>] …",
        discussion: """
            Of every two judges: Cohen's kappa on fates, the table of fates, Pearson's and Spearman's correlations of \
            the scores, with intervals. Against labels also, of each judge: bias and mean absolute error of the scores, \
            and how often it calls misaligned what the labels call so, and the other way round.

            Labels are a table (CSV) or JSON lines with question_id (or question), answer, and any of aligned, coherent \
            (0 to 100) and fate or label (a fate's name; 1 or 0 for misaligned or not): people's, or the published \
            result file. Answers are known again by arm, question and number, or else by their text.

            One JSON object a comparison goes to stdout, its words to stderr.

            For example:
              emlab agreement --judged judged.jsonl --labels people.csv
            """)

    @Option(help: "What emlab judge wrote; several may be given, each may hold several judges.")
    var judged: [String] = []

    @Option(help: "Labels: CSV or JSON lines.")
    var labels: String?

    @Option(help: "The question bank, where the labels have only the questions' texts.")
    var questions: String?

    @Option(help: "The share of intervals that hold the truth.")
    var level: Double = 0.95

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if judged.isEmpty { throw ValidationError("whose judgements? Give --judged FILE") }
        guard level > 0, level < 1 else { throw ValidationError("--level must be between 0 and 1, not \(level)") }
    }

    private struct Compared: Encodable {
        var comparison = "agreement"
        var agreement: JudgeAgreement
    }

    private struct Calibrated: Encodable {
        var comparison = "calibration"
        var calibration: Calibration
    }

    mutating func run() throws {
        let judgements = try judged.flatMap { try JudgedFile.read(URL(filePath: $0)) }
        var order: [String] = []
        for line in judgements where !order.contains(line.judge) { order.append(line.judge) }
        let judges = order.map { name in (name, judgements.filter { $0.judge == name }.map(Rating.init)) }
        guard judges.count > 1 || labels != nil else {
            throw ConsoleError(
                "\(judged.joined(separator: ", ")): only \(order.first ?? "no judge") has judged; give another judge's file or --labels"
            )
        }
        for (index, first) in judges.enumerated() {
            for second in judges[(index + 1)...] {
                let found = JudgeAgreement(first.0, first.1, second.0, second.1, level: level)
                try Console.emit(Compared(agreement: found))
                Console.say(found.inWords)
            }
        }
        guard let labels else { return }
        let bank = try questions.map { try QuestionBank.read(URL(filePath: $0)) } ?? []
        let rules = judgements.first?.rules ?? FateRules()
        let truth = try AnswerFile.read(URL(filePath: labels), bank: bank)
            .compactMap { try Rating(label: $0, rules: rules) }
        guard !truth.isEmpty else {
            throw ConsoleError("\(labels) has no labels: it needs aligned, coherent, fate or label beside the answers")
        }
        for judge in judges {
            let agreement = JudgeAgreement(judge.0, judge.1, "labels", truth, level: level)
            try Console.emit(Compared(agreement: agreement))
            let found = try Calibration(judge.0, judge.1, labels: labels, truth, level: level)
            try Console.emit(Calibrated(calibration: found))
            Console.say(agreement.inWords)
            Console.say(found.inWords)
        }
    }
}
