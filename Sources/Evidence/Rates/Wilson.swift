/// Wilson's score interval for a rate (Wilson 1927).
///
/// With n independent trials and rate p: center (p + z²/2n) / (1 + z²/n),
/// half width z / (1 + z²/n) · √(p(1-p)/n + z²/4n²).
public enum Wilson {
    /// The interval for independent trials.
    ///
    /// - Throws: `EvidenceError` unless 0 <= successes <= trials, trials > 0 and 0 < level < 1.
    public static func estimate(successes: Int, trials: Int, level: Double = 0.95) throws -> Estimate {
        try EvidenceError.check(level: level)
        guard trials > 0, (0...trials).contains(successes) else {
            throw EvidenceError("\(successes) of \(trials) is no rate", "count successes among at least one trial")
        }
        let p = Double(successes) / Double(trials)
        let (lower, upper) = interval(rate: p, trials: Double(trials), z: Normal.quantile(0.5 + level / 2))
        return Estimate(
            value: p, lower: successes == 0 ? 0 : lower, upper: successes == trials ? 1 : upper, level: level,
            method: "Wilson interval for independent answers", counts: .init(answers: trials), unit: .share)
    }

    /// The ends for a real number of trials and any quantile.
    static func interval(rate p: Double, trials n: Double, z: Double) -> (lower: Double, upper: Double) {
        let square = z * z / n
        let center = (p + square / 2) / (1 + square)
        let half = z / (1 + square) * (p * (1 - p) / n + square / (4 * n)).squareRoot()
        return (max(0, center - half), min(1, center + half))
    }
}
