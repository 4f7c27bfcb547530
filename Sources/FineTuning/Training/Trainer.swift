import Torch
import Transformer

/// The one training loop: arms in lockstep over one copy of the base. A single run is a cohort of one.
///
/// An arm's numbers do not depend on which others run beside it, up to the rounding of larger matrix products.
public final class Trainer<O: Objective> {
    /// One setting under training.
    public struct Arm {
        public var name: String
        /// What it changes.
        public var training: Trainable
        public var optimiser: AdamW
        public var settings: TrainingSettings
        public var examples: [O.Example]
        /// Optimiser steps done.
        public internal(set) var step = 0
        public let totalSteps: Int
        /// Why it was stopped early; its numbers are those of the last good step.
        public internal(set) var failure: FineTuningError?
        var order: OrderedSteps

        /// nil where it trains the model's own weights.
        public var adapter: LowRankAdapter? { training.adapter }

        /// - Parameter order: nil: the settings', shuffled or as they stand.
        /// - Throws: ``FineTuningError`` for impossible settings, no examples, or an adapter that can't be trained.
        public init(
            name: String, training: Trainable, settings: TrainingSettings, examples: [O.Example],
            order: (any ExampleOrder)? = nil, device: Device
        ) throws {
            try settings.check()
            guard !examples.isEmpty else { throw FineTuningError.noRows("\(name) was given none") }
            guard training.gradients != nil else { throw FineTuningError.nothingToLearn("\(name)'s adapter is frozen") }
            self.name = name
            self.training = training
            self.settings = settings
            self.examples = examples
            let order = order ?? ShuffledOrder(settings: settings, count: examples.count)
            optimiser = try AdamW(
                count: training.parameters.count, decayed: training.decayedCount, settings: settings.adamW,
                device: device)
            totalSteps = settings.totalSteps(stepsPerEpoch: order.stepsPerEpoch)
            self.order = OrderedSteps(order)
        }

        public init(
            name: String, adapter: LowRankAdapter, settings: TrainingSettings, examples: [O.Example], device: Device
        ) throws {
            try self.init(
                name: name, training: .adapter(adapter), settings: settings, examples: examples, device: device)
        }

        public var isFinished: Bool { step >= totalSteps || failure != nil }

        /// Takes over the place of an earlier run, whose parameters and moments have been put back.
        public mutating func resume(atStep step: Int) { self.step = step }
    }

    /// The base that adapters stand beside; where a model's own weights are trained, see ``currentDecoder()``.
    public let decoder: Decoder
    public let objective: O
    public var arms: [Arm]
    /// Passes are made smaller by this when memory runs out; the loss stays the same.
    public private(set) var splits = 1

    public init(decoder: Decoder, objective: O, arms: [Arm]) {
        self.decoder = decoder
        self.objective = objective
        self.arms = arms
    }

    public var isFinished: Bool { arms.allSatisfy(\.isFinished) }

    /// The model as it is now, without adapters.
    ///
    /// - Throws: ``FineTuningError/setting(_:_:)`` if one of several arms trains the model's own weights: they share it.
    public func currentDecoder() throws -> Decoder {
        for arm in arms {
            guard case .model(let weights) = arm.training else { continue }
            guard arms.count == 1 else {
                throw FineTuningError.setting(
                    "--full", "\(arm.name) trains the model that \(arms.count - 1) other arms stand on: run it alone")
            }
            return try weights.decoder()
        }
        return decoder
    }

    /// One optimiser step of every arm that isn't finished.
    ///
    /// - Parameter checkpoint: called between passes; throwing from it (for Ctrl-C) leaves every arm at its last step.
    /// - Returns: a record for each arm that made its step. An arm whose numbers stopped being finite makes none: see
    ///   its ``Arm/failure``.
    public func step(checkpoint: () throws -> Void = {}) throws -> [StepRecord] {
        while true {
            do {
                return try attemptStep(checkpoint)
            } catch TorchError.outOfMemory(let what) {
                let largest = arms.filter { !$0.isFinished }.map(\.settings.batch).max() ?? 1
                guard splits < largest else { throw TorchError.outOfMemory(what) }
                splits *= 2
                try clearGradients()
            } catch {
                try clearGradients()
                throw error
            }
        }
    }

    private func clearGradients() throws {
        for arm in arms { try arm.training.gradients?.zeroInPlace() }
    }

    private struct Share {
        var arm: Int
        var examples: [O.Example]
        var weight: Double
        var tokens: Int
        var loss = 0.0
        var metrics: [String: MetricSum] = [:]
    }

    private func attemptStep(_ checkpoint: () throws -> Void) throws -> [StepRecord] {
        let clock = ContinuousClock()
        let began = clock.now
        var shares: [Share] = try arms.indices.filter { !arms[$0].isFinished }.map { index in
            let step = arms[index].step
            let examples = try arms[index].order.examples(step: step).map { arms[index].examples[$0] }
            return Share(
                arm: index, examples: examples, weight: examples.reduce(0) { $0 + objective.weight(of: $1) },
                tokens: examples.reduce(0) { $0 + objective.tokens(of: $1) })
        }
        var pass = 0
        var start = [Int](repeating: 0, count: shares.count)
        while true {
            var batches: [ArmBatch<O.Example>] = []
            var owners: [Int] = []
            for index in shares.indices {
                let arm = arms[shares[index].arm]
                let size = max(1, arm.settings.batch / splits)
                let range = start[index]..<min(start[index] + size, shares[index].examples.count)
                guard !range.isEmpty else { continue }
                start[index] = range.upperBound
                owners.append(index)
                let key = arm.settings.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(arm.step) << 24 &+ UInt64(pass)
                batches.append(
                    ArmBatch(
                        examples: Array(shares[index].examples[range]), adapter: arm.adapter,
                        dropoutKey: (arm.adapter?.dropout ?? 0) > 0 ? key : nil))
            }
            guard !batches.isEmpty else { break }
            try checkpoint()
            let losses = try objective.losses(of: batches, decoder: currentDecoder())
            var total: Tensor?
            for (owner, loss) in zip(owners, losses) {
                let mean = try loss.summed.reshaped([1]) * (1 / shares[owner].weight)
                total = try total.map { try $0 + mean } ?? mean
            }
            try total?.sum().backward()
            for (owner, loss) in zip(owners, losses) {
                shares[owner].loss += try loss.summed.detached().reshaped([1]).item()
                shares[owner].metrics.merge(loss.metrics, uniquingKeysWith: +)
            }
            pass += 1
        }
        return try finish(shares, began: began, clock: clock)
    }

    private func finish(
        _ shares: [Share], began: ContinuousClock.Instant, clock: ContinuousClock
    ) throws -> [StepRecord] {
        var records: [StepRecord] = []
        for share in shares {
            let arm = arms[share.arm]
            guard let gradients = arm.training.gradients else { continue }
            let loss = share.loss / share.weight
            let norm = try gradients.norm()
            guard loss.isFinite, norm.isFinite else {
                let what = loss.isFinite ? "its gradient is not finite" : "its loss is not finite"
                arms[share.arm].failure = .diverged(step: arm.step + 1, arm: arm.name, what: what)
                try gradients.zeroInPlace()
                continue
            }
            let rate =
                arm.settings.learningRate
                * arm.settings.schedule.factor(step: arm.step, warmup: arm.settings.warmup, total: arm.totalSteps)
            // torch.nn.utils.clip_grad_norm_'s factor.
            let scale = arm.settings.clip.map { min(1, $0 / (norm + 1e-6)) } ?? 1
            try arm.optimiser.update(
                arm.training.parameters, gradients: gradients, learningRate: rate, step: arm.step + 1,
                gradientScale: scale)
            try gradients.zeroInPlace()
            arms[share.arm].step += 1
            let elapsed = (clock.now - began).components
            let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
            records.append(
                StepRecord(
                    step: arm.step + 1, arm: arm.name, loss: loss, learningRate: rate, gradientNorm: norm,
                    tokens: share.tokens, weight: share.weight, seconds: seconds,
                    spectrum: try arm.adapter.map { adapter in try withoutGradients { try AdapterSpectrum(adapter) } },
                    metrics: share.metrics.mapValues(\.mean).merging(objective.account(of: share.examples)) { $1 }))
        }
        return records
    }
}
