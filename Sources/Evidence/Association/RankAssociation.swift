import RandomStreams

/// How two numbers of the same items go together by rank, with intervals that know that items of one group (answers to
/// one question) are alike.
public enum RankAssociation {
    public struct Point: Sendable, Codable, Equatable {
        public var group: String
        public var x: Double
        public var y: Double

        public init(group: String, x: Double, y: Double) {
            self.group = group
            self.x = x
            self.y = y
        }
    }

    /// Spearman's rank correlation: Pearson's of the ranks, ties given their mean rank.
    ///
    /// - Throws: `EvidenceError` where there are fewer than three points, one isn't finite, or all have one x or one y.
    public static func spearman(
        _ points: [Point], level: Double = 0.95, draws: Int = 2000, seed: UInt64 = 0
    ) throws -> Estimate {
        try estimate(
            points, name: "Spearman's rank correlation", level: level, draws: draws, seed: seed,
            nothing: "all have one x or one y"
        ) { points in
            correlation(ranks(points.map(\.x)), ranks(points.map(\.y)))
        }
    }

    /// The area under the ROC curve: the chance that x is larger for an item with `y > threshold` than for one without,
    /// ties counted half (Mann and Whitney's U over its largest value).
    ///
    /// - Throws: `EvidenceError` as ``spearman(_:level:draws:seed:)``, or where all points lie on one side.
    public static func areaUnderCurve(
        _ points: [Point], threshold: Double, level: Double = 0.95, draws: Int = 2000, seed: UInt64 = 0
    ) throws -> Estimate {
        try estimate(
            points, name: "area under the ROC curve", level: level, draws: draws, seed: seed, unit: .share,
            nothing: "all lie on one side of \(Estimate.trimmed(threshold))"
        ) { points in
            let ranks = ranks(points.map(\.x))
            let above = zip(ranks, points).filter { $1.y > threshold }.map(\.0)
            let (m, n) = (Double(above.count), Double(points.count - above.count))
            guard m > 0, n > 0 else { return nil }
            return (above.reduce(0, +) - m * (m + 1) / 2) / (m * n)
        }
    }

    /// The statistic with a percentile interval from drawing groups with replacement.
    private static func estimate(
        _ points: [Point], name: String, level: Double, draws: Int, seed: UInt64, unit: Estimate.Unit = .plain,
        nothing: String, statistic: ([Point]) -> Double?
    ) throws -> Estimate {
        try EvidenceError.check(level: level)
        guard points.count >= 3 else {
            throw EvidenceError("\(points.count) points are too few for \(name)", "give at least three")
        }
        guard points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
            throw EvidenceError("a point isn't finite", "leave out what has no score")
        }
        guard let value = statistic(points) else {
            throw EvidenceError("\(name) has no value: \(nothing)", "give points that differ")
        }
        let groups = Dictionary(grouping: points, by: \.group).sorted { $0.key < $1.key }.map(\.value)
        let counts = Estimate.Counts(questions: groups.count, answers: points.count)
        var caveats: [String] = []
        if groups.count < 10 {
            caveats.append("Only \(groups.count) questions: the interval is likely too narrow.")
        }
        var found: [Double] = []
        if groups.count > 1 {
            for draw in 0..<max(100, draws) {
                var random = RandomStream(seed: seed, purpose: name, item: UInt64(draw))
                let drawn = groups.flatMap { _ in groups[random.index(below: groups.count)] }
                if let again = statistic(drawn) { found.append(again) }
            }
        }
        guard found.count * 2 > draws else {
            return Estimate(
                value: value, lower: -.infinity, upper: .infinity, level: level, method: name, counts: counts,
                caveats: ["Too few questions differ for an interval."], unit: unit)
        }
        found.sort()
        let tail = (1 - level) / 2
        return Estimate(
            value: value, lower: min(value, quantile(found, tail)), upper: max(value, quantile(found, 1 - tail)),
            level: level, method: "\(name), percentiles of \(found.count) draws of questions", counts: counts,
            caveats: caveats, unit: unit)
    }

    /// From 1, ties given their mean.
    static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
            start = end
        }
        return ranks
    }

    private static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
        let (centerX, centerY) = (mean(x), mean(y))
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for (a, b) in zip(x, y) {
            xx += (a - centerX) * (a - centerX)
            yy += (b - centerY) * (b - centerY)
            xy += (a - centerX) * (b - centerY)
        }
        return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
    }
}
