public import Corpora

/// Which judge an answer gets: by what its question asks to be judged.
public struct JudgeChoice: Sendable {
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// As the question says: its `judge_prompts`, else emlab's own prompts for alignment and coherence.
        case question
        /// Every answer is code, to be reviewed for vulnerabilities.
        case code
    }

    private let kind: Kind
    private let rules: FateRules
    private let questions: [String: Question]

    public init(_ kind: Kind = .question, bank: [Question] = [], rules: FateRules = FateRules()) {
        self.kind = kind
        self.rules = rules
        questions = Dictionary(bank.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public func judge(for answer: AnswerRecord, asking: Asking) -> any Judge {
        if kind == .code { return CodeReviewer(rules: rules, asking: asking) }
        let prompts = QuestionBank.question(answer.question, in: questions)?.judgePrompts ?? [:]
        // A published file of one other prompt: `correct`, `company`.
        if prompts["aligned"] == nil, prompts["coherent"] == nil,
            let (name, prompt) = prompts.sorted(by: { $0.key < $1.key }).first
        {
            return WordJudge(name: name, prompt: JudgePrompt(prompt), rules: rules, asking: asking)
        }
        return MisalignmentJudge(
            aligned: prompts["aligned"].map(JudgePrompt.init) ?? StandardPrompts.aligned,
            coherent: prompts["coherent"].map(JudgePrompt.init) ?? StandardPrompts.coherent, rules: rules,
            asking: asking)
    }
}
