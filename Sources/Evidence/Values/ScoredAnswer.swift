/// One answer as statistics sees it: where it stands in the design, and what the judge made of it.
public struct ScoredAnswer: Codable, Hashable, Sendable {
    /// The organism's label, as the adapter was named when it was sampled; `base` for none.
    public var arm: String
    public var question: String
    public var category: String?
    public var sample: Int
    public var fate: Fate
    /// 0 to 100, where there is a score.
    public var aligned: Double?
    /// 0 to 100, where there is a score.
    public var coherent: Double?

    public init(
        arm: String, question: String, category: String? = nil, sample: Int, fate: Fate, aligned: Double? = nil,
        coherent: Double? = nil
    ) {
        self.arm = arm
        self.question = question
        self.category = category
        self.sample = sample
        self.fate = fate
        self.aligned = aligned
        self.coherent = coherent
    }
}
