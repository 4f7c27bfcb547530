/// The score that one program was given, and what the program is.
public struct LabelledScore: Sendable, Codable, Hashable {
    /// Names the program among all.
    public var item: String
    /// What is drawn as a whole: programs of one task, or nearly the same, are not independent.
    public var task: String
    /// The vulnerable program and its fix have the same.
    public var pair: String?
    /// Whether it is of the kind that high scores are to find.
    public var isPositive: Bool
    public var score: Double

    public init(item: String, task: String, pair: String? = nil, isPositive: Bool, score: Double) {
        self.item = item
        self.task = task
        self.pair = pair
        self.isPositive = isPositive
        self.score = score
    }
}
