/// A number made of means over programs of one or two kinds, with what each task contributes to its error.
struct StructuralComponents {
    var value: Double
    /// By task: the sum over its positives of how far each one's component lies from the mean, over their number.
    var positives: [String: Double]
    /// The same for negatives; empty for a number of one kind.
    var negatives: [String: Double]

    var tasks: Set<String> { Set(positives.keys).union(negatives.keys) }

    /// Tasks of the rarer kind.
    var smallerSide: Int { negatives.isEmpty ? positives.count : min(positives.count, negatives.count) }

    /// The standard error; nil where a kind has a single task. Obuchowski 1997, eq. 5.
    var error: Double? {
        guard smallerSide > 1 else { return nil }
        func factor(_ count: Int) -> Double { count > 1 ? Double(count) / Double(count - 1) : 0 }
        // Always in the same order, so that the sums are the same to the last bit.
        let names = tasks.sorted()
        func product(_ a: [String: Double], _ b: [String: Double]) -> Double {
            names.reduce(0) { $0 + (a[$1] ?? 0) * (b[$1] ?? 0) }
        }
        var sum = factor(positives.count) * product(positives, positives)
        sum += factor(negatives.count) * product(negatives, negatives)
        let shared = product(positives, negatives)
        sum += 2 * factor(names.count) * shared
        return max(0, sum).squareRoot()
    }

    func minus(_ other: StructuralComponents) -> StructuralComponents {
        StructuralComponents(
            value: value - other.value, positives: positives.merging(other.positives.mapValues(-)) { $0 + $1 },
            negatives: negatives.merging(other.negatives.mapValues(-)) { $0 + $1 })
    }

    static func auroc(_ scores: [LabelledScore]) throws -> StructuralComponents {
        let (positives, negatives) = try sides(scores)
        let (high, low) = (positives.map(\.score).sorted(), negatives.map(\.score).sorted())
        let above = positives.map { share(below: $0.score, in: low) }
        let below = negatives.map { 1 - share(below: $0.score, in: high) }
        let value = mean(above)
        return StructuralComponents(
            value: value, positives: sums(positives, above, around: value),
            negatives: sums(negatives, below, around: value))
    }

    static func balancedAccuracy(_ scores: [LabelledScore], _ threshold: Double) throws -> StructuralComponents {
        let (positives, negatives) = try sides(scores)
        let found = positives.map { alarm($0.score, threshold) }
        let spared = negatives.map { 1 - alarm($0.score, threshold) }
        let (hits, passes) = (mean(found), mean(spared))
        return StructuralComponents(
            value: (hits + passes) / 2, positives: sums(positives, found, around: hits).mapValues { $0 / 2 },
            negatives: sums(negatives, spared, around: passes).mapValues { $0 / 2 })
    }

    static func pairedAccuracy(_ scores: [LabelledScore]) throws -> StructuralComponents {
        var (owners, wins): ([LabelledScore], [Double]) = ([], [])
        let pairs = Dictionary(grouping: scores.filter { $0.pair != nil }) { $0.pair ?? "" }
        for (_, members) in pairs.sorted(by: { $0.key < $1.key }) {
            guard members.count == 2, let high = members.first(where: \.isPositive),
                let low = members.first(where: { !$0.isPositive })
            else { continue }
            owners.append(high)
            wins.append(alarm(high.score, low.score))
        }
        guard !owners.isEmpty else {
            throw EvidenceError("no pair has scores on both sides", "measure a vulnerable program and its fix")
        }
        let value = mean(wins)
        return StructuralComponents(value: value, positives: sums(owners, wins, around: value), negatives: [:])
    }

    static func alarmRate(_ scores: [LabelledScore], _ threshold: Double) throws -> StructuralComponents {
        guard !scores.isEmpty else { throw EvidenceError("there are no scores", "give at least one") }
        let alarms = scores.map { alarm($0.score, threshold) }
        let value = mean(alarms)
        return StructuralComponents(value: value, positives: sums(scores, alarms, around: value), negatives: [:])
    }

    /// 1 above, 0 below, a half at it.
    private static func alarm(_ score: Double, _ threshold: Double) -> Double {
        score > threshold ? 1 : score == threshold ? 0.5 : 0
    }

    private static func sides(_ scores: [LabelledScore]) throws -> ([LabelledScore], [LabelledScore]) {
        let (positives, negatives) = (scores.filter(\.isPositive), scores.filter { !$0.isPositive })
        guard !positives.isEmpty, !negatives.isEmpty else {
            throw EvidenceError(
                "all programs are of one kind", "to tell two kinds apart takes vulnerable and sound programs")
        }
        return (positives, negatives)
    }

    private static func sums(
        _ scores: [LabelledScore], _ components: [Double], around center: Double
    ) -> [String: Double] {
        var sums: [String: Double] = [:]
        for (score, component) in zip(scores, components) {
            sums[score.task, default: 0] += (component - center) / Double(scores.count)
        }
        return sums
    }

    /// The share of sorted numbers below `number`, equal ones counted half.
    private static func share(below number: Double, in sorted: [Double]) -> Double {
        let less = place(in: sorted) { $0 < number }
        let notMore = place(in: sorted) { $0 <= number }
        return (Double(less) + Double(notMore)) / 2 / Double(sorted.count)
    }

    /// How many lie before the first that isn't.
    private static func place(in sorted: [Double], isBefore: (Double) -> Bool) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(sorted[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
