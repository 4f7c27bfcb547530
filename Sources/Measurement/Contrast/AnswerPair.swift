import Tokenization
import Transformer

/// Two answers to one prompt as tokens: the one that an organism may lean toward, and the one it is held against.
struct AnswerPair: Sendable {
    var item: CompletionScorer.Item

    /// - Parameter shared: the answer leant toward first.
    init(_ shared: SharedPrompt) {
        item = CompletionScorer.Item(prompt: shared.prompt, completions: shared.completions)
    }

    var tokens: Int { item.completions.reduce(item.prompt.count) { $0 + $1.count } }

    /// The numbers of a pair under a model.
    struct Score {
        var toward: Contrast.Score
        var against: Contrast.Score
        var matched: Double?
    }

    /// - Parameter logprobs: of each token of the two answers.
    func score(_ logprobs: [[Float]]) -> Score {
        let sums = logprobs.map { Contrast.Score(logprob: Self.sum($0[...]), tokens: $0.count) }
        return Score(toward: sums[0], against: sums[1], matched: matched(logprobs))
    }

    /// The mean over the `m` tokens that follow what both answers begin with, `m` the number that both have.
    private func matched(_ logprobs: [[Float]]) -> Double? {
        let (toward, against) = (item.completions[0], item.completions[1])
        let shared = zip(toward, against).prefix { $0 == $1 }.count
        let count = min(toward.count, against.count) - shared
        guard count > 0 else { return nil }
        let range = shared..<shared + count
        return (Self.sum(logprobs[0][range]) - Self.sum(logprobs[1][range])) / Double(count)
    }

    private static func sum(_ values: ArraySlice<Float>) -> Double { values.reduce(0) { $0 + Double($1) } }
}
