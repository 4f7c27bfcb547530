public import Corpora

/// What is asked: a conversation and how to answer it. The same request has the same answer in the store; what should
/// be answered anew has another ``draw``.
public struct ChatRequest: Hashable, Sendable {
    /// An answer in JSON that fits a schema. Servers that have it are held to it; from others the JSON is taken out of
    /// the text, so the prompt must ask for it in either case.
    public struct Schema: Hashable, Sendable {
        /// Letters, digits, `_` and `-`, at most 64.
        public var name: String
        /// A JSON Schema whose root is an object.
        public var schema: JSONValue

        public init(name: String, schema: JSONValue) {
            self.name = name
            self.schema = schema
        }
    }

    public var messages: [ChatMessage]
    /// Tokens of the answer at most, reasoning included.
    public var maxTokens: Int
    /// None: the server's own.
    public var temperature: Double?
    public var topP: Double?
    public var seed: Int?
    /// The answer ends before any of these.
    public var stop: [String]
    /// Log-probabilities of the answer's tokens, each with this many alternatives (0...20); none: not wanted. An
    /// endpoint that gives fewer is asked for as many as it gives.
    public var topLogprobs: Int?
    public var schema: Schema?
    /// Which of several answers to the same request. It isn't sent: it tells apart what the store keeps.
    public var draw: Int

    public init(
        _ messages: [ChatMessage], maxTokens: Int, temperature: Double? = nil, topP: Double? = nil, seed: Int? = nil,
        stop: [String] = [], topLogprobs: Int? = nil, schema: Schema? = nil, draw: Int = 0
    ) {
        self.messages = messages
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
        self.stop = stop
        self.topLogprobs = topLogprobs
        self.schema = schema
        self.draw = draw
    }

    /// What is wrong with the request, all of it.
    public var mistakes: [String] {
        var found: [String] = []
        func check(_ holds: Bool, _ mistake: @autoclosure () -> String) { if !holds { found.append(mistake()) } }
        check(!messages.isEmpty, "there are no messages")
        check(messages.last?.role != .system, "the last message is the system's: nothing is asked")
        check((1...1_000_000).contains(maxTokens), "maxTokens is \(maxTokens), not 1 to 1,000,000")
        if let temperature { check((0...2).contains(temperature), "temperature is \(temperature), not 0 to 2") }
        if let topP { check(topP > 0 && topP <= 1, "topP is \(topP), not above 0 and at most 1") }
        if let topLogprobs { check((0...20).contains(topLogprobs), "topLogprobs is \(topLogprobs), not 0 to 20") }
        check(stop.allSatisfy { !$0.isEmpty }, "a stop text is empty")
        check(stop.count <= 16, "there are \(stop.count) stop texts, more than 16")
        check(draw >= 0, "draw is \(draw), less than 0")
        if let schema {
            let isName = schema.name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                    || (byte < 0x80 && Character(Unicode.Scalar(byte)).isLetter)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
            check(
                isName && (1...64).contains(schema.name.utf8.count),
                "the schema's name \"\(schema.name.prefix(80))\" is not 1 to 64 letters, digits, _ and -")
            check(schema.schema.object != nil && schema.schema.isFinite, "the schema is not a JSON object")
        }
        return found
    }
}
