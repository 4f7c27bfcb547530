/// Means with t intervals over the unit that was drawn: the seed, or with one seed the question.
public enum MeanEstimate {
    /// The mean of a nested sample with a t interval.
    ///
    /// - Parameter questions: `.fixed` and `.nested`: value ± t(k-1) s / √k over the seeds' means. `.crossed`: the
    ///   interval holds for other such questions too, from a two-way analysis of variance (see ``Spread``).
    ///
    /// With one seed the questions are the units, and a caveat says what that leaves open.
    public static func of(
        _ sample: NestedSample, questions: QuestionRole = .fixed, level: Double = 0.95, unit: Estimate.Unit = .plain
    ) throws -> Estimate {
        try EvidenceError.check(level: level)
        let seeds = sample.seeds.count
        let role = seeds == 1 ? .nested : questions
        let spread = Spread.ofMean(sample, questions: role)
        let half = spread.map { StudentT.quantile(0.5 + level / 2, degrees: $0.degrees) * $0.error } ?? .infinity
        let degrees = Estimate.trimmed(spread?.degrees ?? 0)
        let units = seeds == 1 ? "questions" : role == .crossed ? "seeds and questions" : "seeds"
        var caveats = Caveats.seeds(seeds)
        if seeds == 1, spread == nil { caveats.append("One question allows no interval.") }
        return Estimate(
            value: sample.mean, lower: sample.mean - half, upper: sample.mean + half, level: level,
            method: "mean of \(units), t interval with \(degrees) degrees of freedom", counts: sample.counts,
            caveats: caveats, unit: unit)
    }

    /// The mean of independent values with its t interval; unbounded for a single value.
    public static func of(
        _ values: [Double], level: Double = 0.95, unit: Estimate.Unit = .plain
    ) throws -> Estimate {
        try EvidenceError.check(level: level)
        guard !values.isEmpty else { throw EvidenceError("there are no values", "give at least one") }
        let half =
            values.count > 1
            ? StudentT.quantile(0.5 + level / 2, degrees: Double(values.count - 1))
                * (variance(values) / Double(values.count)).squareRoot()
            : .infinity
        let center = mean(values)
        return Estimate(
            value: center, lower: center - half, upper: center + half, level: level,
            method: "mean, t interval with \(values.count - 1) degrees of freedom", unit: unit)
    }
}

/// What few seeds leave open, in plain words.
enum Caveats {
    static func seeds(_ count: Int) -> [String] {
        switch count {
        case 1:
            [
                "One training seed: the interval says how much these questions vary, nothing about how another "
                    + "training run would turn out."
            ]
        case 2:
            [
                "Two seeds: the interval rests on one difference between them and is good only if seeds spread "
                    + "evenly around their mean."
            ]
        case 3:
            [
                "Three seeds can't show how seeds spread: the interval is right only if they spread evenly around "
                    + "their mean; with lopsided seeds it holds the truth less often than it says."
            ]
        default: []
        }
    }
}
