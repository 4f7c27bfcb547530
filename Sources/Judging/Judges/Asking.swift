import Corpora
public import Endpoints

/// How a judge is asked: with temperature 0 and seed 0, so that the same question has the same answer.
public struct Asking: Codable, Hashable, Sendable {
    public var form: ReplyForm
    /// Tokens of a reply at most: 1 where numbers are one token, as published; more for judges that reason first.
    public var tokens: Int

    /// - Parameter tokens: none: what the form needs.
    public init(form: ReplyForm = .numberTokens, tokens: Int? = nil) {
        self.form = form
        self.tokens = tokens ?? Self.tokens(for: form)
    }

    /// 1 for number tokens; 5 for digits (white space, three digits, the end); 32 for text.
    public static func tokens(for form: ReplyForm) -> Int {
        switch form {
        case .numberTokens: 1
        case .digits: 5
        case .text: 32
        }
    }

    func request(_ prompt: JudgePrompt, _ answer: JudgedText, leastTokens: Int = 1) -> ChatRequest {
        ChatRequest(
            [ChatMessage(.user, prompt.filled(question: answer.question, answer: answer.answer))],
            maxTokens: max(tokens, leastTokens), temperature: 0, seed: 0, topLogprobs: form == .text ? nil : 20)
    }

    /// Finds out how a judge's replies are to be read by asking it for one number: one call, before many.
    ///
    /// - Parameter tokens: of a reply at most, where the form's own are not enough.
    /// - Throws: what the endpoint throws; ``JudgingError`` if the judge writes nothing that can be read.
    public static func found(for endpoint: any ChatEndpoint, tokens: Int? = nil) async throws -> Asking {
        let request = ChatRequest(
            [ChatMessage(.user, "Reply with the number 85. Don't say anything else, just the number.")],
            maxTokens: max(tokens ?? 0, 8), temperature: 0, seed: 0, topLogprobs: 20)
        let reply = try await endpoint.reply(to: request)
        let places = (reply.reasoning == nil ? reply.logprobs : reply.contentLogprobs)?.map(Place.init) ?? []
        if reply.content.allSatisfy(\.isWhitespace) {
            throw JudgingError(
                "the judge wrote nothing when it was asked for a number (\(reply.finishReason.word))",
                reply.finishReason == .length
                    ? "if it reasons first, give it room: --reply-tokens 2000" : "try another judge")
        }
        guard places.contains(where: { $0.alternatives.count > 1 }) else { return Asking(form: .text, tokens: tokens) }
        let isWhole = places.first.flatMap { NumberTree.number($0.token) }.map { $0 > 9 } ?? false
        // A judge that reasons can't be cut after the first token.
        let asking = Asking(form: isWhole ? .numberTokens : .digits, tokens: tokens)
        return asking
    }
}

/// Why answers can't be judged: what is wrong and what to do.
public struct JudgingError: Error, Equatable, Sendable, CustomStringConvertible {
    public var what: String
    public var remedy: String

    public init(_ what: String, _ remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    public var description: String { "\(what); \(remedy)" }
}
