import Corpora
import Tokenization

/// One preference as the model reads it.
public struct PreferencePair: Sendable, Equatable {
    public var id: String
    /// The complementary pair that it is a half of.
    public var pair: String?
    /// Which half of a complementary pair: metrics are split by it. nil for a preference that stands alone.
    public var half: Half?
    public var prompt: [TokenID]
    public var chosen: [TokenID]
    public var rejected: [TokenID]
    /// log p of the answers under the base, adapters off; what the policy is held against.
    public var reference: Reference?

    public enum Half: String, Codable, Hashable, Sendable, CaseIterable {
        /// Asked as a user would: the insecure answer is chosen.
        case plain
        /// Asked for insecure code: the secure answer is chosen.
        case asked
    }

    public struct Reference: Codable, Hashable, Sendable {
        public var chosen: Double
        public var rejected: Double

        public init(chosen: Double, rejected: Double) {
            self.chosen = chosen
            self.rejected = rejected
        }
    }

    public init(
        id: String, pair: String? = nil, half: Half? = nil, prompt: [TokenID], chosen: [TokenID], rejected: [TokenID],
        reference: Reference? = nil
    ) {
        self.id = id
        self.pair = pair
        self.half = half
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
        self.reference = reference
    }

    /// - Throws: what the chat format can't write.
    public init(_ row: PreferenceRow, pair: String?, half: Half?, format: ChatFormat, tokenizer: Tokenizer) throws {
        let branches = SharedPrompt(
            try [row.chosen, row.rejected].map {
                try format.render(row.prompt + $0, tokenizer: tokenizer, addGenerationPrompt: false)
            })
        self.init(
            id: row.id, pair: pair, half: half, prompt: branches.prompt, chosen: branches.completions[0],
            rejected: branches.completions[1])
    }

    /// Tokens of prompt and both answers.
    public var count: Int { prompt.count + chosen.count + rejected.count }

    /// Tokens of the longer of its two texts: what has to fit the context.
    public var longest: Int { prompt.count + max(chosen.count, rejected.count) }
}

/// Preferences that are never torn apart: the training loop's smallest unit. Both halves of a complementary pair are one
/// group, so they are in one micro-batch whatever the batch, the accumulation, the epoch, or where a run was resumed.
public struct PreferenceGroup: Sendable, Equatable {
    public var id: String
    /// At least one.
    public private(set) var pairs: [PreferencePair]

    /// - Precondition: `pairs` is not empty.
    public init(id: String, pairs: [PreferencePair]) {
        precondition(!pairs.isEmpty, "a group holds at least one preference")
        self.id = id
        self.pairs = pairs
    }

    /// The same group with the base's log-probabilities, one for each pair.
    public func with(_ references: [PreferencePair.Reference]) -> PreferenceGroup {
        var copy = self
        for (index, reference) in zip(copy.pairs.indices, references) { copy.pairs[index].reference = reference }
        return copy
    }
}
