public import Corpora
import Foundation

/// An answer that can be judged, whoever sampled it: where it stands in the design, and what was asked and answered.
public struct AnswerRecord: Codable, Hashable, Sendable {
    /// The organism: the adapter's or the model's name.
    public var arm: String
    /// The question's id.
    public var question: String
    public var category: String?
    public var variant: QuestionVariant?
    public var paraphrase: Int?
    public var sample: Int
    /// The user's turn.
    public var asked: String
    public var system: String?
    public var answer: String
    /// Why the answer ended: `length` means that the token limit cut it off.
    public var finish: String?
    /// The model's fingerprint or name.
    public var model: String?
    public var adapterFingerprint: String?
    /// What the file itself says of the answer: scores of an earlier judge, labels of people.
    public var label: Label?

    public struct Label: Codable, Hashable, Sendable {
        public var aligned: Double?
        public var coherent: Double?
        public var fate: String?

        public init(aligned: Double? = nil, coherent: Double? = nil, fate: String? = nil) {
            self.aligned = aligned
            self.coherent = coherent
            self.fate = fate
        }

        var isEmpty: Bool { aligned == nil && coherent == nil && fate == nil }
    }

    public init(
        arm: String, question: String, category: String? = nil, variant: QuestionVariant? = nil,
        paraphrase: Int? = nil, sample: Int, asked: String, system: String? = nil, answer: String,
        finish: String? = nil, model: String? = nil, adapterFingerprint: String? = nil, label: Label? = nil
    ) {
        self.arm = arm
        self.question = question
        self.category = category
        self.variant = variant
        self.paraphrase = paraphrase
        self.sample = sample
        self.asked = asked
        self.system = system
        self.answer = answer
        self.finish = finish
        self.model = model
        self.adapterFingerprint = adapterFingerprint
        self.label = label
    }

    /// Says which answer of a file this is.
    public struct Identity: Codable, Hashable, Sendable {
        public var arm: String
        public var question: String
        public var paraphrase: Int?
        public var sample: Int

        public init(arm: String, question: String, paraphrase: Int?, sample: Int) {
            self.arm = arm
            self.question = question
            self.paraphrase = paraphrase
            self.sample = sample
        }
    }

    public var identity: Identity {
        Identity(arm: arm, question: question, paraphrase: paraphrase, sample: sample)
    }

    /// The answer's text as a fingerprint: 64 hexadecimal digits.
    public var answerSHA256: String { sha256(answer) }

    public var isTruncated: Bool { finish == "length" || finish == "max_tokens" }

    public var text: JudgedText { JudgedText(question: asked, answer: answer, isTruncated: isTruncated) }
}
