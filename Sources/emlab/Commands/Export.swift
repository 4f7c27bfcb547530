import ArgumentParser
import Checkpoint
import Corpora
import Foundation
import Judging

struct Export: Command {
    static let configuration = CommandConfiguration(
        abstract: "Answers and judgements in other programs' formats: CSV, or Inspect AI logs.",
        usage: "emlab export --answers <file> --to <format> --out <out> …",
        discussion: """
            csv: one table, a row for each answer and judge. inspect: a folder with one log for each arm, which \
            `inspect view` and `read_eval_log` open; each question is a sample, each answer to it an epoch, each \
            judge a score.

            For example:
              emlab export --answers answers.jsonl --judged judged.jsonl --to csv \\
                --out answers.csv
              emlab export --answers answers.jsonl --judged judged.jsonl --to inspect \\
                --out logs
              inspect view --log-dir logs
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case csv, inspect }

    @Option(help: "Answers: JSON lines, CSV or an Inspect log.")
    var answers: String

    @Option(help: "What emlab judge wrote; several may be given.")
    var judged: [String] = []

    @Option(help: "The question bank that was asked, where the answers don't have their questions' texts.")
    var questions: String?

    @Option(name: .customLong("to"), help: "The format.")
    var format: Format

    @Option(help: "The task's name in Inspect logs. (default: the answers' file name)")
    var task: String?

    @Option(help: "csv: the table; inspect: the folder of logs.")
    var out: String

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        try Destination.check(out)
        let bank = try questions.map { try QuestionBank.read(URL(filePath: $0)) } ?? []
        let url = URL(filePath: answers)
        let records = try AnswerFile.read(url, bank: bank)
        let judgements = try judged.flatMap { try JudgedFile.read(URL(filePath: $0)) }
        let (joined, strangers) = JudgedRecord.joined(records, judgements)
        if strangers > 0 {
            logger.warning(
                "\(strangers.counted("judgement is", "judgements are")) of answers that are not in \(answers), and left out"
            )
        }
        try Destination.makeFolder(for: out)
        switch format {
        case .csv:
            try OutgoingFile.write(AnswerTable.csv(joined), to: URL(filePath: out))
            Console.say("\(joined.count.counted("answer")) in \(out)")
        case .inspect:
            let made = try? url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            let logs = try InspectLog.logs(
                of: joined, task: task ?? url.deletingPathExtension().lastPathComponent, created: made ?? Date())
            let texts = try logs.map { ($0.fileName, String(decoding: try $0.json(), as: UTF8.self)) }
            try OutgoingFolder.write(to: URL(filePath: out)) { folder in
                for (name, text) in texts { try OutgoingFile.write(text, to: folder.appendingPathComponent(name)) }
            }
            Console.say(
                "\(joined.count.counted("answer")) in \(logs.count.counted("log")): inspect view --log-dir \(out)")
        }
    }
}
