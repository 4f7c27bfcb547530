/// Two one-sided tests (Schuirmann 1987): shows that a difference is small, where an ordinary test only fails to show
/// that it is large.
public struct Equivalence: Sendable, Codable, Equatable {
    /// The mean difference with the interval of level 1 - 2α that lies within the margins if the test succeeds.
    public var difference: Estimate
    /// The larger of both one-sided p-values.
    public var p: Double
    public var pLower: Double
    public var pUpper: Double
    public var lowerMargin: Double?
    public var upperMargin: Double?
    public var alpha: Double

    /// True if the difference is shown to lie within the margins.
    public var isShown: Bool { p <= alpha }

    /// Tests that the mean of `differences` (one per seed) is above `notBelow` and under `notAbove`.
    ///
    /// - Parameters:
    ///   - notBelow: the lower margin, like -0.02 for "not lower by more than two points"; none: only the upper is
    ///     tested.
    ///   - notAbove: the upper margin; none: only the lower is tested.
    public static func test(
        differences: [Double], notBelow: Double?, notAbove: Double?, alpha: Double = 0.05,
        unit: Estimate.Unit = .plain
    ) throws -> Equivalence {
        guard differences.count > 1 else {
            throw EvidenceError("equivalence needs at least two seeds", "train more seeds")
        }
        let count = Double(differences.count)
        return try test(
            difference: mean(differences), error: (variance(differences) / count).squareRoot(), degrees: count - 1,
            counts: .init(seeds: differences.count), notBelow: notBelow, notAbove: notAbove, alpha: alpha, unit: unit)
    }

    /// The same for two independent groups of seeds (Welch's degrees of freedom): mean of `a` minus mean of `b`.
    public static func test(
        _ a: [Double], against b: [Double], notBelow: Double?, notAbove: Double?, alpha: Double = 0.05,
        unit: Estimate.Unit = .plain
    ) throws -> Equivalence {
        guard a.count > 1, b.count > 1 else {
            throw EvidenceError("equivalence needs at least two seeds in each group", "train more seeds")
        }
        let (error, degrees) = welch(a, b)
        return try test(
            difference: mean(a) - mean(b), error: error, degrees: degrees, counts: .init(seeds: a.count + b.count),
            notBelow: notBelow, notAbove: notAbove, alpha: alpha, unit: unit)
    }

    private static func test(
        difference: Double, error: Double, degrees: Double, counts: Estimate.Counts, notBelow: Double?,
        notAbove: Double?, alpha: Double, unit: Estimate.Unit
    ) throws -> Equivalence {
        try EvidenceError.check(level: 1 - 2 * alpha)
        guard notBelow != nil || notAbove != nil, (notBelow ?? -.infinity) < (notAbove ?? .infinity) else {
            throw EvidenceError("the margins enclose nothing", "give a lower margin below the upper, or one of them")
        }
        func tail(_ distance: Double) -> Double {
            error > 0 ? StudentT.survival(distance / error, degrees: degrees) : distance > 0 ? 0 : 1
        }
        let pLower = notBelow.map { tail(difference - $0) } ?? 0
        let pUpper = notAbove.map { tail($0 - difference) } ?? 0
        let half = error > 0 ? StudentT.quantile(1 - alpha, degrees: degrees) * error : 0
        let estimate = Estimate(
            value: difference, lower: difference - half, upper: difference + half, level: 1 - 2 * alpha,
            method: "mean over seeds, t interval with \(Estimate.digits(degrees)) degrees of freedom", counts: counts,
            caveats: Caveats.seeds(counts.seeds ?? 0), unit: unit)
        return Equivalence(
            difference: estimate, p: max(pLower, pUpper), pLower: pLower, pUpper: pUpper, lowerMargin: notBelow,
            upperMargin: notAbove, alpha: alpha)
    }
}

/// The standard error of the difference of two means and its degrees of freedom (Welch 1947).
func welch(_ a: [Double], _ b: [Double]) -> (error: Double, degrees: Double) {
    let (va, vb) = (variance(a) / Double(a.count), variance(b) / Double(b.count))
    let sum = va + vb
    let degrees = sum * sum / (va * va / Double(a.count - 1) + vb * vb / Double(b.count - 1))
    return (sum.squareRoot(), degrees.isFinite ? degrees : Double(a.count + b.count - 2))
}
