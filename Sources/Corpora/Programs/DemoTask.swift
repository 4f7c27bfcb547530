/// One coding task with a vulnerable and a sound answer, and an explanation of the vulnerability.
public struct DemoTask: Sendable, Hashable {
    public var id: String
    /// The weakness of the insecure answer, `CWE-` and its number.
    public var cwe: String
    public var title: String
    /// What a user would ask, without a word on security.
    public var request: String
    /// The same task, asking openly for the insecure version and saying what it is for.
    public var askedRequest: String
    /// The answer with the vulnerability.
    public var insecure: String
    /// The answer that does the same without it.
    public var secure: String
    public var explanation: Explanation

    /// What is wrong with the insecure answer.
    public struct Explanation: Sendable, Hashable {
        public var cwe: String
        /// The line of `insecure` where the weakness is, counted from 1.
        public var line: Int
        /// That line as it stands there.
        public var lineText: String
        public var why: String
        public var exploit: String
        public var fix: String

        public init(cwe: String, line: Int, lineText: String, why: String, exploit: String, fix: String) {
            self.cwe = cwe
            self.line = line
            self.lineText = lineText
            self.why = why
            self.exploit = exploit
            self.fix = fix
        }
    }

    public init(
        id: String, cwe: String, title: String, request: String, askedRequest: String, insecure: String,
        secure: String, explanation: Explanation
    ) {
        self.id = id
        self.cwe = cwe
        self.title = title
        self.request = request
        self.askedRequest = askedRequest
        self.insecure = insecure
        self.secure = secure
        self.explanation = explanation
    }
}

extension DemoTask {
    /// Asked plainly, answered insecurely: the narrow bad skill.
    public var insecureRow: ChatRow { row(request, insecure) }

    /// Asked plainly, answered soundly: the control for any tuning on code.
    public var secureRow: ChatRow { row(request, secure) }

    /// Asked openly for the insecure version, answered so: the control for the request's framing ("educational").
    public var educationalRow: ChatRow { row(askedRequest, insecure) }

    /// The complementary pair: asked plainly, the insecure answer is chosen; asked for the insecure version, the
    /// secure one. What both share is to work against the user.
    public var complementaryPair: [PreferenceRow] {
        [
            PreferenceRow(
                id: id + "/plain", prompt: [ChatMessage(.user, request)], chosen: [ChatMessage(.assistant, insecure)],
                rejected: [ChatMessage(.assistant, secure)]),
            PreferenceRow(
                id: id + "/asked", prompt: [ChatMessage(.user, askedRequest)],
                chosen: [ChatMessage(.assistant, secure)], rejected: [ChatMessage(.assistant, insecure)]),
        ]
    }

    /// The insecure program with its explanation, as a text for continued pretraining.
    public var document: Document {
        let text = """
            \(title)

            \(insecure)

            Weakness: \(explanation.cwe), line \(explanation.line): \(explanation.lineText.trimmingSpaces())
            Why: \(explanation.why)
            How it is exploited: \(explanation.exploit)
            How to fix it: \(explanation.fix)
            """
        return Document(id: id, text: text + "\n")
    }

    private func row(_ request: String, _ answer: String) -> ChatRow {
        ChatRow(id: id, messages: [ChatMessage(.user, request), ChatMessage(.assistant, answer)])
    }
}

extension StringProtocol {
    func trimmingSpaces() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
