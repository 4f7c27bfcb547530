/// An answer that was sampled earlier, as tokens of the model that it is to be measured with.
public struct GivenAnswer: Sendable, Hashable {
    /// The organism's label.
    public var arm: String
    public var question: String
    public var category: String?
    public var paraphrase: Int
    public var sample: Int
    public var promptTokens: [Int32]
    /// Without the token that ended it.
    public var tokens: [Int32]
    public var text: String
    /// Whether the token limit cut it off.
    public var isTruncated: Bool

    public init(
        arm: String, question: String, category: String? = nil, paraphrase: Int = 0, sample: Int,
        promptTokens: [Int32], tokens: [Int32], text: String, isTruncated: Bool
    ) {
        self.arm = arm
        self.question = question
        self.category = category
        self.paraphrase = paraphrase
        self.sample = sample
        self.promptTokens = promptTokens
        self.tokens = tokens
        self.text = text
        self.isTruncated = isTruncated
    }
}
