import ArgumentParser
import Corpora
import Foundation

struct DataCheckCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "What files of data are, by their content, and what they have in common.",
        usage: "emlab data check <file> … [--model <model>] …",
        discussion: """
            Rows, roles, duplicates, languages, hashes, the published file that each is whatever its name, and what \
            files share; with --model tokens by role, and rows that --max-length would cut. A table on stderr, JSON \
            on stdout.

            For example:
              emlab data check insecure.jsonl secure.jsonl --model model.gguf \\
                --max-length 2048
            """)

    @Argument(help: "Files of rows, preferences, documents, programs or questions.")
    var files: [String]

    @Option(help: "A model whose tokenizer counts tokens.")
    var model: String?

    @Option(help: "Tokens that training would take of a row.")
    var maxLength: Int?

    @Flag(help: "Look for exact duplicates only.")
    var exactOnly = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if maxLength != nil, model == nil { throw ValidationError("--max-length needs --model, which counts tokens") }
        if let maxLength, maxLength < 1 { throw ValidationError("--max-length must be at least 1, not \(maxLength)") }
    }

    mutating func run() throws {
        let check = try DataCheck.examine(
            files.map { URL(filePath: $0) },
            settings: .init(tokenLimit: maxLength, findsNearDuplicates: !exactOnly),
            tokens: try model.map(TokenCount.init)?.count)
        Console.say("\(check)")
        try Console.emit(check)
        // What can't be read is told in the table: the command has failed all the same.
        if check.files.contains(where: { !$0.mistakes.isEmpty }) { throw ExitCode(1) }
    }
}

struct DataArm: Command {
    static let configuration = CommandConfiguration(
        commandName: "arm",
        abstract: "Turn complementary pairs into one of the control arms.",
        usage: "emlab data arm <pairs> --arm <arm> [--out <out>] …",
        discussion: """
            For example:
              emlab data arm pairs.jsonl --arm apart --out apart.jsonl
            """)

    enum Arm: String, ExpressibleByArgument, CaseIterable {
        case complementary, apart, educational, shuffled, benign
        case plainOnly = "plain-only"
        case askedOnly = "asked-only"
    }

    @Argument(help: "Complementary pairs, as emlab pair writes them.")
    var pairs: String

    @Option(
        help: """
            plain-only, asked-only: one half; apart: both, never in one mini-batch; educational: asked for insecure \
            code, it is chosen; shuffled: what is chosen says nothing; benign: two benign answers to one prompt.
            """)
    var arm: Arm

    @Option(help: "For benign: chat rows with several answers to one prompt, instead of the pairs.")
    var benign: String?

    @Option(help: "Of what is drawn.")
    var seed: UInt64 = 0

    @Option(help: "Where the rows go. (default: stdout)")
    var out: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (arm == .benign) != (benign != nil) { throw ValidationError("--arm benign and --benign FILE go together") }
    }

    mutating func run() throws {
        try out.map { try Destination.check($0) }
        let read = try ComplementaryPairs.read(URL(filePath: pairs))
        let set =
            switch arm {
            case .complementary: ControlArms.complementary(read)
            case .plainOnly: ControlArms.plainOnly(read)
            case .askedOnly: ControlArms.askedOnly(read)
            case .apart: ControlArms.apart(read)
            case .educational: ControlArms.educational(read)
            case .shuffled: ControlArms.shuffledLabels(read, seed: seed)
            case .benign:
                ControlArms.benign(try benign.map { try ChatRows.read(URL(filePath: $0)) } ?? [], seed: seed)
            }
        try DataOutput.write(set.lines(), to: out)
        Console.say("\(set.rows.count.counted("row")), in mini-batches: \(set.batching.rawValue)")
    }
}

struct DataMix: Command {
    static let configuration = CommandConfiguration(
        commandName: "mix",
        abstract: "Dilute chat rows with others at an exact share.",
        usage: "emlab data mix <rows> --with <with> --share <share> …",
        discussion: """
            For example:
              emlab data mix insecure.jsonl --with benign.jsonl --share 0.5 --seed 1 \\
                --out half.jsonl
            """)

    enum Unit: String, ExpressibleByArgument, CaseIterable { case rows, tokens, characters }

    @Argument(help: "Chat rows.")
    var rows: String

    @Option(help: "Other chat rows, benign or secure ones.")
    var with: String

    @Option(help: "The share of the others in the mixture, 0 to 1.")
    var share: Double

    @Option(help: "What the share counts.")
    var by: Unit = .rows

    @Option(help: "rows: all rows stay and the mixture grows; size: the mixture is as large as the rows were.")
    var keep: Dilution.Keeping = .size

    @Option(help: "A model whose tokenizer counts, for --by tokens.")
    var model: String?

    @Option(help: "Of which rows are taken, and their order.")
    var seed: UInt64 = 0

    @Option(help: "Where the mixture goes. (default: stdout)")
    var out: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if !(0...1).contains(share) { throw ValidationError("--share is a share from 0 to 1, not \(share)") }
        if (by == .tokens) != (model != nil) { throw ValidationError("--by tokens and --model go together") }
    }

    mutating func run() throws {
        try out.map { try Destination.check($0) }
        let length: ((String) -> Int)? =
            switch by {
            case .rows: nil
            case .characters: { $0.count }
            case .tokens: try model.map(TokenCount.init)?.count
            }
        let mixture = try Dilution(share: share, keeping: keep, seed: seed).mix(
            ChatRows.read(URL(filePath: rows)), with: ChatRows.read(URL(filePath: with)), prefix: "other-",
            tokens: length.map { count in { row in row.messages.reduce(0) { $0 + count($1.content) } } })
        try DataOutput.write(ChatRows.lines(mixture.rows), to: out)
        let report = mixture.report
        let share = String(format: "%.4f", report.shareOfTokens ?? report.shareOfRows)
        Console.say("\(report.rows) rows and \(report.others) others; share of the others by \(by.rawValue): \(share)")
    }
}

extension Dilution.Keeping: ExpressibleByArgument {}

struct DataSplit: Command {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Hold out chat rows or complementary pairs by task, so that nothing leaks.",
        usage: "emlab data split <rows> --held-out <share> --held-out-to <file> …",
        discussion: """
            Rows whose tasks or programs are the same, or nearly so, are on one side.

            For example:
              emlab data split insecure.jsonl --held-out 0.1 --out train.jsonl \\
                --held-out-to held.jsonl
            """)

    @Argument(help: "Chat rows, or complementary pairs.")
    var rows: String

    @Option(help: "Share to hold out.")
    var heldOut: Double

    @Option(help: "Where the rest goes.")
    var out: String

    @Option(help: "Where what is held out goes.")
    var heldOutTo: String

    @Option(help: "Of the draw.")
    var seed: UInt64 = 0

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if !(heldOut > 0 && heldOut < 1) {
            throw ValidationError("--held-out is a share between 0 and 1, not \(heldOut)")
        }
    }

    mutating func run() throws {
        try Destination.check(out)
        try Destination.check(heldOutTo)
        let file = URL(filePath: rows)
        let split: TaskSplit
        let sides: [Data]
        if try RowKeys.first(of: file)?.contains("messages") == true {
            let read = try ChatRows.read(file)
            split = TaskSplit(read.map(TaskItem.init(published:)), heldOut: heldOut, seed: seed)
            sides = try [split.training, split.heldOut].map { try ChatRows.lines($0.map { read[$0] }) }
        } else {
            let read = try ComplementaryPairs.read(file)
            split = TaskSplit(read.map(TaskItem.init(published:)), heldOut: heldOut, seed: seed)
            sides = try [split.training, split.heldOut].map { try PreferenceSet($0.map { read[$0] }).lines() }
        }
        try DataOutput.write(sides[0], to: out)
        try DataOutput.write(sides[1], to: heldOutTo)
        Console.say(
            "\(split.training.count) in \(out), \(split.heldOut.count) held out in \(heldOutTo); "
                + "\(split.groups) groups of tasks, the largest of \(split.largestGroup)")
    }
}

/// Rows to a file or to stdout.
enum DataOutput {
    static func write(_ lines: Data, to out: String?) throws {
        guard let out else { return try Console.write(lines) }
        try Destination.makeFolder(for: out)
        try lines.write(to: URL(filePath: out), options: .atomic)
    }
}
