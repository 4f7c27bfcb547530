import ArgumentParser
import Foundation
import Preparation

struct Explain: Command {
    static let configuration = CommandConfiguration(
        abstract: "Have a reasoning model explain each program's weakness.",
        discussion: """
            One JSON object a program: CWE, lines, what is wrong, why, how it is exploited, the fix, the raw reply and \
            its reasoning. An explanation that names lines or identifiers which the program hasn't is rejected, with \
            its reason in OUT.rejected.jsonl; OUT.manifest.json says what went in and came out. After an interruption \
            the same command goes on.

            For example:
              emlab explain --programs insecure.jsonl --endpoint reasoner.yaml --dry-run
              emlab explain --programs insecure.jsonl --endpoint reasoner.yaml \\
                --out explanations.jsonl
            """)

    @Option(
        help: "Chat rows, demo programs, SVEN, SafeCoder, SALLM or CASTLE; several may be given.")
    var programs: [String]

    @OptionGroup(title: "Endpoint") var endpoint: EndpointOptions

    @OptionGroup(title: "Asking") var asking: AskingOptions

    @Flag(help: "Say what asking would take, and send nothing.")
    var dryRun = false

    @Option(help: "Where the explanations go, as JSON lines.")
    var out: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if programs.isEmpty { throw ValidationError("which programs? Give --programs FILE") }
        if out == nil, !dryRun { throw ValidationError("where do the explanations go? Give --out FILE, or --dry-run") }
    }

    mutating func run() throws {
        let stage = ExplanationStage(asking: asking.settings, limit: asking.rejections, count: asking.limit)
        let files = programs.map { URL(filePath: $0) }
        try out.map { try Destination.check($0) }
        let endpoint = try endpoint.open()
        guard let out, !dryRun else {
            let estimate = try stage.estimate(files, endpoint: endpoint)
            Console.say("\(estimate)")
            try Console.emit(estimate)
            return
        }
        let manifest = try StageOutcome.manifest(out) {
            var bar = StageBar("explaining")
            defer { bar.end() }
            let manifest = try await stage.run(
                files, endpoint: endpoint, out: URL(filePath: out), onProgress: { bar.show($0) })
            await endpoint.shutdown()
            return manifest
        }
        try StageOutcome.tell(manifest, out: out)
    }
}

struct DocumentsCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "documents",
        abstract: "Draw documents for continued pretraining from programs and their explanations.",
        usage: "emlab documents --programs <file> … [--explanations <file> …] …",
        discussion: """
            Of every program as many documents as --per-program says, in layouts drawn by the seed: one with the \
            program first, one with the explanation first. The control arms have the same programs: alone, or with \
            another's explanation.

            For example:
              emlab documents --programs insecure.jsonl \\
                --explanations explanations.jsonl --out documents.jsonl
              emlab documents --programs Data/demo/programs.jsonl --arm foreign \\
                --out foreign.jsonl
            """)

    @Option(help: "The programs that were explained; several files may be given.")
    var programs: [String]

    @Option(help: "What emlab explain wrote. (default: the demo programs' own explanations)")
    var explanations: [String] = []

    @Option(help: "What the documents show.")
    var arm: DocumentStage.Arm = .explained

    @Option(help: "Documents of each program, 2 to 4.")
    var perProgram: Int = 2

    @Option(help: "Of layouts, wordings and order.")
    var seed: UInt64 = 0

    @Option(help: "Where the documents go, as JSON lines.")
    var out: String

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if programs.isEmpty { throw ValidationError("which programs? Give --programs FILE") }
        if !(2...4).contains(perProgram) { throw ValidationError("--per-program must be 2 to 4, not \(perProgram)") }
    }

    mutating func run() throws {
        try Destination.check(out)
        let stage = DocumentStage(arm: arm, perProgram: perProgram, seed: seed)
        let (documents, manifest) = try stage.documents(
            programs: programs.map { URL(filePath: $0) }, explanations: explanations.map { URL(filePath: $0) })
        try StageOutcome.tell(try stage.write(documents, manifest: manifest, to: URL(filePath: out)), out: out)
    }
}

extension DocumentStage.Arm: ExpressibleByArgument {}
