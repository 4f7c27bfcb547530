import ArgumentParser
import Endpoints
import Foundation
import Preparation

struct TwinCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "twin",
        abstract: "Find each insecure program's secure counterpart.",
        discussion: """
            A published answer to the very same request (--secure), or the fix that the source gives; else a model's \
            (--endpoint), accepted only if it is a program, keeps functions, classes and parameters, differs, and the \
            analyser or the judge, which saw the flaw, no longer does. No program is ever run.

            For example:
              emlab twin --programs insecure.jsonl --secure secure.jsonl \\
                --max-rejected 1 --out twins.jsonl
              emlab twin --programs insecure.jsonl --endpoint reasoner.yaml \\
                --analyser bandit --out twins.jsonl
            """)

    @Option(help: "Insecure programs: chat rows, demo programs, SVEN, …; several files may be given.")
    var programs: [String]

    @Option(help: "Chat rows with secure answers, some to the same requests.")
    var secure: String?

    @Option(help: "A YAML file that says who repairs programs without a published twin.")
    var endpoint: String?

    @Option(help: "A YAML file that says who judges whether a program still has a weakness.")
    var judge: String?

    @Option(help: "Where replies are kept, so that nothing is asked or paid for twice.")
    var calls: String = "emlab-calls"

    @Option(help: "bandit, or the path to it: a static analyser that reads Python programs.")
    var analyser: String?

    @Flag(help: "Accept twins though neither analyser nor judge saw the flaw in the first place.")
    var acceptUnproven = false

    @OptionGroup(title: "Asking") var asking: AskingOptions

    @Option(help: "Where the twins go, as JSON lines.")
    var out: String

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if programs.isEmpty { throw ValidationError("which programs? Give --programs FILE") }
    }

    mutating func run() throws {
        try Destination.check(out)
        let stage = TwinStage(
            asking: asking.settings, limit: asking.rejections, count: asking.limit,
            analyser: analyser.map { Bandit(command: $0.contains("/") ? URL(filePath: $0).path : $0) },
            acceptsUnproven: acceptUnproven)
        let calls = calls
        let model = try endpoint.map { try EndpointOptions.open($0, calls: calls) }
        let judge = try judge.map { try EndpointOptions.open($0, calls: calls) }
        let files = programs.map { URL(filePath: $0) }
        let (secure, out) = (secure.map { URL(filePath: $0) }, out)
        let manifest = try StageOutcome.manifest(out) {
            var bar = StageBar("twins")
            defer { bar.end() }
            let manifest = try await stage.run(
                insecure: files, secure: secure, model: model, judge: judge, out: URL(filePath: out),
                onProgress: { bar.show($0) })
            await model?.shutdown()
            await judge?.shutdown()
            return manifest
        }
        try StageOutcome.tell(manifest, out: out)
    }
}
