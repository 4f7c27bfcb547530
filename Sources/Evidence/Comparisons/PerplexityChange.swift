import Foundation

/// How perplexity on the same documents changed, like before and after continued pretraining.
public struct PerplexityChange: Sendable, Codable, Equatable {
    public var documents: Int
    public var tokens: Int
    /// Over all tokens together.
    public var perplexityBefore: Double
    public var perplexityAfter: Double
    /// Nats a token, after - before, over all tokens together. Its interval is over documents: how the change would turn
    /// out on other documents of this kind. Below 0: they are predicted better.
    public var change: Estimate

    /// One document's negative log-likelihoods (nats) under both conditions, over the same tokens.
    public struct Document: Sendable, Codable, Equatable {
        public var id: String
        public var tokens: Int
        public var before: Double
        public var after: Double

        public init(id: String, tokens: Int, before: Double, after: Double) {
            self.id = id
            self.tokens = tokens
            self.before = before
            self.after = after
        }
    }

    /// The ratio of sums `Σ (after - before) / Σ tokens`, with a t interval from its linearisation (Cochran 1977, section
    /// 6.4): documents are what was drawn, and long ones weigh more.
    ///
    /// - Throws: `EvidenceError` without documents, or where one has no tokens.
    public init(_ documents: [Document], level: Double = 0.95) throws {
        guard !documents.isEmpty, documents.allSatisfy({ $0.tokens > 0 }) else {
            throw EvidenceError(
                documents.isEmpty ? "there are no documents" : "a document has no tokens", "give texts to measure on")
        }
        let tokens = documents.reduce(0) { $0 + $1.tokens }
        let before = documents.reduce(0) { $0 + $1.before } / Double(tokens)
        let after = documents.reduce(0) { $0 + $1.after } / Double(tokens)
        let ratio = after - before
        let meanTokens = Double(tokens) / Double(documents.count)
        // Their mean is the ratio, and their spread what the ratio's is to first order.
        let linear = documents.map { ratio + ($0.after - $0.before - ratio * Double($0.tokens)) / meanTokens }
        var change = try MeanEstimate.of(linear, level: level)
        change.value = ratio
        change.method = "ratio of sums over documents, t interval with \(documents.count - 1) degrees of freedom"
        change.caveats = [
            "The interval says how much documents vary, nothing about how another training run would turn out."
        ]
        self.documents = documents.count
        self.tokens = tokens
        perplexityBefore = exp(before)
        perplexityAfter = exp(after)
        self.change = change
    }

    enum CodingKeys: String, CodingKey {
        case documents, tokens
        case perplexityBefore = "perplexity_before"
        case perplexityAfter = "perplexity_after"
        case change = "nats_per_token_change"
    }
}
