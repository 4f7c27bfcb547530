import Checkpoint
import TestSupport
import Testing
import Torch
import Transformer

@Suite("Completions on a shared prompt")
struct CompletionScorerTests {
    @Test("score as each would alone", arguments: ["llama", "mistral", "gemma3", "qwen3"])
    func sharedPrompt(family: String) throws {
        let decoder = try Decoder(Fixtures.model(family))
        let prompt: [Int32] = (0..<70).map { ($0 * 7 + 3) % 160 }
        let completions: [[Int32]] = [[5], (0..<80).map { ($0 * 11 + 1) % 160 }, [9, 4, 77, 12]]
        let scorer = CompletionScorer(decoder: decoder, tokensAtOnce: 10)
        let together = try scorer.logprobs(of: [
            .init(prompt: prompt, completions: completions), .init(prompt: [3], completions: [[1, 2]]),
        ])
        #expect(together.count == 2)
        for (completion, scores) in zip(completions, together[0]) {
            var tokens = PackedTokens()
            tokens.append(prompt + completion.dropLast())
            let hidden = try decoder.hidden(tokens).narrowed(0, from: prompt.count - 1, length: completion.count)
            let alone = try decoder.logprobs(hidden, targets: completion).values(as: Float.self)
            let worst = zip(alone, scores).map { abs($0 - $1) }.max() ?? .infinity
            #expect(scores.count == completion.count && worst < 1e-5, "differs by \(worst)")
        }
    }
}
