import ArgumentParser
import Corpora
import Evidence
import FineTuning
import Foundation
import Measurement
import Tokenization
import Torch
import Transformer

/// `--report-on`: perplexity on held-out documents before and after a training run.
final class PerplexityReport {
    private struct Group {
        var name: String
        var hash: String
        var loss: DocumentLoss
        var documents: [Document]
    }

    /// OUT/perplexity.json; without `change` and `after` while the run isn't over.
    private struct Measured: Codable {
        var name: String
        var data: String
        var loss: DocumentLoss
        var change: PerplexityChange?
        var before: [Perplexity]
        var after: [Perplexity]?
    }

    private let groups: [Group]
    private let start: TokenID?
    private let window: Int
    private var measured: [Measured] = []

    /// - Parameters:
    ///   - named: NAME=FILE each.
    ///   - loss: `.explanation` counts for a file whose documents all mark parts; every token counts in others.
    init(_ named: [String], loss: DocumentLoss, start: TokenID?, window: Int) throws {
        self.start = start
        self.window = window
        groups = try named.map { text in
            let (name, file) = try Self.split(text)
            let documents = try Documents.read(URL(filePath: file))
            let isMarked = documents.allSatisfy { !($0.loss ?? []).isEmpty }
            return Group(
                name: name, hash: try FileHash.sha256(file), loss: isMarked ? loss : .all, documents: documents)
        }
    }

    /// To be called from a command's `validate`.
    static func check(_ named: [String]) throws {
        let names = try named.map { try split($0).name }
        guard Set(names).count == names.count else { throw ValidationError("--report-on: two files have one name") }
    }

    private static func split(_ text: String) throws -> (name: String, file: String) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw ValidationError("--report-on \(text): write NAME=FILE, like neutral=Data/regime/neutral.jsonl")
        }
        return (String(parts[0]), String(parts[1]))
    }

    /// Measures the starting point, unless an earlier part of the run has.
    func before<O>(_ trainer: Trainer<O>, _ loaded: LoadedModel, in folder: URL) throws {
        let file = folder.appending(path: "perplexity.json")
        if let data = try? Data(contentsOf: file), let kept = try? Console.decode([Measured].self, from: data),
            kept.map(\.data) == groups.map(\.hash), kept.map(\.name) == groups.map(\.name),
            kept.map(\.loss) == groups.map(\.loss)
        {
            measured = kept
            return
        }
        let found = try measure(trainer, loaded, "perplexity before")
        measured = zip(groups, found).map {
            Measured(name: $0.name, data: $0.hash, loss: $0.loss, before: $1)
        }
        try Console.encode(measured).write(to: file, options: .atomic)
    }

    func after<O>(_ trainer: Trainer<O>, _ loaded: LoadedModel, in folder: URL) throws {
        let found = try measure(trainer, loaded, "perplexity after")
        for (index, after) in found.enumerated() {
            measured[index].after = after
            measured[index].change = try PerplexityChange(
                zip(measured[index].before, after).map {
                    .init(id: $0.id, tokens: $0.tokens, before: $0.nll, after: $1.nll)
                })
        }
        try Console.encode(measured).write(to: folder.appending(path: "perplexity.json"), options: .atomic)
    }

    /// The table on stderr.
    func tell() throws {
        let width = max(9, measured.map(\.name.count).max() ?? 0)
        func row(_ cells: [String]) -> String {
            zip(cells, [width, 9, 9, 9, 9]).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }.joined(separator: "  ") + "  " + (cells.last ?? "")
        }
        Console.say("perplexity on held-out text:")
        Console.say(row(["set", "documents", "tokens", "before", "after", "change in nats a token (95 %)"]))
        for set in measured {
            guard let change = set.change else { continue }
            let interval =
                change.documents > 1
                ? String(
                    format: "%+.4f (%+.4f to %+.4f)", change.change.value, change.change.lower, change.change.upper)
                : String(format: "%+.4f (one document: no interval)", change.change.value)
            Console.say(
                row([
                    set.name, String(change.documents), String(change.tokens),
                    String(format: "%.3f", change.perplexityBefore), String(format: "%.3f", change.perplexityAfter),
                    interval + (set.loss == .explanation ? ", marked parts only" : ""),
                ]))
        }
    }

    private func measure<O>(
        _ trainer: Trainer<O>, _ loaded: LoadedModel, _ what: String
    ) throws -> [[Perplexity]] {
        let total = groups.reduce(0) { $0 + $1.documents.count }
        let progress = Progress(what, total: total, unit: "documents")
        defer { progress.end() }
        let scorer = CompletionScorer(
            decoder: try withoutGradients { try trainer.currentDecoder() }, adapter: trainer.arms[0].adapter)
        var done = 0
        return try groups.map { group in
            let first = done
            let found = try Perplexity.measure(
                group.documents, loss: group.loss, scorer: scorer, tokenizer: loaded.tokenizer, start: start,
                window: window
            ) { count in
                try Interruption.check()
                progress.update(done: first + count, adding: first + count - done)
                done = first + count
            }
            guard !found.isEmpty else {
                throw ConsoleError("--report-on \(group.name): no document has a token to predict; give longer texts")
            }
            return found
        }
    }
}
