/// An answer: its text apart from the reasoning before it, how it ended, what it used and what it cost.
public struct ChatReply: Equatable, Sendable {
    /// What the model says, without its reasoning.
    public var content: String
    /// What it thought first: the server's own field, or a `<think>` block.
    public var reasoning: String?
    /// The server's own word that the model won't answer (OpenAI's `refusal`).
    public var refusal: String?
    public var finishReason: FinishReason
    /// The model that the server says answered.
    public var model: String?
    public var usage: Usage?
    /// Of all tokens the server lists, reasoning included where it comes with the answer; none where it gives none.
    public var logprobs: [TokenLogprob]?
    /// By the configuration's prices; none where price or usage is unknown.
    public var cost: Double?
    /// True if it came from the store: nothing was sent, nothing is paid.
    public var isStored: Bool
    /// The call's name in the store.
    public var key: String?

    public init(
        content: String, reasoning: String? = nil, refusal: String? = nil, finishReason: FinishReason = .stop,
        model: String? = nil, usage: Usage? = nil, logprobs: [TokenLogprob]? = nil, cost: Double? = nil,
        isStored: Bool = false, key: String? = nil
    ) {
        self.content = content
        self.reasoning = reasoning
        self.refusal = refusal
        self.finishReason = finishReason
        self.model = model
        self.usage = usage
        self.logprobs = logprobs
        self.cost = cost
        self.isStored = isStored
        self.key = key
    }

    /// The JSON object in the answer, if there is one: see ``EmbeddedJSON``.
    public var object: JSONValue? { EmbeddedJSON.object(in: content) }

    /// The log-probabilities of ``content`` alone, from the token it starts in; none if the tokens don't spell it.
    public var contentLogprobs: [TokenLogprob]? {
        guard let logprobs else { return nil }
        guard !content.isEmpty else { return [] }
        let wanted = [UInt8](content.utf8)
        var spelt: [UInt8] = []
        // Where each token starts in what they spell.
        var starts: [Int] = []
        for token in logprobs {
            starts.append(spelt.count)
            spelt.append(contentsOf: token.spelling)
        }
        guard spelt.count >= wanted.count else { return nil }
        // From the end: what is repeated in the reasoning is not the answer.
        var start = spelt.count - wanted.count
        while !spelt[start..<start + wanted.count].elementsEqual(wanted) {
            // Behind the answer come white space and end-of-turn tokens only.
            guard start > 0, spelt.count - start - wanted.count < 64 else { return nil }
            start -= 1
        }
        guard let first = starts.lastIndex(where: { $0 <= start }) else { return nil }
        return Array(logprobs[first...])
    }
}

/// Why an answer ended.
public enum FinishReason: Hashable, Sendable {
    /// The model was done.
    case stop
    /// The token limit cut it off.
    case length
    case contentFilter
    case toolCalls
    /// Another word, or an empty one where the server gives none.
    case other(String)

    public init(_ word: String) {
        self =
            switch word {
            case "stop", "eos", "eos_token", "end_turn": .stop
            case "length", "max_tokens": .length
            case "content_filter": .contentFilter
            case "tool_calls", "function_call": .toolCalls
            default: .other(word)
            }
    }

    public var word: String {
        switch self {
        case .stop: "stop"
        case .length: "length"
        case .contentFilter: "content_filter"
        case .toolCalls: "tool_calls"
        case .other(let word): word
        }
    }
}

/// Tokens of a call as the server counts them.
public struct Usage: Codable, Hashable, Sendable {
    public var promptTokens: Int
    /// Reasoning included.
    public var completionTokens: Int
    /// Those of the prompt that the server had in its cache.
    public var cachedPromptTokens: Int
    /// Those of the completion that were reasoning.
    public var reasoningTokens: Int

    public var totalTokens: Int { promptTokens &+ completionTokens }

    public init(promptTokens: Int, completionTokens: Int, cachedPromptTokens: Int = 0, reasoningTokens: Int = 0) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedPromptTokens = cachedPromptTokens
        self.reasoningTokens = reasoningTokens
    }
}

/// One token of an answer with its natural log-probability and what else might have come.
public struct TokenLogprob: Hashable, Sendable {
    public struct Alternative: Hashable, Sendable {
        public var token: String
        public var logprob: Double

        public init(token: String, logprob: Double) {
            self.token = token
            self.logprob = logprob
        }
    }

    public var token: String
    public var logprob: Double
    /// The token's bytes where the server gives them: a token may be part of a character.
    public var bytes: [UInt8]?
    /// The likeliest tokens at this place, as the server orders them.
    public var top: [Alternative]

    public init(token: String, logprob: Double, bytes: [UInt8]? = nil, top: [Alternative] = []) {
        self.token = token
        self.logprob = logprob
        self.bytes = bytes
        self.top = top
    }

    var spelling: [UInt8] { bytes ?? [UInt8](token.utf8) }
}
