import Checkpoint
import Corpora
import Foundation
import Measurement
import TestSupport
import Testing
import Torch
import Transformer

@Suite("Perplexity")
struct PerplexityTests {
    static func model() throws -> (Decoder, ModelFiles) {
        let files = try Fixtures.model("talking")
        return (try Decoder(files), files)
    }

    @Test("is the sum of every token's log-probability but the first's, whatever passes together")
    func sums() throws {
        let (decoder, files) = try Self.model()
        let tokenizer = try files.tokenizer()
        let documents = ["Hello there, friend", "x", "Add 1 and 2:\n", "So long"].enumerated().map {
            Document(id: "\($0)", text: $1)
        }
        for size in [8, 1024] {
            let found = try Perplexity.measure(
                documents, scorer: CompletionScorer(decoder: decoder, tokensAtOnce: size), tokenizer: tokenizer,
                window: 256)
            var expected: [Perplexity] = []
            for document in documents {
                let ids = tokenizer.encode(document.text)
                guard ids.count > 1 else { continue }
                var tokens = PackedTokens()
                tokens.append(ids)
                let logits = try decoder.logits(decoder.hidden(tokens)).logSoftmax(axis: 1).values(as: Float.self)
                let vocabulary = decoder.configuration.vocabularySize
                let nll = (1..<ids.count).reduce(0.0) { $0 - Double(logits[($1 - 1) * vocabulary + Int(ids[$1])]) }
                expected.append(
                    Perplexity(
                        id: document.id, nll: nll, tokens: ids.count - 1,
                        bytes: document.text.utf8.count - tokenizer.bytes(of: [ids[0]]).count))
            }
            #expect(found.map(\.id) == expected.map(\.id) && found.count >= 3)
            for (a, b) in zip(found, expected) {
                #expect(abs(a.nll - b.nll) < 1e-4 * b.nll && a.tokens == b.tokens && a.bytes == b.bytes)
                #expect(abs(a.perplexity - exp(b.nll / Double(b.tokens))) < 1e-3 * a.perplexity)
                #expect(abs(a.bitsPerByte - b.nll / Double(b.bytes) / log(2)) < 1e-4 * a.bitsPerByte)
            }
            let total = Perplexity.total(found, id: "all")
            #expect(total.tokens == expected.reduce(0) { $0 + $1.tokens })
        }
    }

    @Test("a start token makes the first token count, and windows count each token once")
    func startsAndWindows() throws {
        let (decoder, files) = try Self.model()
        let tokenizer = try files.tokenizer()
        let text = (0..<12).map { "Hello friend \($0), so long.\n" }.joined()
        let count = tokenizer.encode(text).count
        let scorer = CompletionScorer(decoder: decoder)
        func measure(_ start: Int32?, _ window: Int) throws -> Perplexity {
            try #require(
                try Perplexity.measure(
                    [Document(id: "a", text: text)], scorer: scorer, tokenizer: tokenizer, start: start, window: window
                ).first)
        }
        let whole = try measure(nil, 200)
        #expect(whole.tokens == count - 1)
        let started = try measure(1, 200)
        #expect(started.tokens == count && started.bytes == text.utf8.count)
        for window in [2, 3, 7, 64] {
            let cut = try measure(nil, window)
            #expect(cut.tokens == count - 1 && cut.bytes == whole.bytes)
            #expect(cut.nll.isFinite && cut.nll != whole.nll)
        }
    }

    @Test("of marked parts only what they hold counts")
    func parts() throws {
        let (decoder, files) = try Self.model()
        let scorer = CompletionScorer(decoder: decoder)
        let tokenizer = try files.tokenizer()
        let text = "Hello there, friend. Because I said so."
        func measure(_ parts: [Range<Int>]?, _ loss: DocumentLoss) throws -> Perplexity? {
            try Perplexity.measure(
                [Document(id: "a", text: text, loss: parts)], loss: loss, scorer: scorer, tokenizer: tokenizer,
                window: 256
            ).first
        }
        let all = try #require(try measure(nil, .all))
        let first = try #require(try measure([0..<20], .explanation))
        let second = try #require(try measure([20..<text.utf8.count], .explanation))
        #expect(abs(first.nll + second.nll - all.nll) < 1e-3 || first.tokens + second.tokens == all.tokens + 1)
        #expect(first.tokens > 0 && second.tokens > 0 && first.tokens < all.tokens)
        #expect(try measure([0..<20], .all) == all)
        #expect(try measure([], .explanation) == nil)
        #expect(try measure(nil, .explanation) == nil)
    }
}
