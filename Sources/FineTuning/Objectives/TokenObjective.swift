import Torch
import Transformer

/// Cross-entropy of labelled tokens: supervised fine-tuning where the labels are an assistant's tokens, continued
/// pretraining where they are all. The mean is over the tokens of an optimiser batch, so how it is accumulated changes
/// nothing.
public struct TokenObjective: Objective {
    public init() {}

    public func weight(of example: TokenRow) -> Double { example.labels }
    public func tokens(of example: TokenRow) -> Int { example.tokens.count }
    public func id(of example: TokenRow) -> String { example.id }

    public func losses(of batches: [ArmBatch<TokenRow>], decoder: Decoder) throws -> [ArmLoss] {
        var tokens = PackedTokens()
        var labels: [Label] = []
        var uses: [Decoder.AdapterUse] = []
        for (arm, batch) in batches.enumerated() {
            let first = tokens.count
            for row in batch.examples {
                let start = tokens.count
                tokens.append(Array(row.computed))
                for t in row.tokens.indices.dropFirst() where row.weights[t] != 0 {
                    labels.append(
                        Label(arm: arm, place: Int32(start + t - 1), target: row.tokens[t], weight: row.weights[t]))
                }
            }
            uses += batch.uses(first..<tokens.count)
        }
        let hidden_nD = try decoder.hidden(tokens, adapters: uses)
            .selecting(Tensor(labels.map(\.place), device: decoder.device))
        let logprobs_n = try decoder.logprobs(hidden_nD, targets: labels.map(\.target))
        let weighted_n = try logprobs_n * Tensor(labels.map { -$0.weight }, device: decoder.device)
        let groups = try Tensor(labels.map { Int64($0.arm) }, device: decoder.device)
        let sums_A = try weighted_n.sums(by: groups, count: batches.count)
        return try batches.indices.map { ArmLoss(summed: try sums_A.narrowed(0, from: $0, length: 1)) }
    }

    private struct Label {
        var arm: Int
        /// Where the token before the label lies.
        var place: Int32
        var target: Int32
        var weight: Float
    }
}
