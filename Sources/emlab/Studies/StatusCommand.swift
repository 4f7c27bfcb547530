import ArgumentParser
import Foundation
import Studies

/// A store that must be there.
struct StoreOptions: ParsableArguments {
    @Option(help: "The store, as emlab run has it.")
    var store: String

    func open() throws -> Store { try Self.open(store) }

    static func open(_ store: String) throws -> Store {
        guard FileManager.default.fileExists(atPath: URL(filePath: store).appending(path: "ledger.sqlite").path) else {
            throw ConsoleError(
                "--store \(store) is no store: it has no ledger.sqlite; name the one that emlab run uses")
        }
        return try Store(URL(filePath: store))
    }
}

struct StatusCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say how far a store's studies are, from any shell.",
        discussion: """
            For example:
              emlab status --store results
              emlab status --store results --json
            """)

    @OptionGroup var place: StoreOptions

    @Option(help: "Only this study. (default: all that the store has seen)")
    var study: String?

    @Flag(help: "One JSON object a study, with every step, to stdout.")
    var json = false

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        let store = try place.open()
        let names = try store.ledger.studies()
        if let study, !names.contains(study) {
            throw ConsoleError("the store has no study \(study); it has \(names.joined(separator: ", "))")
        }
        for name in study.map({ [$0] }) ?? names {
            let status = try store.ledger.status(of: name)
            if json {
                try Console.emit(status)
                continue
            }
            let hours = status.spending.deviceSeconds
            try Console.show(
                "\(name): \(status.count("done")) of \(status.steps.count) steps done, \(status.count("running")) running, \(status.count("failed")) failed; \(PlanTable.duration(hours)) of the device, \(status.spending.requests.counted("request")), some \(PlanTable.duration(status.secondsLeft)) left"
            )
            for step in status.steps where step.state == "running" {
                let progress = step.total.map { $0 > 0 ? " \(step.done ?? 0)/\($0)" : "" } ?? ""
                try Console.show(
                    "  running \(step.label)\(progress) \(step.detail ?? "") for \(PlanTable.duration(step.seconds ?? 0)) on \(step.host ?? "?"), process \(step.pid ?? 0)"
                )
            }
            for step in status.steps where step.state == "failed" {
                try Console.show("  failed \(step.label): \(step.message ?? "see emlab logs")")
            }
        }
    }
}

struct LogsCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show all that is known of a step: attempts, events, the end of its own log.",
        usage: "emlab logs --store <store> <step> … [--lines <lines>]",
        discussion: """
            A step is named by the beginning of its key, or by words of its label.

            For example:
              emlab logs --store results 3f1c09
              emlab logs --store results organism rank=1 seed=2
            """)

    @OptionGroup var place: StoreOptions

    @Argument(help: "The beginning of a key, or words like organism rank=1.")
    var step: [String]

    @Option(help: "Lines of the step's own log, from its end.")
    var lines: Int = 20

    @Flag(help: "One JSON object a step, to stdout.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard lines >= 0 else { throw ValidationError("--lines must not be below 0") }
    }

    mutating func run() throws {
        let store = try place.open()
        let name = step.joined(separator: " ")
        let logs = try store.logs(matching: name)
        guard !logs.isEmpty else {
            throw ConsoleError("no step's key or label fits \(name); emlab status --json has them all")
        }
        let clock = Date.ISO8601FormatStyle()
        for log in logs {
            if json {
                try Console.emit(log)
                continue
            }
            try Console.show("\(log.key.prefix(10)) \(log.kind) \(log.label): \(log.state)")
            for attempt in log.attempts {
                let took = attempt.ended.map { ", \(PlanTable.duration($0 - attempt.began))" } ?? ""
                try Console.show(
                    "  \(Date(timeIntervalSince1970: attempt.began).formatted(clock)) \(attempt.outcome ?? "under way")\(took) on \(attempt.host), process \(attempt.pid)\(attempt.message.map { ": \($0)" } ?? "")"
                )
            }
            for event in log.events {
                try Console.show(
                    "  \(Date(timeIntervalSince1970: event.at).formatted(clock)) \(event.level): \(event.message)")
            }
            let file = store.folder(kind: log.kind, key: log.key).appending(path: CommandRunner.logName)
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            for line in text.split(separator: "\n").suffix(lines) { try Console.show("  | \(line)") }
        }
    }
}
