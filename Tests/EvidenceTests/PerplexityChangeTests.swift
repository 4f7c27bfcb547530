import Evidence
import Foundation
import RandomStreams
import Testing

@Suite("Change of perplexity")
struct PerplexityChangeTests {
    @Test("is over all tokens, with an interval over documents")
    func byHand() throws {
        let documents = [(10, 30.0, 25.0), (20, 50, 44), (5, 20, 19)].enumerated().map {
            PerplexityChange.Document(id: "\($0)", tokens: $1.0, before: $1.1, after: $1.2)
        }
        let found = try PerplexityChange(documents)
        #expect(found.documents == 3 && found.tokens == 35)
        #expect(abs(found.perplexityBefore - exp(100.0 / 35)) < 1e-9)
        #expect(abs(found.perplexityAfter - exp(88.0 / 35)) < 1e-9)
        // -12 / 35; residuals -5 + 24/7 = -11/7, -6 + 48/7 = 6/7, -1 + 12/7 = 5/7 over a mean of 35/3 tokens.
        let error = ((121.0 + 36 + 25) / 49 / 2 / 3).squareRoot() / (35.0 / 3)
        #expect(abs(found.change.value + 12.0 / 35) < 1e-12)
        #expect(abs(found.change.upper - found.change.value - 4.302652729911275 * error) < 1e-8)
    }

    @Test("its interval holds the truth as often as it says")
    func coverage() throws {
        var held = 0
        for trial in 0..<600 {
            var stream = RandomStream(seed: 11, purpose: "perplexity change", item: UInt64(trial))
            let documents = (0..<25).map { index in
                let tokens = 20 + stream.index(below: 200)
                // Each document has a change of its own a token around -0.1, more of it in long ones.
                let own = -0.1 + 0.2 * (stream.uniform() - 0.5)
                return PerplexityChange.Document(
                    id: "\(index)", tokens: tokens, before: 3 * Double(tokens), after: (3 + own) * Double(tokens))
            }
            let change = try PerplexityChange(documents).change
            if change.lower <= -0.1, -0.1 <= change.upper { held += 1 }
        }
        #expect(abs(Double(held) / 600 - 0.95) < 0.03, "\(held) of 600")
    }

    @Test("of one document there is no interval, of none no number")
    func few() throws {
        let one = try PerplexityChange([.init(id: "a", tokens: 4, before: 8, after: 6)])
        #expect(one.change.value == -0.5 && one.change.lower == -.infinity && one.change.upper == .infinity)
        #expect(throws: EvidenceError.self) { try PerplexityChange([]) }
        #expect(throws: EvidenceError.self) { try PerplexityChange([.init(id: "a", tokens: 0, before: 0, after: 0)]) }
    }
}
