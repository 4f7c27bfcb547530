import Torch
import Transformer

/// Direct preference optimisation: the loss of a ``PreferenceLoss`` over pairs, the reference being the same base with
/// adapters off.
///
/// A prompt is computed once for its chosen and its rejected answer: they are two branches of one tree. The reference's
/// log-probabilities come with the examples, so no second model is ever in memory.
public struct PreferenceObjective: Objective {
    public var loss: PreferenceLoss
    /// How strongly the policy is held to the reference; the field's default is 0.1.
    public var beta: Double
    /// Whether a prompt is computed once for both of its answers. The numbers are the same either way.
    public var sharesPrompts: Bool

    public init(
        loss: PreferenceLoss = .sigmoid(labelSmoothing: 0), beta: Double = 0.1, sharesPrompts: Bool = true
    ) {
        self.loss = loss
        self.beta = beta
        self.sharesPrompts = sharesPrompts
    }

    public func weight(of example: PreferenceGroup) -> Double { Double(example.pairs.count) }
    public func tokens(of example: PreferenceGroup) -> Int { example.pairs.reduce(0) { $0 + $1.count } }
    public func id(of example: PreferenceGroup) -> String { example.id }

    /// `pairs/complete`: complementary pairs with both halves in the step; `pairs/torn`: with one.
    public func account(of examples: [PreferenceGroup]) -> [String: Double] {
        var halves: [String: Set<PreferencePair.Half>] = [:]
        for group in examples {
            for row in group.pairs {
                if let half = row.half { halves[row.pair ?? group.id, default: []].insert(half) }
            }
        }
        guard !halves.isEmpty else { return [:] }
        let complete = halves.values.count { $0.count == 2 }
        return ["pairs/complete": Double(complete), "pairs/torn": Double(halves.count - complete)]
    }

    public func losses(of batches: [ArmBatch<PreferenceGroup>], decoder: Decoder) throws -> [ArmLoss] {
        var branched = BranchedTokens()
        var uses: [Decoder.AdapterUse] = []
        var pairs: [PreferencePair] = []
        var arms: [Int64] = []
        for (arm, batch) in batches.enumerated() {
            let first = branched.tokens.count
            for pair in batch.examples.flatMap(\.pairs) {
                // Completion 2 p is the chosen one of pair p, 2 p + 1 the rejected one.
                let answers = [pair.chosen, pair.rejected]
                for branches in sharesPrompts ? [answers] : answers.map({ [$0] }) {
                    branched.append(prompt: pair.prompt, completions: branches)
                }
                pairs.append(pair)
                arms.append(Int64(arm))
            }
            uses += batch.uses(first..<branched.tokens.count)
        }
        let device = decoder.device
        let references = try pairs.map { pair in
            guard let reference = pair.reference else {
                throw FineTuningError.noRows("pair \(pair.id) has no reference log-probabilities")
            }
            return reference
        }
        let hidden_nD = try decoder.hidden(branched.tokens, adapters: uses)
            .selecting(Tensor(branched.places, device: device))
        let logprobs_n = try decoder.logprobs(hidden_nD, targets: branched.targets)
        let logps_P2 =
            try logprobs_n
            .sums(by: Tensor(branched.completions, device: device), count: branched.completionCount)
            .reshaped([pairs.count, 2])
        let chosen_P = try logps_P2.narrowed(1, from: 0, length: 1).reshaped([pairs.count])
        let rejected_P = try logps_P2.narrowed(1, from: 1, length: 1).reshaped([pairs.count])
        let chosenRatio_P = try chosen_P - Tensor(references.map { Float($0.chosen) }, device: device)
        let rejectedRatio_P = try rejected_P - Tensor(references.map { Float($0.rejected) }, device: device)
        let losses_P = try loss(
            chosen: chosenRatio_P, rejected: rejectedRatio_P, chosenTokens: pairs.map(\.chosen.count),
            rejectedTokens: pairs.map(\.rejected.count), beta: beta)
        let sums_A = try losses_P.sums(by: Tensor(arms, device: device), count: batches.count)
        let logps = try (chosen_P.detached().values(as: Double.self), rejected_P.detached().values(as: Double.self))
        return try batches.indices.map { arm in
            let mine = pairs.indices.filter { arms[$0] == Int64(arm) }
            return ArmLoss(
                summed: try sums_A.narrowed(0, from: arm, length: 1),
                metrics: metrics(mine.map { (pairs[$0], references[$0], logps.0[$0], logps.1[$0]) }))
        }
    }

    /// TRL's names; the same again split by half, where pairs have one.
    private func metrics(
        _ pairs: [(pair: PreferencePair, reference: PreferencePair.Reference, chosen: Double, rejected: Double)]
    ) -> [String: MetricSum] {
        var result: [String: MetricSum] = [:]
        for half in [nil] + PreferencePair.Half.allCases.map(Optional.init) {
            let some = half == nil ? pairs : pairs.filter { $0.pair.half == half }
            guard !some.isEmpty else { continue }
            let suffix = half.map { "/\($0.rawValue)" } ?? ""
            let chosen = some.map { beta * ($0.chosen - $0.reference.chosen) }
            let rejected = some.map { beta * ($0.rejected - $0.reference.rejected) }
            result["rewards/chosen" + suffix] = MetricSum(chosen)
            result["rewards/rejected" + suffix] = MetricSum(rejected)
            result["rewards/margins" + suffix] = MetricSum(zip(chosen, rejected).map { $0 - $1 })
            result["rewards/accuracies" + suffix] = MetricSum(zip(chosen, rejected).map { $0 > $1 ? 1 : 0 })
            result["logps/chosen" + suffix] = MetricSum(some.map(\.chosen))
            result["logps/rejected" + suffix] = MetricSum(some.map(\.rejected))
        }
        return result
    }
}
