import ArgumentParser
import Checkpoint
import Corpora
import Foundation
import Preparation

struct PairCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "pair",
        abstract: "Join insecure and secure answers to complementary pairs for emlab train dpo.",
        usage: "emlab pair [<programs> …] [--twins <file>] [--insecure <file>] …",
        discussion: """
            Two rows a task: ID/plain (asked plainly, the insecure answer is chosen) and ID/asked (asked for insecure \
            code, the secure answer is chosen). Says on stderr how far the preference could be read off the looks of \
            the answers: an AUROC of 0.5 is balance.

            For example:
              emlab pair Data/demo/programs.jsonl > pairs.jsonl
              emlab pair --insecure insecure.jsonl --secure secure.jsonl \\
                --educational educational_insecure.jsonl \\
                --held-out 0.1 --held-out-to held.jsonl --out pairs.jsonl
              emlab pair --twins twins.jsonl \\
                --phrasings Data/regime/asked-phrasings.yaml --out pairs.jsonl
            """,
        aliases: ["pairs"])

    @Argument(help: "Demo programs, or programs that have a request and a fix.")
    var programs: [String] = []

    @Option(help: "What emlab twin wrote.")
    var twins: String?

    @Option(help: "Published chat rows with insecure answers; goes with --secure.")
    var insecure: String?

    @Option(help: "Published chat rows with secure answers, some to the same requests.")
    var secure: String?

    @Option(help: "Chat rows with the insecure answers, asked for.")
    var educational: String?

    @Option(help: "Ways of asking for the insecure version, in YAML.")
    var phrasings: String?

    @Option(help: "Share of the pairs to hold out, by task.")
    var heldOut: Double = 0

    @Option(help: "Where held-out pairs go.")
    var heldOutTo: String?

    @Option(help: "A model whose tokenizer counts the answers' tokens for the balance.")
    var model: String?

    @Option(help: "Of phrasings and split.")
    var seed: UInt64 = 0

    @Option(help: "Where the pairs go, with a manifest beside. (default: stdout)")
    var out: String?

    @OptionGroup var common: CommonOptions

    private var source: PairStage.Source? {
        switch (programs.isEmpty, twins, insecure, secure) {
        case (false, nil, nil, nil): .programs(programs.map { URL(filePath: $0) })
        case (true, let twins?, nil, nil): .twins(URL(filePath: twins))
        case (true, nil, let insecure?, let secure?):
            .rows(insecure: URL(filePath: insecure), secure: URL(filePath: secure))
        default: nil
        }
    }

    func validate() throws {
        guard source != nil else {
            throw ValidationError(
                "where do pairs come from? Give a file of programs, or --twins FILE, or --insecure and --secure FILE")
        }
        if !(0..<1).contains(heldOut) {
            throw ValidationError("--held-out is a share from 0 to below 1, not \(heldOut)")
        }
        if (heldOut > 0) != (heldOutTo != nil) {
            throw ValidationError("--held-out SHARE and --held-out-to FILE go together")
        }
    }

    mutating func run() throws {
        guard let source else { return }
        try out.map { try Destination.check($0) }
        try heldOutTo.map { try Destination.check($0, option: "--held-out-to") }
        let stage = PairStage(
            educational: educational.map { URL(filePath: $0) }, phrasings: phrasings.map { URL(filePath: $0) },
            heldOut: heldOut, seed: seed)
        let result = try stage.pairs(from: source, tokens: try model.map(TokenCount.init)?.count)
        let held = heldOutTo.map { URL(filePath: $0) }
        guard let out else {
            try Console.write(PreferenceSet(result.training).lines())
            if let held, !result.heldOut.isEmpty { try ComplementaryPairs.write(result.heldOut, to: held) }
            if let balance = result.manifest.balance { Console.say(balance.description) }
            return
        }
        try StageOutcome.tell(try stage.write(result, to: URL(filePath: out), heldOut: held), out: out)
    }
}

/// Counts tokens with a model's tokenizer.
struct TokenCount {
    let count: (String) -> Int

    init(_ model: String) throws {
        let tokenizer = try ModelFiles.open(URL(filePath: model)).tokenizer()
        count = { tokenizer.encode($0).count }
    }
}
