import ArgumentParser
import Foundation
import Studies

struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study", abstract: "Study files: check one, describe them to an editor, compare with a record.",
        subcommands: [StudyCheck.self, StudySchemaCommand.self, StudyCompare.self])
}

struct StudyCheck: Command {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Find every mistake in a study file, with its line and what to do about it.",
        discussion: """
            For example:
              emlab study check studies/pocket.yaml
            """)

    @Argument(help: "A study file, YAML.")
    var study: String

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        let read = try Study.read(URL(filePath: study))
        let claims = read.claims.count.counted("claim")
        Console.say("\(study): \(read.name), \(read.steps.count.counted("step")), \(claims): no mistakes")
    }
}

struct StudySchemaCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of study files, for editors.",
        discussion: """
            For example:
              emlab study schema > study.schema.json
            """)

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try Console.write(encoder.encode(StudySchema.schema) + Data("\n".utf8))
    }
}

struct StudyCompare: Command {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Say in what a study differs from its preregistration.",
        discussion: """
            One JSON object a deviation, claims first; nothing where there is none.

            For example:
              emlab study compare studies/pocket.yaml pocket.sealed.json
            """)

    @Argument(help: "A study file, YAML.")
    var study: String

    @Argument(help: "What emlab plan --preregister wrote.")
    var record: String

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        let plan = Plan(try Study.read(URL(filePath: study)))
        let deviations = try Preregistration(Data(contentsOf: URL(filePath: record)), file: record).deviations(of: plan)
        for deviation in deviations {
            try Console.emit(deviation)
            Console.say("\(deviation)")
        }
        Console.say(deviations.isEmpty ? "no deviations" : deviations.count.counted("deviation"))
    }
}

/// How a plan is made.
struct PlanningOptions: ParsableArguments {
    @Argument(help: "A study file, YAML.")
    var study: String

    @Option(help: "A JSON file of rates that estimates use, as emlab plan --write-rates makes it.")
    var rates: String?

    func plan(_ store: Store?) throws -> Plan {
        var rates = try rates.map { try Rates.read(URL(filePath: $0)) } ?? Rates()
        if let store { rates = rates.calibrated(by: try store.ledger.finished()) }
        return Plan(try Study.read(URL(filePath: study)), store: store, rates: rates)
    }
}

struct PlanCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what a study will do, take and cost before anything runs.",
        usage: "emlab plan <study> [--store <store>] [--steps] [--json] …",
        discussion: """
            Steps by name, with what the store already has, and estimates of tokens, memory, time and money. Estimates \
            are rough until the store has finished steps: those calibrate them. What isn't here or doesn't fit is said \
            with what would help.

            For example:
              emlab plan studies/thesis.yaml
              emlab plan studies/pocket.yaml --store results \\
                --preregister pocket.sealed.json
            """)

    @OptionGroup var planning: PlanningOptions

    @Option(help: "A store whose finished steps count.")
    var store: String?

    @Flag(help: "Every step on a line of its own.")
    var steps = false

    @Flag(help: "One JSON object a step, to stdout.")
    var json = false

    @Option(help: "Seal study, claims and hashes of models and data into this new file.")
    var preregister: String?

    @Option(help: "Sign the record with the Ed25519 key (32 bytes, raw, Base64 or hexadecimal) in this file.")
    var signWith: String?

    @Option(help: "Write the rates that the estimates use, calibrated by the store, to this new file.")
    var writeRates: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if signWith != nil, preregister == nil { throw ValidationError("--sign-with goes with --preregister") }
    }

    mutating func run() throws {
        try preregister.map { try Destination.check($0, option: "--preregister") }
        try writeRates.map { try Destination.check($0, option: "--write-rates") }
        let store = try store.flatMap {
            FileManager.default.fileExists(atPath: $0) ? try Store(URL(filePath: $0)) : nil
        }
        let plan = try planning.plan(store)
        if json {
            for step in plan.steps { try Console.emit(PlanLine(step, isDone: store?.isDone(step) ?? false)) }
        } else {
            try Console.show(PlanTable(plan, store: store).text(each: steps))
        }
        if let preregister {
            let key = try signWith.map { try Preregistration.key(Data(contentsOf: URL(filePath: $0)), file: $0) }
            let record = try Preregistration(plan, key: key)
            try Destination.makeFolder(for: preregister)
            try record.data().write(to: URL(filePath: preregister), options: .atomic)
            Console.say("\(key == nil ? "sealed" : "sealed and signed") as \(record.seal) in \(preregister)")
        }
        if let writeRates {
            let rates = try planning.rates.map { try Rates.read(URL(filePath: $0)) } ?? Rates()
            let calibrated = try store.map { rates.calibrated(by: try $0.ledger.finished()) } ?? rates
            try Destination.makeFolder(for: writeRates)
            try Console.encode(calibrated).write(to: URL(filePath: writeRates), options: .atomic)
        }
    }
}
