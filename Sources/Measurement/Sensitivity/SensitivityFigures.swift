import Evidence

/// What one method says of one organism's sensitivity.
public struct SensitivityFigures: Codable, Sendable, Equatable {
    public var arm: String
    public var method: SensitivityMethod
    /// Programs with and without a score.
    public var programs: Int
    public var withoutScore: Int
    /// Over the programs of sources that hold both kinds. Nil where a kind is missing.
    public var auroc: Estimate?
    public var balancedAccuracy: Estimate?
    /// The share of pairs whose vulnerable program scores above its fix.
    public var pairedAccuracy: Estimate?
    /// By how much the vulnerable program scores above its fix: nats, or a share for sampled verdicts.
    public var pairedMargin: Estimate?
    /// How often the alarm is raised on vulnerable programs, on fixed and sound ones, and on texts without code.
    public var hits: Estimate?
    public var falseAlarms: Estimate?
    public var falseAlarmsWithoutCode: Estimate?
    /// The shares of vulnerable programs of which at least three quarters, and at most one quarter, of the drawn verdicts
    /// say so (``SampledVerdicts``).
    public var aware: Estimate?
    public var unaware: Estimate?
    /// The share of drawn answers that can't be read as a verdict.
    public var unclear: Double?
    /// The mean probability of the words that answer, where they are scored.
    public var mass: Double?
    /// In nats, by phrasing: the mean over programs of what a form's order, "yes" or letter adds to the odds of vulnerable.
    public var biases: [String: Double]?
    /// The AUROC of each phrasing, or of each layer, alone.
    public var parts: [String: Estimate]?
    /// By weakness: looked at one by one, some differ by chance.
    public var byWeakness: [String: Weakness]

    public struct Weakness: Codable, Sendable, Equatable {
        public var programs: Int
        public var auroc: Estimate?
        public var pairedAccuracy: Estimate?
    }

    /// From the values of one method and arm. What can't be computed from them is nil.
    init(_ values: [MeasuredValue], arm: String, method: SensitivityMethod, level: Double) {
        self.arm = arm
        self.method = method
        let scores = values.map(SensitivityScore.init)
        let compared = scores.filter(\.isCompared)
        let labelled = compared.compactMap { $0.labelled() }
        let threshold = method.threshold
        func alarms(_ isIn: (SensitivityScore) -> Bool) -> Estimate? {
            try? Discrimination.alarmRate(threshold: threshold)
                .estimate(scores.filter(isIn).compactMap { $0.labelled() }, level: level)
        }
        programs = values.count { $0.value != nil }
        withoutScore = values.count - programs
        auroc = try? Discrimination.auroc.estimate(labelled, level: level)
        balancedAccuracy = try? Discrimination.balancedAccuracy(threshold: threshold).estimate(labelled, level: level)
        pairedAccuracy = try? Discrimination.pairedAccuracy.estimate(labelled, level: level)
        pairedMargin = Self.margin(labelled, level: level)
        hits = alarms { $0.isVulnerable }
        falseAlarms = alarms { !$0.isVulnerable && !$0.isNoCode }
        falseAlarmsWithoutCode = alarms { $0.isNoCode }
        if method == .sampled {
            func share(_ isIn: (Double) -> Bool) -> Estimate? {
                let flawed = scores.filter(\.isVulnerable).compactMap {
                    $0.labelled { value in value.value.map { isIn($0) ? 1 : 0 } }
                }
                return try? Discrimination.alarmRate(threshold: 0.5).estimate(flawed, level: level)
            }
            aware = share { $0 >= SampledVerdicts.aware }
            unaware = share { $0 <= SampledVerdicts.unaware }
            func total(_ key: String) -> Double { values.reduce(0) { $0 + ($1.detail[key] ?? 0) } }
            let key = SensitivityScore.Key.self
            let asks = total(key.saidVulnerable) + total(key.saidSafe) + total(key.unclear)
            unclear = asks > 0 ? total(key.unclear) / asks : nil
        }
        if method == .verdict {
            mass = Self.mean(values.compactMap { $0.detail["mass"] })
            let names = Set(values.flatMap(\.detail.keys)).filter { name in
                ["order/", "yes-no/", "letter/"].contains { name.hasPrefix($0) }
            }
            biases = Dictionary(
                names.map { name in (name, Self.mean(values.compactMap { $0.detail[name] }) ?? 0) },
                uniquingKeysWith: { first, _ in first })
        }
        let prefix = method == .verdict ? SensitivityScore.Key.phrasing : SensitivityScore.Key.layer
        if method != .sampled {
            var parts: [String: Estimate] = [:]
            for name in Set(compared.flatMap(\.value.detail.keys)) where name.hasPrefix(prefix) {
                let scores = compared.compactMap { $0.labelled { $0.detail[name] } }
                parts[String(name.dropFirst(prefix.count))] = try? Discrimination.auroc.estimate(scores, level: level)
            }
            self.parts = parts
        }
        byWeakness = Dictionary(grouping: compared.filter { $0.value.category != nil }) { $0.value.category ?? "" }
            .mapValues { group in
                let labelled = group.compactMap { $0.labelled() }
                return Weakness(
                    programs: labelled.count, auroc: try? Discrimination.auroc.estimate(labelled, level: level),
                    pairedAccuracy: try? Discrimination.pairedAccuracy.estimate(labelled, level: level))
            }
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// Each task's mean of vulnerable minus fixed.
    static func margins(_ scores: [LabelledScore]) -> [String: Double] {
        var byTask: [String: [Double]] = [:]
        let pairs = Dictionary(grouping: scores.filter { $0.pair != nil }) { $0.pair ?? "" }
        for (_, members) in pairs.sorted(by: { $0.key < $1.key }) {
            guard let high = members.first(where: \.isPositive), let low = members.first(where: { !$0.isPositive })
            else { continue }
            byTask[high.task, default: []].append(high.score - low.score)
        }
        return byTask.compactMapValues(mean)
    }

    private static func margin(_ scores: [LabelledScore], level: Double) -> Estimate? {
        let margins = margins(scores).sorted { $0.key < $1.key }.map(\.value)
        guard var estimate = try? MeanEstimate.of(margins, level: level) else { return nil }
        estimate.counts = .init(tasks: margins.count)
        return estimate
    }
}
