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

    @Test("of questions on a shared text too", arguments: ["llama", "mistral", "gemma3", "qwen3"])
    func trees(family: String) throws {
        let decoder = try Decoder(Fixtures.model(family))
        let root: [Int32] = (0..<70).map { ($0 * 7 + 3) % 160 }
        let branches: [CompletionScorer.Item] = [
            .init(prompt: [8, 15, 3], completions: [[5], [9, 4, 77]]),
            .init(prompt: (0..<30).map { ($0 * 11 + 1) % 160 }, completions: [[2, 2]]),
        ]
        let scorer = CompletionScorer(decoder: decoder, tokensAtOnce: 10)
        let trees = [CompletionScorer.Tree(root: root, branches: branches), .init(root: [1], branches: branches)]
        let together = try scorer.logprobs(of: trees)
        for (tree, scores) in zip(trees, together) {
            let flat = tree.branches.map {
                CompletionScorer.Item(prompt: tree.root + $0.prompt, completions: $0.completions)
            }
            let alone = try scorer.logprobs(of: flat)
            #expect(scores.map { $0.map(\.count) } == alone.map { $0.map(\.count) })
            let worst = zip(alone.joined().joined(), scores.joined().joined()).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < 1e-5, "differs by \(worst)")
        }
    }
}
