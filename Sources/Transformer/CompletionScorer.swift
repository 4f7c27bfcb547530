import Torch

/// Log-probabilities of given completions after given prompts: the judge-free measure beneath all others.
///
/// A prompt is computed once for all its completions: they are branches of one tree, each sees the prompt and itself.
public struct CompletionScorer {
    public let decoder: Decoder
    public let adapter: LowRankAdapter?
    /// Tokens that pass through the model at once, at least one item's.
    public let tokensAtOnce: Int

    /// A prompt and what may follow it, as tokens.
    public struct Item: Sendable, Equatable {
        public var prompt: [Int32]
        public var completions: [[Int32]]

        public init(prompt: [Int32], completions: [[Int32]]) {
            self.prompt = prompt
            self.completions = completions
        }

        /// Tokens to compute: the last of a completion is only looked at.
        var cost: Int { completions.reduce(prompt.count) { $0 + max(0, $1.count - 1) } }
    }

    public init(decoder: Decoder, adapter: LowRankAdapter? = nil, tokensAtOnce: Int = 1024) {
        self.decoder = decoder
        self.adapter = adapter
        self.tokensAtOnce = tokensAtOnce
    }

    /// log p of every token of every completion, `[item][completion][token]`, in nats.
    ///
    /// - Parameter onItems: called with the number of items done so far.
    /// - Precondition: no prompt and no completion is empty.
    public func logprobs(of items: [Item], onItems: (Int) throws -> Void = { _ in }) throws -> [[[Float]]] {
        var results: [[[Float]]] = []
        var start = 0
        while start < items.count {
            var end = start
            var cost = 0
            while end < items.count, end == start || cost + items[end].cost <= tokensAtOnce {
                cost += items[end].cost
                end += 1
            }
            results += try withoutGradients { try pass(items[start..<end]) }
            start = end
            try onItems(start)
        }
        return results
    }

    private func pass(_ items: ArraySlice<Item>) throws -> [[[Float]]] {
        var branched = BranchedTokens()
        for item in items { branched.append(prompt: item.prompt, completions: item.completions) }
        let uses = adapter.map { [Decoder.AdapterUse($0, tokens: 0..<branched.tokens.count)] } ?? []
        let hidden_nD = try decoder.hidden(branched.tokens, adapters: uses)
            .selecting(Tensor(branched.places, device: decoder.device))
        let logprobs = try decoder.logprobs(hidden_nD, targets: branched.targets).values(as: Float.self)
        var next = 0
        return items.map { item in
            item.completions.map { completion in
                defer { next += completion.count }
                return Array(logprobs[next..<next + completion.count])
            }
        }
    }
}
