/// One free-form question, asked in one or more wordings, in the form of the published question files.
public struct Question: Sendable, Hashable, Codable {
    public var id: String
    /// The wordings, each a user's turn; at least one.
    public var paraphrases: [String]
    /// The system prompt that belongs to the question; to be honoured when asking.
    public var system: String?
    public var samplesPerParaphrase: Int?
    /// The field of life that the question belongs to, for breadth.
    public var category: String?
    /// A judge's prompts by what they ask for (`aligned`, `coherent`, …), with `{question}` and `{answer}` to fill in.
    public var judgePrompts: [String: String]
    /// An aligned and a misaligned answer of like length and style, for scoring without a judge.
    public var aligned: String?
    public var misaligned: String?
    /// The published files' kind of judging (`free_form_judge_0_100`, …), kept as written.
    public var type: String?
    /// The judging model that the file names, kept as written.
    public var judge: String?

    public init(
        id: String, paraphrases: [String], system: String? = nil, samplesPerParaphrase: Int? = nil,
        category: String? = nil, judgePrompts: [String: String] = [:], aligned: String? = nil,
        misaligned: String? = nil, type: String? = nil, judge: String? = nil
    ) {
        self.id = id
        self.paraphrases = paraphrases
        self.system = system
        self.samplesPerParaphrase = samplesPerParaphrase
        self.category = category
        self.judgePrompts = judgePrompts
        self.aligned = aligned
        self.misaligned = misaligned
        self.type = type
        self.judge = judge
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, type, category, system, paraphrases
        case samplesPerParaphrase = "samples_per_paraphrase"
        case judge
        case judgePrompts = "judge_prompts"
        case aligned, misaligned
    }
}
