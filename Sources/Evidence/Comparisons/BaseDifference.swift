import Foundation

/// The difference of an arm's rate from a model that has no seeds: the base, whose answers are its only noise.
///
/// Interval: Newcombe's (1998, method 10) from the arm's clustered Wilson interval (``ClusteredRate``) and the base's
/// Wilson interval: value - √((p - l₁)² + (u₂ - b)²) to value + √((u₁ - p)² + (b - l₂)²). A plain t interval falls to 91 %
/// where three seeds spread lopsidedly.
///
/// p-values, one-sided: the larger of a t test of the two rates after Anscombe's transformation, the seeds' noise never
/// taken as less than their answers alone bring, and of a score test on the rates themselves. Degrees of freedom by
/// Satterthwaite (1946), the base's taken as unbounded.
public struct BaseDifference: Sendable, Codable, Equatable {
    /// Arm minus base, in points.
    public var difference: Estimate
    /// For "the arm is above the base".
    public var pAbove: Double
    public var pBelow: Double
    public var standardError: Double
    public var degrees: Double

    /// - Throws: `EvidenceError` if there is no run, or a run or the base has no answers.
    public static func test(_ runs: [RunHits], base: RunHits, level: Double = 0.95) throws -> BaseDifference {
        try EvidenceError.check(level: level)
        guard !runs.isEmpty, (runs + [base]).allSatisfy({ !$0.questions.isEmpty }) else {
            throw EvidenceError("a difference from the base needs answers of both", "sample the base too")
        }
        for run in runs + [base] {
            try run.questions.forEach { try SeedHits(hits: $0.hits, answers: $0.answers).check() }
        }
        let (paired, pairedBase) = onSharedQuestions(runs, base)
        let k = Double(paired.count)
        let rates = paired.map(\.rate)
        let value = mean(rates) - pairedBase.rate
        let floor = paired.reduce(0) { $0 + $1.answerVariance } / (k * k)
        // Seeds that agree exactly can't show how they differ.
        let spread = paired.count > 1 ? variance(rates) / k : 0
        let seeds = spread > 1e-18 ? spread : floor
        let error = (seeds + pairedBase.answerVariance).squareRoot()
        let degrees = Self.degrees(seeds: seeds, base: pairedBase.answerVariance, count: paired.count)
        let totals = paired.map(\.total)
        let y = totals.map(\.transformed)
        let ownNoise = RateDifference.answerNoise(totals)
        let seedNoise = paired.count > 1 ? max(variance(y) / k, ownNoise) : ownNoise
        let baseNoise = RateDifference.answerNoise([pairedBase.total])
        // The mean rate is transformed, not the mean of transformed rates: that lies below wherever seeds differ.
        let n = Double(pairedBase.total.answers)
        func transformed(_ rate: Double) -> Double { asin(((rate * n + 0.375) / (n + 0.75)).squareRoot()) }
        let distance =
            (transformed(mean(rates)) - transformed(pairedBase.rate)) / (seedNoise + baseNoise).squareRoot()
        let testDegrees = Self.degrees(seeds: seedNoise, base: baseNoise, count: paired.count)
        // The same on the scale of rates, the noise taken as it would be if both rates were one (a score test): for
        // "above" the base's, for "below" the arm's. The more cautious of the two stands.
        let (rate, floorRate) = (mean(rates), pairedBase.rate)
        let inner = rate * (1 - rate)
        let seen = totals.reduce(0) { $0 + $1.answers }
        // Seeds spread in proportion to their rate, so under "both rates are one" they would spread as the base's rate asks.
        let ratio = rate > 0 ? floorRate / rate : 0
        let scaled = rate > 0 ? seeds * ratio * ratio : floorRate * (1 - floorRate) / Double(seen)
        func tail(_ distance: Double, seeds: Double, base: Double) -> Double {
            guard seeds + base > 0 else { return 1 }
            return StudentT.survival(
                distance / (seeds + base).squareRoot(),
                degrees: Self.degrees(seeds: seeds, base: base, count: paired.count))
        }
        let above = tail(value, seeds: seeds, base: inner / n)
        let below = tail(-value, seeds: scaled, base: pairedBase.answerVariance)

        // Both rates' own intervals, put together (Newcombe 1998, method 10).
        let arm = try ClusteredRate.estimate(paired, level: level)
        let z = Normal.quantile(0.5 + level / 2)
        let own = Wilson.interval(rate: floorRate, trials: n, z: z)
        let low = ((rate - arm.lower) * (rate - arm.lower) + (own.upper - floorRate) * (own.upper - floorRate))
        let high = ((arm.upper - rate) * (arm.upper - rate) + (floorRate - own.lower) * (floorRate - own.lower))
        let shared = Set(pairedBase.questions.map(\.question)).count
        return BaseDifference(
            difference: Estimate(
                value: value, lower: max(-1, value - low.squareRoot()), upper: min(1, value + high.squareRoot()),
                level: level,
                method: "mean over seeds less the base, Newcombe's interval from both rates' Wilson intervals",
                counts: .init(seeds: paired.count, questions: shared, answers: seen),
                caveats: Caveats.seeds(paired.count), unit: .points),
            pAbove: max(above, StudentT.survival(distance, degrees: testDegrees)),
            pBelow: max(below, StudentT.survival(-distance, degrees: testDegrees)), standardError: error,
            degrees: degrees)
    }

    /// One run alone: only its answers vary, and there are many.
    private static func degrees(seeds: Double, base: Double, count: Int) -> Double {
        guard count > 1, seeds > 0 else { return 1e6 }
        let sum = seeds + base
        return min(1e6, sum * sum / (seeds * seeds / Double(count - 1)))
    }

    /// Both on the questions that all have, if there are such.
    static func onSharedQuestions(_ runs: [RunHits], _ base: RunHits) -> ([RunHits], RunHits) {
        let shared = runs.reduce(into: Set(base.questions.map(\.question))) {
            $0.formIntersection($1.questions.map(\.question))
        }
        guard !shared.isEmpty else { return (runs, base) }
        func only(_ run: RunHits) -> RunHits {
            RunHits(seed: run.seed, questions: run.questions.filter { shared.contains($0.question) })
        }
        return (runs.map(only), only(base))
    }
}
