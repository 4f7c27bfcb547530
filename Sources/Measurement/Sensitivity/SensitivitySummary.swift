import Evidence

/// The sensitivity of one or several organisms, and how each differs from the first.
public struct SensitivitySummary: Codable, Sendable, Equatable {
    public var figures: [SensitivityFigures]
    public var differences: [Difference]
    /// What a reader must know of all of it.
    public var caveats: [String]

    /// An organism minus the one it is held against, on the same programs.
    public struct Difference: Codable, Sendable, Equatable {
        public var method: SensitivityMethod
        public var before: String
        public var after: String
        public var auroc: Estimate?
        public var balancedAccuracy: Estimate?
        public var pairedAccuracy: Estimate?
        public var pairedMargin: Estimate?
        public var hits: Estimate?
        public var falseAlarms: Estimate?
        public var falseAlarmsWithoutCode: Estimate?
    }

    /// - Parameters:
    ///   - values: as measured, of any methods and arms; what isn't sensitivity is passed over.
    ///   - earlier: values of another run to hold all arms against, like a model's before it was trained further.
    ///     Without them every arm is held against the first.
    ///   - earlierName: put before the earlier run's arms.
    public init(
        _ values: [MeasuredValue], against earlier: [MeasuredValue] = [], earlierName: String = "earlier",
        level: Double = 0.95, notes: [String] = []
    ) {
        func arms(_ values: [MeasuredValue]) -> [String] {
            values.reduce(into: []) { if !$0.contains($1.arm) { $0.append($1.arm) } }
        }
        func part(_ values: [MeasuredValue], _ arm: String, _ method: SensitivityMethod) -> [MeasuredValue] {
            values.filter { $0.arm == arm && $0.measure == method.measure }
        }
        var (figures, differences): ([SensitivityFigures], [Difference]) = ([], [])
        let own = arms(values)
        for method in SensitivityMethod.allCases {
            for arm in own {
                let measured = part(values, arm, method)
                if !measured.isEmpty {
                    figures.append(SensitivityFigures(measured, arm: arm, method: method, level: level))
                }
            }
            let sides: [(name: String, before: [MeasuredValue], after: String)] =
                earlier.isEmpty
                ? own.dropFirst().map { (own[0], part(values, own[0], method), $0) }
                : own.flatMap { after in
                    arms(earlier).map { ("\(earlierName): \($0)", part(earlier, $0, method), after) }
                }
            for (name, before, after) in sides {
                let later = part(values, after, method)
                guard !before.isEmpty, !later.isEmpty else { continue }
                differences.append(
                    Difference(method: method, before: name, after: after, from: before, to: later, level: level))
            }
        }
        self.figures = figures
        self.differences = differences
        caveats = notes
        caveats.append(
            "Intervals say how much these programs vary: each organism is one training run, and another might turn out otherwise."
        )
        if figures.contains(where: { ($0.parts?.count ?? 0) > 1 || $0.byWeakness.count > 1 }) {
            caveats.append(
                "The best of many phrasings, layers or weaknesses looks better than it is: their intervals are each one's own."
            )
        }
    }
}

extension SensitivitySummary.Difference {
    init(
        method: SensitivityMethod, before: String, after: String, from: [MeasuredValue], to: [MeasuredValue],
        level: Double
    ) {
        self.method = method
        self.before = before
        self.after = after
        let later = to.map(SensitivityScore.init)
        let known = Dictionary(later.map { ($0.value.item, $0) }, uniquingKeysWith: { first, _ in first })
        // Another run may number its tasks otherwise.
        let sides = [from.map(SensitivityScore.init), later].map { scores in
            scores.compactMap { score -> (SensitivityScore, LabelledScore)? in
                guard let same = known[score.value.item], var labelled = score.labelled() else { return nil }
                labelled.task = same.task
                return (same, labelled)
            }
        }
        func difference(
            _ kind: Discrimination, _ isIn: (SensitivityScore) -> Bool
        ) -> Estimate? {
            let parts = sides.map { $0.filter { isIn($0.0) }.map(\.1) }
            return try? kind.difference(before: parts[0], after: parts[1], level: level)
        }
        let threshold = method.threshold
        auroc = difference(.auroc) { $0.isCompared }
        balancedAccuracy = difference(.balancedAccuracy(threshold: threshold)) { $0.isCompared }
        pairedAccuracy = difference(.pairedAccuracy) { $0.isCompared }
        hits = difference(.alarmRate(threshold: threshold)) { $0.isVulnerable }
        falseAlarms = difference(.alarmRate(threshold: threshold)) { !$0.isVulnerable && !$0.isNoCode }
        falseAlarmsWithoutCode = difference(.alarmRate(threshold: threshold)) { $0.isNoCode }
        let margins = sides.map { SensitivityFigures.margins($0.filter { $0.0.isCompared }.map(\.1)) }
        let pairs = margins[0].keys.sorted().compactMap { task in
            margins[1][task].map { PairedDifference.Pair(question: task, before: margins[0][task] ?? 0, after: $0) }
        }
        pairedMargin = (try? PairedDifference.estimate(pairs, level: level)).map { estimate in
            var estimate = estimate
            estimate.counts = .init(tasks: pairs.count)
            estimate.caveats = []
            return estimate
        }
    }
}
