import Corpora
import Foundation
import Tokenization
import Transformer

/// How well a model predicts a document: the sum of its tokens' negative log-probabilities, and what it is a sum over.
///
/// The first token is given, not predicted, unless a start token comes before it; its bytes don't count either. What ends
/// a document in training is not measured.
public struct Perplexity: Codable, Hashable, Sendable {
    public var id: String
    /// Negative log-likelihood in nats.
    public var nll: Double
    public var tokens: Int
    /// UTF-8 bytes that these tokens stand for.
    public var bytes: Int

    public init(id: String, nll: Double, tokens: Int, bytes: Int) {
        self.id = id
        self.nll = nll
        self.tokens = tokens
        self.bytes = bytes
    }

    /// Nats a token.
    public var perToken: Double { tokens > 0 ? nll / Double(tokens) : .nan }
    /// `exp` of the mean negative log-likelihood of a token.
    public var perplexity: Double { exp(perToken) }
    /// Compares models with different tokenizers.
    public var bitsPerByte: Double { bytes > 0 ? nll / Double(bytes) / log(2) : .nan }

    /// Over several documents, every token counting the same.
    public static func total(_ documents: [Perplexity], id: String) -> Perplexity {
        documents.reduce(Perplexity(id: id, nll: 0, tokens: 0, bytes: 0)) {
            Perplexity(id: id, nll: $0.nll + $1.nll, tokens: $0.tokens + $1.tokens, bytes: $0.bytes + $1.bytes)
        }
    }

    /// Measures documents, in their order; those in which no token counts are left out.
    ///
    /// A document longer than `window` tokens is read in windows that overlap by half: each token is counted once, with at
    /// least half a window before it.
    ///
    /// - Parameters:
    ///   - loss: `.explanation`: only tokens of the parts that documents mark.
    ///   - start: a token before each document, as in training.
    ///   - onDocuments: called with the number of documents done so far.
    public static func measure(
        _ documents: [Document], loss: DocumentLoss = .all, scorer: CompletionScorer, tokenizer: Tokenizer,
        start: TokenID? = nil, window: Int, onDocuments: (Int) throws -> Void = { _ in }
    ) throws -> [Perplexity] {
        var results: [Perplexity] = []
        for first in stride(from: 0, to: documents.count, by: 16) {
            let some = documents[first..<min(documents.count, first + 16)]
            let texts = some.map { tokenizer.encodeWithRanges($0.text) }
            let given = start.map { [$0] } ?? []
            let items = texts.map { windows(given + $0.ids, window: max(2, window)) }
            var logprobs = try scorer.logprobs(of: items.flatMap { $0 })[...]
            for ((document, text), windows) in zip(zip(some, texts), items) {
                let own = logprobs.prefix(windows.count).flatMap { $0[0] }
                logprobs = logprobs.dropFirst(windows.count)
                var found = Perplexity(id: document.id, nll: 0, tokens: 0, bytes: 0)
                for (logprob, place) in zip(own, (1 - given.count)...)
                where document.counts(text.ranges[place], for: loss) {
                    found.nll -= Double(logprob)
                    found.tokens += 1
                    found.bytes += text.ranges[place].count
                }
                if found.tokens > 0 { results.append(found) }
            }
            try onDocuments(first + some.count)
        }
        return results
    }

    /// Every token but the first as a completion, once.
    static func windows(_ tokens: [TokenID], window: Int) -> [CompletionScorer.Item] {
        var items: [CompletionScorer.Item] = []
        var next = 1
        while next < tokens.count {
            let first = max(0, next - (next == 1 ? 1 : window / 2))
            let end = min(tokens.count, first + window)
            items.append(.init(prompt: Array(tokens[first..<next]), completions: [Array(tokens[next..<end])]))
            next = end
        }
        return items
    }
}
