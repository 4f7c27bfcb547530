import Foundation

/// Preferences to train on, with the rule by which they may be put into mini-batches.
public struct PreferenceSet: Sendable, Hashable {
    /// How the halves of a pair stand to each other in a mini-batch, that is in one optimiser step.
    public enum Batching: String, Sendable, Hashable, Codable, CaseIterable {
        /// Both halves of a pair are in the same one.
        case together
        /// The halves of a pair are never in the same one.
        case apart
        /// Rows are drawn one by one.
        case free
    }

    public var rows: [PairedRow]
    public var batching: Batching

    public init(rows: [PairedRow], batching: Batching) {
        self.rows = rows
        self.batching = batching
    }

    /// All pairs with both halves of each in one mini-batch: the method's own arm.
    public init(_ pairs: [ComplementaryPair]) {
        self.init(rows: pairs.flatMap(\.rows), batching: .together)
    }
}

extension PreferenceSet {
    /// Writes JSONL by TRL's conventions, one row a line: `prompt`, `chosen` and `rejected` as messages, and `id`,
    /// `pair`, `half` (plain, asked), `batching` (together, apart, free) and `cwe` beside them. By atomic rename.
    public func write(to url: URL) throws { try lines().write(to: url, options: .atomic) }

    /// What `write` writes.
    public func lines() throws -> Data {
        let lines = rows.lazy.map { row in
            Line(
                id: row.id, pair: row.pair, half: row.half, batching: batching, prompt: row.prompt,
                chosen: [ChatMessage(.assistant, row.chosen)], rejected: [ChatMessage(.assistant, row.rejected)],
                cwe: row.weakness)
        }
        return try JSONLines.lines(lines)
    }

    private struct Line: Encodable {
        var id: String
        var pair: String
        var half: ComplementaryPair.Half
        var batching: Batching
        var prompt: [ChatMessage]
        var chosen: [ChatMessage]
        var rejected: [ChatMessage]
        var cwe: Weakness?
    }

    /// Reads what `write` wrote, or rows by TRL's conventions that have `pair` and `half`. Without `batching`, it is
    /// `together` where every pair has both halves, else `free`.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit: a half that is there twice, different
    ///   `batching` in one file, a missing half where the halves belong together.
    public static func read(_ url: URL) throws -> PreferenceSet {
        var batching: (rule: Batching, line: Int)?
        var halves: [String: Set<ComplementaryPair.Half>] = [:]
        let rows = try JSONLines.read(url) { reader -> (id: String, row: PairedRow)? in
            let pair = reader.text("pair")
            let half = reader.choice("half", among: ComplementaryPair.Half.self)
            if reader.has("batching"), let rule = reader.choice("batching", among: Batching.self) {
                if let batching, batching.rule != rule {
                    reader.note(
                        "\"batching\" is \"\(rule.rawValue)\", row \(batching.line) has \"\(batching.rule.rawValue)\"",
                        "one file has one rule")
                }
                batching = batching ?? (rule, reader.index + 1)
            }
            let id = reader.has("id") ? reader.id() : nil
            let found = Preferences.row(id: id ?? "", &reader)
            guard let pair, let half, let found else { return nil }
            guard let chosen = single(found.chosen, "chosen", &reader),
                let rejected = single(found.rejected, "rejected", &reader)
            else { return nil }
            if halves[pair, default: []].contains(half) {
                reader.note(
                    "the pair \"\(shortened(pair))\" has its \(half.rawValue) half twice", "a pair has each half once")
            }
            halves[pair, default: []].insert(half)
            let row = PairedRow(
                pair: pair, half: half, prompt: found.prompt, chosen: chosen, rejected: rejected,
                weakness: (reader.object["cwe"] as? String).flatMap { Weakness($0) })
            return ("\(reader.index)", row)
        }
        let complete = halves.values.allSatisfy { $0.count == 2 }
        let rule = batching?.rule ?? (complete ? .together : .free)
        if rule == .together, !complete { try refuseMissing(halves, rows, file: url.relativePath) }
        return PreferenceSet(rows: rows, batching: rule)
    }

    private static func single(_ turns: [ChatMessage], _ name: String, _ reader: inout RowReader) -> String? {
        guard turns.count == 1, let turn = turns.first else {
            reader.note("\"\(name)\" has \(turns.count) turns", "a half's answer is one turn of the assistant")
            return nil
        }
        return turn.content
    }

    static func refuseMissing(
        _ halves: [String: Set<ComplementaryPair.Half>], _ rows: [PairedRow], file: String
    ) throws {
        var mistakes = MistakeList(file: file)
        var said: Set<String> = []
        for row in rows where said.insert(row.pair).inserted {
            guard let there = halves[row.pair], there.count < 2 else { continue }
            for half in ComplementaryPair.Half.allCases where !there.contains(half) {
                mistakes.note(
                    line: nil, "the pair \"\(shortened(row.pair))\" lacks its \(half.rawValue) half",
                    "add the row, or remove the other half")
            }
        }
        try mistakes.throwIfAny()
    }
}
