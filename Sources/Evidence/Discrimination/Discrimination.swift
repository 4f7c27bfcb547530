/// How well scores tell programs of two kinds apart, or how often they raise the alarm: numbers from 0 to 1, each with
/// an interval that knows that programs of one task go together.
///
/// The variance comes from structural components summed over tasks: for the AUROC Obuchowski's (1997), which is that of
/// DeLong et al. (1988) where every program is a task of its own. The interval is Wilson's with the number of independent
/// trials that would leave as much doubt, and Student's quantile: it stays within 0 and 1 and has a width at its ends.
public enum Discrimination: Sendable, Hashable {
    /// The chance that a positive scores above a negative, ties counted half.
    case auroc
    /// The mean of the share of positives above the threshold and of negatives below it; at it counts half.
    case balancedAccuracy(threshold: Double)
    /// The share of pairs whose positive scores above its negative, ties counted half.
    case pairedAccuracy
    /// The share of scores above the threshold, whatever their kind; at it counts half.
    case alarmRate(threshold: Double)

    /// The number with its interval.
    ///
    /// - Throws: `EvidenceError` where a kind is missing, an item is there twice, or a score isn't finite.
    public func estimate(_ scores: [LabelledScore], level: Double = 0.95) throws -> Estimate {
        try EvidenceError.check(level: level)
        let components = try components(of: scores)
        let value = components.value
        let error = components.error ?? 0
        let tasks = components.smallerSide
        // Without any spread (0 or 1 throughout, mostly) the number of tasks is all there is.
        let isSpread = error > 1e-9 && value > 0 && value < 1
        let trials = isSpread ? value * (1 - value) / (error * error) : Double(tasks)
        let degrees = max(1, Double(tasks - 1))
        let (lower, upper) = Wilson.interval(
            rate: value, trials: trials, z: StudentT.quantile(0.5 + level / 2, degrees: degrees))
        var caveats = fewTasks(tasks)
        if tasks < 2 { caveats = ["One task allows no interval."] }
        return Estimate(
            value: value, lower: tasks < 2 || value == 0 ? 0 : lower, upper: tasks < 2 || value == 1 ? 1 : upper,
            level: level,
            method:
                "Wilson interval with tasks as clusters, t quantile with \(Int(degrees)) degrees of freedom",
            counts: .init(tasks: components.tasks.count, programs: scores.count), caveats: caveats, unit: .share)
    }

    /// The number after minus the number before, over the programs that both have scores of.
    ///
    /// - Throws: `EvidenceError` as ``estimate(_:level:)``, or where no program has both scores.
    public func difference(
        before: [LabelledScore], after: [LabelledScore], level: Double = 0.95
    ) throws -> Estimate {
        try EvidenceError.check(level: level)
        let shared = Set(before.map(\.item)).intersection(after.map(\.item))
        guard !shared.isEmpty else {
            throw EvidenceError("no program has a score before and after", "measure both on the same programs")
        }
        let sides = [before, after].map { $0.filter { shared.contains($0.item) } }
        let (first, second) = (try components(of: sides[0]), try components(of: sides[1]))
        let change = second.minus(first)
        let tasks = change.smallerSide
        var caveats = fewTasks(tasks)
        let alone = Set(before.map(\.item)).union(after.map(\.item)).count - shared.count
        if alone > 0 { caveats.append("\(alone) programs with only one of the two scores are left out.") }
        var half = Double.infinity
        if let error = change.error, error > 0 {
            half = StudentT.quantile(0.5 + level / 2, degrees: max(1, Double(tasks - 1))) * error
        } else {
            caveats.append("No task differs from another in its change: no interval.")
        }
        return Estimate(
            value: change.value, lower: half.isFinite ? max(-1, change.value - half) : -.infinity,
            upper: half.isFinite ? min(1, change.value + half) : .infinity, level: level,
            method:
                "the same programs before and after, t interval with tasks as clusters",
            counts: .init(tasks: change.tasks.count, programs: sides[0].count), caveats: caveats, unit: .points)
    }

    /// The number alone.
    public func value(_ scores: [LabelledScore]) throws -> Double { try components(of: scores).value }

    private func fewTasks(_ count: Int) -> [String] {
        count < 10 ? ["Only \(count) tasks: the interval leans on them being alike."] : []
    }

    func components(of scores: [LabelledScore]) throws -> StructuralComponents {
        guard Set(scores.map(\.item)).count == scores.count else {
            throw EvidenceError("a program has two scores", "give each program one")
        }
        if let bad = scores.first(where: { !$0.score.isFinite }) {
            throw EvidenceError("the score of \(bad.item) isn't finite", "leave out what has no score")
        }
        switch self {
        case .auroc: return try .auroc(scores)
        case .balancedAccuracy(let threshold): return try .balancedAccuracy(scores, threshold)
        case .pairedAccuracy: return try .pairedAccuracy(scores)
        case .alarmRate(let threshold): return try .alarmRate(scores, threshold)
        }
    }
}
