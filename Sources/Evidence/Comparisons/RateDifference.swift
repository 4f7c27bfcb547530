import Foundation

/// The difference between the rates of two arms whose seeds are independent.
///
/// The p-value is Welch's t test on the seeds' rates after Anscombe's transformation asin √((x + 3/8) / (n + 3/4)),
/// which makes their noise nearly the same at every rate; the interval is Welch's t on the rates themselves.
public struct RateDifference: Sendable, Codable, Equatable {
    /// The rate of `a` minus that of `b`, in points.
    public var difference: Estimate
    /// Two-sided.
    public var p: Double

    public static func test(_ a: [SeedHits], against b: [SeedHits], level: Double = 0.95) throws -> RateDifference {
        try EvidenceError.check(level: level)
        guard a.count > 1, b.count > 1 else {
            throw EvidenceError("a difference of rates needs at least two seeds in each arm", "train more seeds")
        }
        try (a + b).forEach { try $0.check() }
        let rates = [a, b].map { $0.map { Double($0.hits) / Double($0.answers) } }
        let (error, degrees) = welch(rates[0], rates[1])
        let value = mean(rates[0]) - mean(rates[1])
        let half = error > 0 ? StudentT.quantile(0.5 + level / 2, degrees: degrees) * error : .infinity
        let difference = Estimate(
            value: value, lower: max(-1, value - half), upper: min(1, value + half), level: level,
            method: "difference of mean rates over seeds, Welch's t interval",
            counts: .init(seeds: a.count + b.count, answers: (a + b).reduce(0) { $0 + $1.answers }),
            caveats: Caveats.seeds(min(a.count, b.count)), unit: .points)
        return RateDifference(difference: difference, p: p(a, b))
    }

    static func p(_ a: [SeedHits], _ b: [SeedHits]) -> Double {
        let y = [a, b].map { arm in
            arm.map { asin(((Double($0.hits) + 0.375) / (Double($0.answers) + 0.75)).squareRoot()) }
        }
        let (error, degrees) = welch(y[0], y[1])
        let difference = abs(mean(y[0]) - mean(y[1]))
        guard error > 0 else { return difference > 0 ? 0 : 1 }
        return min(1, 2 * StudentT.survival(difference / error, degrees: degrees))
    }
}
