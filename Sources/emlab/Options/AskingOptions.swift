import ArgumentParser
import Endpoints
import Foundation
import Preparation

/// How a stage asks a model, and when it stops.
struct AskingOptions: ParsableArguments {
    @Option(help: "Tokens of an answer at most, reasoning included.")
    var maxTokens: Int = 4096

    @Option(help: "The temperature. (default: the endpoint's own)")
    var temperature: Double?

    @Option(help: "The seed that is sent along.")
    var seed: Int?

    @Option(help: "How often a program is asked about before it is rejected.")
    var tries: Int = 1

    @Option(help: "Only the first so many programs.")
    var limit: Int?

    @Option(help: "Stop when more than this share is rejected, and say why.")
    var maxRejected: Double = 0.3

    func validate() throws {
        if !(1...1_000_000).contains(maxTokens) { throw ValidationError("--max-tokens must be from 1 to 1000000") }
        if let temperature, !(0...2).contains(temperature) {
            throw ValidationError("--temperature must be from 0 to 2")
        }
        if !(1...100).contains(tries) { throw ValidationError("--tries must be from 1 to 100, not \(tries)") }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, not \(limit)") }
        if !(0...1).contains(maxRejected) {
            throw ValidationError("--max-rejected is a share from 0 to 1, not \(maxRejected)")
        }
    }

    var settings: AskingSettings {
        AskingSettings(maxTokens: maxTokens, temperature: temperature, seed: seed, tries: tries)
    }

    var rejections: RejectionLimit { RejectionLimit(share: maxRejected) }
}

/// A bar for a stage.
struct StageBar {
    private let what: String
    private var bar: Progress?

    init(_ what: String) { self.what = what }

    mutating func show(_ progress: StageProgress) {
        let bar = self.bar ?? Progress(what, total: progress.total, unit: "items", from: progress.done)
        let isFirst = self.bar == nil
        self.bar = bar
        var detail = "rejected \(progress.rejected)"
        if let cost = progress.spent.cost { detail += String(format: ", cost %.2f", cost) }
        if !isFirst || progress.done == progress.total { bar.update(done: progress.done, adding: 1, detail: detail) }
    }

    func end() { bar?.end() }
}

/// What a stage leaves behind, said.
enum StageOutcome {
    /// Runs a stage; Ctrl-C says what is kept.
    static func manifest(
        _ out: String, _ work: sending @escaping () async throws -> StageManifest
    ) throws -> StageManifest {
        do {
            return try AsyncWork.result(of: work)
        } catch is Interruption {
            throw Interruption(
                kept: "what is finished is kept in \(out).partial; the same command continues from there")
        }
    }

    static func tell(_ manifest: StageManifest, out: String) throws {
        Console.say("\(manifest.kept) of \(manifest.items) kept in \(out)")
        for (reason, count) in manifest.reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            Console.say("  rejected \(count): \(reason)")
        }
        for (what, count) in manifest.counts.sorted(by: { $0.key < $1.key }) { Console.say("  \(what): \(count)") }
        if let balance = manifest.balance { Console.say(balance.description) }
        Console.say("how it came about: \(out).manifest.json")
    }
}
