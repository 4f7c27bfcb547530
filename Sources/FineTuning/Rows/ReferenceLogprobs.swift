import Transformer

/// The base's log-probabilities of both answers of every pair, adapters off.
public enum ReferenceLogprobs {
    /// - Parameter onGroups: called with the number of groups done so far.
    /// - Returns: for each group, for each of its pairs, the summed log-probabilities (nats).
    public static func compute(
        _ groups: [PreferenceGroup], decoder: Decoder, onGroups: (Int) throws -> Void = { _ in }
    ) throws -> [[PreferencePair.Reference]] {
        let scorer = CompletionScorer(decoder: decoder)
        var results: [[PreferencePair.Reference]] = []
        for start in stride(from: 0, to: groups.count, by: 8) {
            let some = groups[start..<min(groups.count, start + 8)]
            let pairs = some.flatMap(\.pairs)
            let logprobs = try scorer.logprobs(
                of: pairs.map { .init(prompt: $0.prompt, completions: [$0.chosen, $0.rejected]) })
            var references = logprobs.map { sides in
                PreferencePair.Reference(
                    chosen: sides[0].reduce(0) { $0 + Double($1) }, rejected: sides[1].reduce(0) { $0 + Double($1) })
            }[...]
            for group in some {
                results.append(Array(references.prefix(group.pairs.count)))
                references = references.dropFirst(group.pairs.count)
            }
            try onGroups(results.count)
        }
        return results
    }
}
