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
        let y = [a, b].map { $0.map(\.transformed) }
        let (error, degrees) = welch(y[0], y[1])
        let difference = abs(mean(y[0]) - mean(y[1]))
        return min(1, 2 * StudentT.survival(difference / noise(error, a, b), degrees: degrees))
    }

    /// For "the rate of `a` is above that of `b`".
    static func p(_ a: [SeedHits], above b: [SeedHits]) -> Double {
        let y = [a, b].map { $0.map(\.transformed) }
        let (error, degrees) = welch(y[0], y[1])
        return StudentT.survival((mean(y[0]) - mean(y[1])) / noise(error, a, b), degrees: degrees)
    }

    /// Seeds that agree exactly can't show how they differ: then the answers' own noise is all there is.
    private static func noise(_ error: Double, _ a: [SeedHits], _ b: [SeedHits]) -> Double {
        error > 1e-12 ? error : (answerNoise(a) + answerNoise(b)).squareRoot()
    }

    /// The variance of the mean transformed rate that answers alone bring: 1 / 4n each (Anscombe 1948).
    static func answerNoise(_ seeds: [SeedHits]) -> Double {
        let count = Double(seeds.count)
        return seeds.reduce(0) { $0 + 0.25 / (Double($1.answers) + 0.5) } / (count * count)
    }
}

extension SeedHits {
    /// asin √((x + 3/8) / (n + 3/4)): its noise is nearly the same at every rate (Anscombe 1948).
    var transformed: Double { asin(((Double(hits) + 0.375) / (Double(answers) + 0.75)).squareRoot()) }
}
