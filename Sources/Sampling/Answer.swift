/// What is asked: the exact tokens that the model sees.
public struct Prompt: Hashable, Sendable {
    public var id: String
    public var tokens: [Int32]

    public init(id: String, tokens: [Int32]) {
        self.id = id
        self.tokens = tokens
    }
}

/// One answer, with what there is to know of how it came about.
public struct Answer: Hashable, Sendable {
    public enum Finish: String, Codable, Hashable, Sendable {
        /// The model ended it.
        case stop
        /// It was cut at the length limit.
        case length
    }

    /// Index of the prompt, and of the adapter among those that were asked together.
    public var prompt: Int
    public var adapter: Int
    /// Which of the n samples.
    public var sample: Int
    /// Without the token that ended it.
    public var tokens: [Int32]
    /// log p of each token under the plain softmax, whatever the temperature.
    public var logprobs: [Float]
    public var finish: Finish
    /// What else might have come in the place of each token, where the settings want to know.
    public var top: [[TokenChance]]
    /// The token that ended it.
    public var end: TokenChance?
    /// What else might have come in the place of ``end``.
    public var endTop: [TokenChance]

    public init(
        prompt: Int, adapter: Int, sample: Int, tokens: [Int32], logprobs: [Float], finish: Finish,
        top: [[TokenChance]] = [], end: TokenChance? = nil, endTop: [TokenChance] = []
    ) {
        self.prompt = prompt
        self.adapter = adapter
        self.sample = sample
        self.tokens = tokens
        self.logprobs = logprobs
        self.finish = finish
        self.top = top
        self.end = end
        self.endTop = endTop
    }
}

/// A token and its log-probability under the plain softmax.
public struct TokenChance: Hashable, Sendable {
    public var token: Int32
    public var logprob: Float

    public init(token: Int32, logprob: Float) {
        self.token = token
        self.logprob = logprob
    }
}
