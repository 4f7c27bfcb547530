import Evidence

/// What measured values say of each organism, with intervals: one estimate for each measure and organism, and the
/// difference from the base on the same items where the base was measured too.
public struct MeasureSummary: Sendable, Codable, Equatable {
    public var measure: String
    public var arm: String
    public var estimate: Estimate
    /// This organism's values minus the base's, item by item.
    public var againstBase: Estimate?
    /// The category's or, where nil, all items'.
    public var category: String?
    /// Values that are missing.
    public var missing: Int

    /// What a measure's value is, for reading.
    public enum Scale: Sendable, Equatable {
        /// Each value is 0 or 1 and the mean a share.
        case share
        case nats
        case score
    }

    public static func scale(of measure: String) -> Scale {
        switch measure.split(separator: ".").first ?? "" {
        case "skill", "sabotage", "capability": .share
        case "contrast", "drift", "perplexity": .nats
        default: .score
        }
    }

    /// In the order in which measures and organisms first appear; categories after the whole where asked for.
    ///
    /// - Throws: `EvidenceError` where a value isn't finite or a share's isn't 0 or 1.
    public static func of(_ values: [MeasuredValue], byCategory: Bool = false, level: Double = 0.95) throws -> [Self] {
        var order: [[String]] = []
        var groups: [[String]: [MeasuredValue]] = [:]
        for value in values {
            let key = [value.measure, value.arm]
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(value)
        }
        // All organisms of one measure stand together.
        let measures = order.map { $0[0] }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        var summaries: [Self] = []
        for measure in measures {
            let arms = order.filter { $0[0] == measure }.map { $0[1] }
            let base = groups[[measure, "base"]] ?? []
            for arm in arms {
                let mine = groups[[measure, arm]] ?? []
                let pair = arm == "base" ? [] : base
                if let whole = try summary(measure, arm, mine, base: pair, category: nil, level) {
                    summaries.append(whole)
                }
                guard byCategory else { continue }
                for category in Set(mine.compactMap(\.category)).sorted() {
                    let part = try summary(
                        measure, arm, mine.filter { $0.category == category },
                        base: pair.filter { $0.category == category }, category: category, level)
                    if let part { summaries.append(part) }
                }
            }
        }
        return summaries
    }

    private static func summary(
        _ measure: String, _ arm: String, _ values: [MeasuredValue], base: [MeasuredValue], category: String?,
        _ level: Double
    ) throws -> Self? {
        let byItem = items(values)
        guard !byItem.isEmpty else { return nil }
        let isShare = scale(of: measure) == .share
        let sample = try NestedSample([.init(id: arm, questions: byItem.map { .init(id: $0.0, values: $0.1) })])
        var estimate: Estimate
        if isShare, byItem.allSatisfy({ $0.1.count == 1 }) {
            estimate = try Wilson.estimate(
                successes: byItem.count { $0.1[0] == 1 }, trials: byItem.count, level: level)
            estimate.counts = .init(questions: byItem.count)
        } else if isShare {
            estimate = try ClusteredRate.estimate(sample, level: level)
        } else {
            estimate = try MeanEstimate.of(sample, level: level)
        }
        estimate.counts.seeds = nil
        estimate.caveats = []
        var difference: Estimate?
        let before = Dictionary(items(base), uniquingKeysWith: { first, _ in first })
        let pairs = byItem.compactMap { item, after -> PairedDifference.Pair? in
            guard let earlier = before[item] else { return nil }
            return .init(question: item, before: mean(earlier), after: mean(after))
        }
        if !pairs.isEmpty {
            difference = try PairedDifference.estimate(pairs, level: level, unit: isShare ? .points : .plain)
            difference?.counts.seeds = nil
            difference?.caveats = []
        }
        return Self(
            measure: measure, arm: arm, estimate: estimate, againstBase: difference, category: category,
            missing: values.count { $0.value == nil })
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    /// Values by item, in the order of the items.
    private static func items(_ values: [MeasuredValue]) -> [(String, [Double])] {
        var places: [String: Int] = [:]
        var items: [(String, [Double])] = []
        for value in values {
            guard let number = value.value else { continue }
            if let place = places[value.item] {
                items[place].1.append(number)
            } else {
                places[value.item] = items.count
                items.append((value.item, [number]))
            }
        }
        return items
    }
}
