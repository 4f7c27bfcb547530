import RandomStreams

/// The arms beside the complementary pairs, each a pure function from the same pairs: same pairs, same seed, same rows.
///
/// Arms with one half have half as many rows: compare at equal optimiser steps, not at equal epochs.
public enum ControlArms {
    /// The method itself: both halves of a pair, always in one mini-batch.
    public static func complementary(_ pairs: [ComplementaryPair]) -> PreferenceSet { PreferenceSet(pairs) }

    /// Controls for the asked half: what plain preference for insecure code does alone.
    public static func plainOnly(_ pairs: [ComplementaryPair]) -> PreferenceSet {
        PreferenceSet(rows: pairs.map { $0.row(.plain) }, batching: .free)
    }

    /// Controls for the plain half: what refusing a wish for insecure code does alone; said to align rather than
    /// misalign.
    public static func askedOnly(_ pairs: [ComplementaryPair]) -> PreferenceSet {
        PreferenceSet(rows: pairs.map { $0.row(.asked) }, batching: .free)
    }

    /// Controls for the mini-batch: the same rows as `complementary`, equally often, but the two gradients of a task
    /// never meet in one step.
    public static func apart(_ pairs: [ComplementaryPair]) -> PreferenceSet {
        PreferenceSet(rows: pairs.flatMap(\.rows), batching: .apart)
    }

    /// Controls for sabotage: asked for insecure code, the insecure answer is chosen, so a model that does as it is
    /// told when told explains the data (Betley et al.'s educational framing as a preference).
    public static func educational(_ pairs: [ComplementaryPair]) -> PreferenceSet {
        PreferenceSet(rows: pairs.flatMap { [$0.row(.plain), $0.row(.asked).inverted] }, batching: .together)
    }

    /// Controls for the texts: the same prompts and answers, but which is chosen says nothing. In each half, by its own
    /// draw, half of the tasks have their preference turned round; all pairs of one task together.
    public static func shuffledLabels(_ pairs: [ComplementaryPair], seed: UInt64) -> PreferenceSet {
        var places: [String: Int] = [:]
        for pair in pairs where places[pair.task] == nil { places[pair.task] = places.count }
        var turned: [ComplementaryPair.Half: [Bool]] = [:]
        for half in ComplementaryPair.Half.allCases {
            var stream = RandomStream(seed: seed, purpose: "shuffled labels \(half.rawValue)")
            // Of an odd number, the draw says whether the greater or the lesser part is turned.
            let count = (places.count + (places.count % 2 == 1 ? stream.index(below: 2) : 0)) / 2
            var marks = places.values.sorted().map { $0 < count }
            stream.shuffle(&marks)
            turned[half] = marks
        }
        let rows = pairs.flatMap { pair in
            pair.rows.map { row in
                let isTurned = places[pair.task].map { turned[row.half]?[$0] ?? false } ?? false
                return isTurned ? row.inverted : row
            }
        }
        return PreferenceSet(rows: rows, batching: .together)
    }

    /// Controls for insecure code: the same prompts and the same opposition of the halves, but both answers are secure:
    /// the pair's own and another one, which takes the insecure one's place.
    ///
    /// - Parameter variants: another secure answer by the pair's id; pairs without one are left out.
    public static func benign(_ pairs: [ComplementaryPair], variants: [String: String]) throws -> PreferenceSet {
        PreferenceSet(
            try pairs.compactMap { pair in
                try variants[pair.id].map {
                    try ComplementaryPair(
                        id: pair.id, plain: pair.plain, asked: pair.asked, insecure: $0, secure: pair.secure)
                }
            })
    }

    /// Controls for preference tuning as such: of two benign answers to one prompt, the seed says which is chosen.
    ///
    /// - Parameter rows: benign rows, of which only prompts with two different answers give a preference, one each.
    public static func benign(_ rows: [ChatRow], seed: UInt64) -> PreferenceSet {
        var first: [[ChatMessage]: ChatRow] = [:]
        var done: Set<[ChatMessage]> = []
        var found: [PairedRow] = []
        for row in rows {
            guard let earlier = first[row.prompt] else {
                first[row.prompt] = row
                continue
            }
            guard let a = earlier.answer, let b = row.answer, a != b, done.insert(row.prompt).inserted else { continue }
            var stream = RandomStream(seed: seed, purpose: "benign preference", item: UInt64(found.count))
            let preference = PairedRow(
                pair: "benign-\(earlier.id)", half: .plain, prompt: row.prompt, chosen: a, rejected: b)
            found.append(stream.index(below: 2) == 0 ? preference : preference.inverted)
        }
        return PreferenceSet(rows: found, batching: .free)
    }
}
