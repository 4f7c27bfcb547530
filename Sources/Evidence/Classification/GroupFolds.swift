import RandomStreams

/// Folds for cross-validation in which everything of a group lies in one fold.
public enum GroupFolds {
    /// The fold of each row, from 0.
    ///
    /// Groups in an order drawn by the seed, the large ones first, each go to the fold that has the fewest rows so far.
    ///
    /// - Throws: `EvidenceError` if there are fewer groups than folds, or fewer than two folds.
    public static func assign(groups: [String], folds: Int, seed: UInt64, purpose: String = "folds") throws -> [Int] {
        guard folds >= 2 else { throw EvidenceError("\(folds) folds leave nothing to test on", "use at least 2") }
        let sizes = Dictionary(groups.map { ($0, 1) }, uniquingKeysWith: +)
        guard sizes.count >= folds else {
            throw EvidenceError(
                "\(sizes.count) tasks are too few for \(folds) folds", "give more tasks, at least one for each fold")
        }
        var order = sizes.keys.sorted()
        var stream = RandomStream(seed: seed, purpose: purpose)
        stream.shuffle(&order)
        let ranks = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        order.sort { (-(sizes[$0] ?? 0), ranks[$0] ?? 0) < (-(sizes[$1] ?? 0), ranks[$1] ?? 0) }
        var counts = [Int](repeating: 0, count: folds)
        var fold: [String: Int] = [:]
        for group in order {
            let least = counts.indices.min { counts[$0] < counts[$1] } ?? 0
            fold[group] = least
            counts[least] += sizes[group] ?? 0
        }
        return groups.map { fold[$0] ?? 0 }
    }
}
