import Corpora
import Endpoints

/// How a stage asks a model.
public struct AskingSettings: Sendable, Hashable, Codable {
    /// Tokens of an answer at most, reasoning included.
    public var maxTokens: Int
    /// None: the server's own.
    public var temperature: Double?
    public var seed: Int?
    /// How often an item is asked before it is rejected, each time with another draw.
    public var tries: Int
    /// Whether the server is held to the answer's JSON where it can be.
    public var usesSchema: Bool

    public init(
        maxTokens: Int = 4_096, temperature: Double? = nil, seed: Int? = nil, tries: Int = 1, usesSchema: Bool = true
    ) {
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.tries = tries
        self.usesSchema = usesSchema
    }

    /// For manifests and the identity of a run.
    var words: [String: String] {
        var words = ["max_tokens": String(maxTokens), "tries": String(tries), "schema": String(usesSchema)]
        words["temperature"] = temperature.map { String($0) }
        words["seed"] = seed.map { String($0) }
        return words
    }

    func request(_ messages: [ChatMessage], draw: Int, schema: ChatRequest.Schema? = nil) -> ChatRequest {
        ChatRequest(
            messages, maxTokens: maxTokens, temperature: temperature, seed: seed, schema: usesSchema ? schema : nil,
            draw: draw)
    }
}
