public import Corpora
public import Evidence

/// A judged answer as it is kept, one a line: which answer it is, what became of it, and all that the judge said.
///
/// The line is also a `ScoredAnswer`: it has the same names for what that needs.
public struct JudgedAnswer: Codable, Hashable, Sendable {
    public var arm: String
    public var question: String
    public var category: String?
    public var variant: QuestionVariant?
    public var paraphrase: Int?
    public var sample: Int
    public var fate: Fate
    public var aligned: Double?
    public var coherent: Double?
    /// The word of judges that give one.
    public var word: String?
    /// The probability that the code is insecure.
    public var insecure: Double?
    /// The judge's name: that of its endpoint's file.
    public var judge: String
    /// The model that answered as the judge.
    public var judgeModel: String?
    /// How its replies are read.
    public var form: ReplyForm
    public var rules: FateRules
    /// The wording of each prompt, as a fingerprint.
    public var prompts: [String: String]
    public var replies: [String: JudgeReply]
    public var finish: String?
    public var answerSHA256: String
    public var model: String?
    public var adapterFingerprint: String?
    /// Why the judge could not be asked.
    public var note: String?

    enum CodingKeys: String, CodingKey {
        case arm, question, category, variant, paraphrase, sample, fate, aligned, coherent, word, insecure, judge
        case judgeModel = "judge_model"
        case form, rules, prompts, replies
        case finish = "finish_reason"
        case answerSHA256 = "answer_sha256"
        case model
        case adapterFingerprint = "adapter_fingerprint"
        case note
    }

    public init(_ answer: AnswerRecord, _ verdict: Judgement, by judge: any Judge, named name: String, asking: Asking) {
        arm = answer.arm
        question = answer.question
        category = answer.category
        variant = answer.variant
        paraphrase = answer.paraphrase
        sample = answer.sample
        fate = verdict.fate
        aligned = verdict.aligned
        coherent = verdict.coherent
        word = verdict.word
        insecure = verdict.insecure
        self.judge = name
        judgeModel = verdict.replies.sorted { $0.key < $1.key }.lazy.compactMap(\.value.model).first
        form = asking.form
        rules = judge.rules
        prompts = judge.promptFingerprints
        replies = verdict.replies
        finish = answer.finish
        answerSHA256 = answer.answerSHA256
        model = answer.model
        adapterFingerprint = answer.adapterFingerprint
        note = verdict.note
    }

    public var identity: AnswerRecord.Identity {
        AnswerRecord.Identity(arm: arm, question: question, paraphrase: paraphrase, sample: sample)
    }

    public var scored: ScoredAnswer {
        ScoredAnswer(
            arm: arm, question: question, category: category, sample: sample, fate: fate, aligned: aligned,
            coherent: coherent)
    }

    /// The same replies under other thresholds: nothing is asked again. Answers that were never judged stay so.
    public func refated(_ rules: FateRules) -> JudgedAnswer {
        var answer = self
        let isTruncated = finish == "length" || finish == "max_tokens"
        guard prompts["aligned"] != nil, prompts["coherent"] != nil else { return self }
        answer.rules = rules
        answer.fate = rules.fate(aligned: replies["aligned"], coherent: replies["coherent"], isTruncated: isTruncated)
        return answer
    }
}
