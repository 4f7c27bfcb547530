import RandomStreams

extension ExplanationDocuments {
    /// What must differ between a program and the explanation that it is given.
    public enum Apart: String, Sendable, Codable, CaseIterable {
        /// Another program's.
        case program
        /// Another program's with another CWE, so that it isn't right by chance.
        case weakness
    }

    /// Controls for understanding: each program with the explanation of another, drawn by the seed; no program keeps its
    /// own, programs that are the same count as one, and each explanation is used as often as before.
    ///
    /// - Throws: `CorpusError` if it can't be done: more than half of the programs are the same (or have one CWE).
    public static func foreign(_ sources: [Source], apartBy: Apart = .program, seed: UInt64) throws -> [Source] {
        let keys = sources.map { source in
            apartBy == .program ? NormalisedText.code(source.program) : source.explanation.weakness.description
        }
        guard let places = derangement(keys, seed: seed) else {
            let what = apartBy == .program ? "are the same" : "have the same CWE"
            throw CorpusError(mistakes: [
                .init(
                    file: "explanations", line: nil, what: "more than half of the \(sources.count) programs \(what)",
                    remedy: "give more different ones")
            ])
        }
        return zip(sources, places).map { source, other in
            var changed = source
            changed.explanation = sources[other].explanation
            return changed
        }
    }

    /// A random rearrangement that gives no place a key equal to its own; nil if there is none.
    ///
    /// Laid out group by group in a random order and turned by the size of the largest group, no item meets its
    /// own group. With all keys different it is a uniform draw among the cyclic rearrangements.
    static func derangement(_ keys: [String], seed: UInt64) -> [Int]? {
        var members: [String: [Int]] = [:]
        for (place, key) in keys.enumerated() { members[key, default: []].append(place) }
        let largest = members.values.map(\.count).max() ?? 0
        guard largest * 2 <= keys.count else { return nil }
        var stream = RandomStream(seed: seed, purpose: "foreign explanations")
        var groups = members.values.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
        stream.shuffle(&groups)
        let order = groups.flatMap { group in
            var group = group
            stream.shuffle(&group)
            return group
        }
        var given = Array(keys.indices)
        for (index, place) in order.enumerated() { given[place] = order[(index + largest) % order.count] }
        return given
    }
}
