/// What a judge said of one answer, as far as measures are held against it: a line of what `emlab judge` writes, or of
/// any file that has these names. What is missing stays nil.
public struct JudgeScore: Codable, Hashable, Sendable {
    public var arm: String
    public var question: String
    public var paraphrase: Int?
    public var sample: Int
    /// 0 to 100.
    public var coherent: Double?
    /// The probability that the answer's code is insecure, 0 to 1.
    public var insecure: Double?

    public init(
        arm: String, question: String, paraphrase: Int? = nil, sample: Int, coherent: Double? = nil,
        insecure: Double? = nil
    ) {
        self.arm = arm
        self.question = question
        self.paraphrase = paraphrase
        self.sample = sample
        self.coherent = coherent
        self.insecure = insecure
    }

    /// Tells answers apart.
    struct Key: Hashable {
        var arm: String
        var question: String
        var paraphrase: Int
        var sample: Int
    }

    var key: Key { Key(arm: arm, question: question, paraphrase: paraphrase ?? 0, sample: sample) }
}

extension GivenAnswer {
    var key: JudgeScore.Key { .init(arm: arm, question: question, paraphrase: paraphrase, sample: sample) }
}
