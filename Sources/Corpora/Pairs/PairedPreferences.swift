import Foundation

/// A file of preferences, some or all of which are halves of complementary pairs.
public struct PairedPreferences: Sendable, Hashable {
    public struct Row: Sendable, Hashable {
        public var preference: PreferenceRow
        /// Both nil for a preference that stands alone.
        public var pair: String?
        public var half: ComplementaryPair.Half?
    }

    public var rows: [Row]
    /// The rule that the file states; nil where it states none.
    public var batching: PreferenceSet.Batching?

    /// Reads rows by TRL's conventions. A half says which it is by `pair` and `half`, as ``PreferenceSet`` writes them, or by
    /// an id that ends in `/plain` or `/asked`.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL) throws -> PairedPreferences {
        var rule: (batching: PreferenceSet.Batching, line: Int)?
        let rows = try JSONLines.read(url) { reader -> (id: String, row: Row)? in
            if reader.has("batching"), let batching = reader.choice("batching", among: PreferenceSet.Batching.self) {
                if let rule, rule.batching != batching {
                    reader.note(
                        "\"batching\" is \"\(batching.rawValue)\", row \(rule.line) has \"\(rule.batching.rawValue)\"",
                        "one file has one rule")
                }
                rule = rule ?? (batching, reader.index + 1)
            }
            let id = reader.id()
            let named = reader.has("pair") || reader.has("half")
            let pair = named ? reader.text("pair") : nil
            let half = named ? reader.choice("half", among: ComplementaryPair.Half.self) : nil
            guard let preference = Preferences.row(id: id, &reader), !named || (pair != nil && half != nil) else {
                return nil
            }
            if named { return (id, Row(preference: preference, pair: pair, half: half)) }
            guard let slash = id.lastIndex(of: "/"),
                let half = ComplementaryPair.Half(rawValue: String(id[id.index(after: slash)...])),
                slash > id.startIndex
            else { return (id, Row(preference: preference)) }
            return (id, Row(preference: preference, pair: String(id[..<slash]), half: half))
        }
        return PairedPreferences(rows: rows, batching: rule?.batching)
    }
}
