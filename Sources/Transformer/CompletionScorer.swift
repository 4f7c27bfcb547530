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

    /// A beginning that several prompts share (a program, and questions about it), each with what may follow it.
    public struct Tree: Sendable, Equatable {
        public var root: [Int32]
        /// Their prompts go on from the root.
        public var branches: [Item]

        public init(root: [Int32], branches: [Item]) {
            self.root = root
            self.branches = branches
        }

        /// Tokens to compute.
        public var cost: Int { branches.reduce(root.count) { $0 + $1.cost } }
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
        try inBatches(items, cost: \.cost, onItems) { part in
            var branched = BranchedTokens()
            for item in part { branched.append(prompt: item.prompt, completions: item.completions) }
            var scores = try scores(branched)[...]
            return part.map { Self.take($0, from: &scores) }
        }
    }

    /// The same for trees, `[tree][branch][completion][token]`.
    ///
    /// - Precondition: no root, prompt or completion is empty.
    public func logprobs(of trees: [Tree], onTrees: (Int) throws -> Void = { _ in }) throws -> [[[[Float]]]] {
        try inBatches(trees, cost: \.cost, onTrees) { part in
            var branched = BranchedTokens()
            for tree in part {
                branched.append(root: tree.root, prompts: tree.branches.map { ($0.prompt, $0.completions) })
            }
            var scores = try scores(branched)[...]
            return part.map { tree in tree.branches.map { Self.take($0, from: &scores) } }
        }
    }

    /// As many at once as ``tokensAtOnce`` allows.
    private func inBatches<Input, Output>(
        _ inputs: [Input], cost: (Input) -> Int, _ onInputs: (Int) throws -> Void,
        _ pass: (ArraySlice<Input>) throws -> [Output]
    ) throws -> [Output] {
        var results: [Output] = []
        var start = 0
        while start < inputs.count {
            var end = start
            var tokens = 0
            while end < inputs.count, end == start || tokens + cost(inputs[end]) <= tokensAtOnce {
                tokens += cost(inputs[end])
                end += 1
            }
            results += try withoutGradients { try pass(inputs[start..<end]) }
            start = end
            try onInputs(start)
        }
        return results
    }

    /// One number for each of the completions' tokens, in the order in which they were appended.
    private func scores(_ branched: BranchedTokens) throws -> [Float] {
        let uses = adapter.map { [Decoder.AdapterUse($0, tokens: 0..<branched.tokens.count)] } ?? []
        let hidden_nD = try decoder.hidden(branched.tokens, adapters: uses)
            .selecting(Tensor(branched.places, device: decoder.device))
        return try decoder.logprobs(hidden_nD, targets: branched.targets).values(as: Float.self)
    }

    private static func take(_ item: Item, from scores: inout ArraySlice<Float>) -> [[Float]] {
        item.completions.map { completion in
            defer { scores = scores.dropFirst(completion.count) }
            return Array(scores.prefix(completion.count))
        }
    }
}
