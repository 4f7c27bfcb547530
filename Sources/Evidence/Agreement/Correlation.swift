import Foundation

/// How two scores of the same items go together, from -1 to 1.
public enum Correlation {
    /// Pearson's r with Fisher's interval: tanh(atanh r ± z / √(n - 3)).
    ///
    /// - Throws: `EvidenceError` for fewer than 4 pairs, numbers that aren't finite, or scores that are all the same.
    public static func pearson(_ pairs: [(Double, Double)], level: Double = 0.95) throws -> Estimate {
        let r = try coefficient(pairs, level: level)
        return estimate(r, pairs.count, spread: 1, level: level, method: "Pearson's r, Fisher's interval")
    }

    /// Spearman's ρ, ties sharing their mean rank, with Fisher's interval widened by √(1 + ρ²/2) (Bonett and Wright
    /// 2000).
    public static func spearman(_ pairs: [(Double, Double)], level: Double = 0.95) throws -> Estimate {
        guard pairs.allSatisfy({ $0.0.isFinite && $0.1.isFinite }) else { throw notFinite }
        let ranks = Array(zip(ranks(pairs.map(\.0)), ranks(pairs.map(\.1))))
        let rho = try coefficient(ranks, level: level)
        return estimate(
            rho, pairs.count, spread: (1 + rho * rho / 2).squareRoot(), level: level,
            method: "Spearman's rho, Bonett-Wright interval")
    }

    private static var notFinite: EvidenceError {
        EvidenceError("a score is not a finite number", "leave out items that one side has not scored")
    }

    private static func coefficient(_ pairs: [(Double, Double)], level: Double) throws -> Double {
        try EvidenceError.check(level: level)
        guard pairs.count >= 4 else {
            throw EvidenceError(
                "\(pairs.count) pairs of scores are too few for a correlation", "score at least 4 items")
        }
        guard pairs.allSatisfy({ $0.0.isFinite && $0.1.isFinite }) else { throw notFinite }
        let count = Double(pairs.count)
        let x = pairs.reduce(0) { $0 + $1.0 } / count
        let y = pairs.reduce(0) { $0 + $1.1 } / count
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for pair in pairs {
            xx += (pair.0 - x) * (pair.0 - x)
            yy += (pair.1 - y) * (pair.1 - y)
            xy += (pair.0 - x) * (pair.1 - y)
        }
        let size = (xx * yy).squareRoot()
        guard size > 0, size.isFinite else {
            throw EvidenceError("one side's scores are all the same", "a correlation needs scores that differ")
        }
        return min(1, max(-1, xy / size))
    }

    private static func estimate(
        _ r: Double, _ count: Int, spread: Double, level: Double, method: String
    ) -> Estimate {
        let half = spread * Normal.quantile(0.5 + level / 2) / Double(count - 3).squareRoot()
        let isExact = abs(r) >= 1
        return Estimate(
            value: r, lower: isExact ? r : tanh(atanh(r) - half), upper: isExact ? r : tanh(atanh(r) + half),
            level: level, method: method, counts: .init(answers: count),
            caveats: ["The interval takes answers as independent; those to one question are not."])
    }

    /// Ranks from 1, the same for equal values.
    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}
