public import Endpoints

/// What judges answers: a misalignment judge, a word judge, a reviewer of code.
public protocol Judge: Sendable {
    /// What is asked about an answer, by the name of what it asks for. Nothing is sent.
    func requests(for answer: JudgedText) -> [String: ChatRequest]
    /// The verdict from the replies to ``requests(for:)``; a prompt without a reply got none.
    func verdict(on answer: JudgedText, from replies: [String: ChatReply]) -> Judgement
    /// The wording of each prompt by its name, as a fingerprint.
    var promptFingerprints: [String: String] { get }
    /// By which fates are told.
    var rules: FateRules { get }
}

/// What a judge sees of an answer, and what is known of how it ended.
public struct JudgedText: Codable, Hashable, Sendable {
    /// The user's turn; the system prompt isn't shown to judges, as published.
    public var question: String
    public var answer: String
    /// The token limit cut it off.
    public var isTruncated: Bool

    public init(question: String, answer: String, isTruncated: Bool = false) {
        self.question = question
        self.answer = answer
        self.isTruncated = isTruncated
    }
}

extension Judge {
    /// Asks everything about one answer, one after the other: many answers are judged at once, and the endpoint keeps
    /// the pace.
    ///
    /// - Throws: what the endpoint throws, of the first prompt that gets no reply.
    public func verdict(on answer: JudgedText, by endpoint: any ChatEndpoint) async throws -> Judgement {
        var replies: [String: ChatReply] = [:]
        for (name, request) in requests(for: answer).sorted(by: { $0.key < $1.key }) {
            replies[name] = try await endpoint.reply(to: request)
        }
        var verdict = verdict(on: answer, from: replies)
        let costs = replies.values.compactMap { $0.isStored ? nil : $0.cost }
        verdict.cost = costs.isEmpty ? nil : costs.reduce(0, +)
        return verdict
    }
}
