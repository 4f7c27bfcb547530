public import Evidence

/// Everything that was weighed, as it is kept in JSON.
public struct WeighedEvidence: Sendable, Codable, Equatable {
    public var base: String?
    public var level: Double
    public var conditions: [WeighedCondition]
    public var arms: [ArmRecord]
    public var verdicts: [Verdict]
    /// What was left out, or can't be said of any condition.
    public var notes: [String]
}

/// One condition: what its seeds' answers and measures show.
public struct WeighedCondition: Sendable, Codable, Equatable {
    public var name: String
    public var isBase: Bool
    /// The labels of its training runs.
    public var labels: [String]
    /// Answers in all, unjudged ones too.
    public var answers: Int
    /// Each fate's share of all judged answers.
    public var fates: [FateShare]
    public var unjudged: Int
    /// Misaligned among coherent answers.
    public var amongCoherent: Estimate?
    /// The same, for other such questions, too.
    public var amongCoherentElsewhere: Estimate?
    /// Misaligned among all judged answers.
    public var amongAll: Estimate?
    /// Above the base, in points of ``amongCoherent``.
    public var overBase: BaseDifference?
    public var measures: [MeasureShift]
    public var breadth: Breadth?
    public var words: [String]

    public struct FateShare: Sendable, Codable, Equatable {
        public var fate: Fate
        public var count: Int
        public var share: Estimate
    }
}

/// A judge-free measure of a condition: its mean over items, and its change from the base.
public struct MeasureShift: Sendable, Codable, Equatable {
    public var measure: String
    public var mean: Estimate
    /// Arm minus base on the same items.
    public var change: Estimate?
    /// Items that could not be measured.
    public var missing: Int
}
