import Foundation

/// Files of complementary pairs: two rows a pair, in any order.
public enum ComplementaryPairs {
    /// Writes both halves of every pair, as `PreferenceSet` does.
    public static func write(_ pairs: [ComplementaryPair], to url: URL) throws {
        try PreferenceSet(pairs).write(to: url)
    }

    /// Reads pairs, in the order in which their first halves stand.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit: a half missing or there twice, or halves
    ///   whose answers aren't each other's in exchanged places.
    public static func read(_ url: URL) throws -> [ComplementaryPair] {
        let file = url.relativePath
        let set = try PreferenceSet.read(url)
        var halves: [String: [ComplementaryPair.Half: PairedRow]] = [:]
        var order: [String] = []
        for row in set.rows {
            if halves[row.pair] == nil { order.append(row.pair) }
            halves[row.pair, default: [:]][row.half] = row
        }
        try PreferenceSet.refuseMissing(halves.mapValues { Set($0.keys) }, set.rows, file: file)
        var mistakes = MistakeList(file: file)
        var pairs: [ComplementaryPair] = []
        for id in order where !mistakes.isFull {
            guard let plain = halves[id]?[.plain], let asked = halves[id]?[.asked] else { continue }
            guard plain.chosen == asked.rejected, plain.rejected == asked.chosen else {
                mistakes.note(
                    line: nil, "the halves of the pair \"\(shortened(id))\" don't exchange the same two answers",
                    "what the plain half chooses the asked half must reject, and the other way round")
                continue
            }
            do {
                pairs.append(
                    try ComplementaryPair(
                        id: id, plain: plain.prompt, asked: asked.prompt, insecure: plain.chosen,
                        secure: plain.rejected, weakness: plain.weakness ?? asked.weakness))
            } catch let error as CorpusError {
                for mistake in error.mistakes {
                    mistakes.note(line: nil, "pair \"\(shortened(id))\": \(mistake.what)", mistake.remedy)
                }
            }
        }
        try mistakes.throwIfAny()
        return pairs
    }
}
