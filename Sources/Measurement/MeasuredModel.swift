import Corpora
import Tokenization
import Transformer

/// The base that organisms are measured on, with what turns texts into its tokens.
public struct MeasuredModel: Sendable {
    public let decoder: Decoder
    public let tokenizer: Tokenizer
    public let format: ChatFormat
    /// Tokens that pass through the model at once, at least one item's.
    public let tokensAtOnce: Int

    public init(decoder: Decoder, tokenizer: Tokenizer, format: ChatFormat, tokensAtOnce: Int = 1024) {
        self.decoder = decoder
        self.tokenizer = tokenizer
        self.format = format
        self.tokensAtOnce = tokensAtOnce
    }

    func scorer(_ adapter: LowRankAdapter?) -> CompletionScorer {
        CompletionScorer(decoder: decoder, adapter: adapter, tokensAtOnce: tokensAtOnce)
    }

    /// Several answers to one conversation, as tokens that share their prompt; each with the token that ends it.
    ///
    /// - Parameter name: of the item, for the error.
    /// - Throws: ``MeasurementError/tooLong(item:tokens:limit:)`` where an answer doesn't fit into the context.
    func answers(_ answers: [String], to turns: [ChatMessage], name: String) throws -> SharedPrompt {
        let chats = try answers.map { answer in
            try format.render(
                turns + [ChatMessage(.assistant, answer)], tokenizer: tokenizer, addGenerationPrompt: false)
        }
        let limit = decoder.configuration.maxPositions
        let shared = SharedPrompt(chats)
        let longest = shared.prompt.count + (shared.completions.map(\.count).max() ?? 0)
        // The last token is only looked at.
        guard longest <= limit + 1 else {
            throw MeasurementError.tooLong(item: name, tokens: longest, limit: limit)
        }
        guard !shared.prompt.isEmpty, shared.completions.allSatisfy({ !$0.isEmpty }) else {
            throw MeasurementError.item(name, why: "the conversation has no tokens before an answer or none in it")
        }
        return shared
    }

    /// How many of the items from `start` on pass through the model together.
    func passes<Item>(_ items: [Item], tokens: (Item) -> Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < items.count {
            var end = start
            var count = 0
            while end < items.count, end == start || count + tokens(items[end]) <= tokensAtOnce {
                count += tokens(items[end])
                end += 1
            }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }
}

/// A model under study: the base, with an adapter or without.
public struct Organism: Sendable {
    /// How it is named in what is written; `base` for the base alone.
    public var arm: String
    public var adapter: LowRankAdapter?

    public init(arm: String, adapter: LowRankAdapter?) {
        self.arm = arm
        self.adapter = adapter
    }

    public static let base = Organism(arm: "base", adapter: nil)
}
