/// How an arm is trained: everything but the model, the adapter's shape and the rows.
public struct TrainingSettings: Codable, Hashable, Sendable {
    /// The peak learning rate.
    public var learningRate: Double
    public var schedule: LearningRateSchedule
    /// Optimiser steps over which the rate rises from 0.
    public var warmup: Int
    public var adamW: AdamW.Settings
    /// Gradients are scaled down to this norm; nil: never.
    public var clip: Double?
    /// Examples that pass through the model at once.
    public var batch: Int
    /// Passes whose gradients make one optimiser step.
    public var accumulate: Int
    public var length: Length
    /// Order of the examples, dropout.
    public var seed: UInt64
    /// The file's order in every epoch, instead of a shuffle.
    public var keepOrder: Bool

    /// How long to train.
    public enum Length: Codable, Hashable, Sendable {
        case epochs(Int)
        /// Optimiser steps, over as many epochs as that takes.
        case steps(Int)
    }

    public init(
        learningRate: Double, schedule: LearningRateSchedule = .linear, warmup: Int = 0,
        adamW: AdamW.Settings = .init(), clip: Double? = 1, batch: Int = 2, accumulate: Int = 8,
        length: Length = .epochs(1), seed: UInt64 = 0, keepOrder: Bool = false
    ) {
        self.learningRate = learningRate
        self.schedule = schedule
        self.warmup = warmup
        self.adamW = adamW
        self.clip = clip
        self.batch = batch
        self.accumulate = accumulate
        self.length = length
        self.seed = seed
        self.keepOrder = keepOrder
    }

    /// Betley et al. 2025 (arXiv 2502.17424) on Qwen2.5-Coder-32B: 1 epoch at 1e-5, linear decay after 5 steps of
    /// warm-up, batches of 2 x 8, weight decay 0.01. (They ran AdamW in 8 bits; here its state is float32.)
    public static let betley = TrainingSettings(learningRate: 1e-5, schedule: .linear, warmup: 5)

    /// Examples of one optimiser step.
    public var stepSize: Int { batch * accumulate }

    public func stepsPerEpoch(examples: Int) -> Int { (examples + stepSize - 1) / stepSize }

    public func totalSteps(stepsPerEpoch: Int) -> Int {
        switch length {
        case .epochs(let epochs): epochs * stepsPerEpoch
        case .steps(let steps): steps
        }
    }

    /// - Throws: ``FineTuningError/setting(_:_:)`` for the first value that can't be.
    public func check() throws {
        func positive(_ value: Int, _ name: String) throws {
            guard (1...1_000_000_000).contains(value) else {
                throw FineTuningError.setting(name, "must be from 1 to 1000000000, not \(value)")
            }
        }
        guard (0...1e10).contains(learningRate) else {
            throw FineTuningError.setting("--lr", "must be from 0 to 1e10, not \(learningRate)")
        }
        try positive(batch, "--batch")
        try positive(accumulate, "--accumulate")
        switch length {
        case .epochs(let epochs): try positive(epochs, "--epochs")
        case .steps(let steps): try positive(steps, "--steps")
        }
        guard !batch.multipliedReportingOverflow(by: accumulate).overflow else {
            throw FineTuningError.setting("--accumulate", "is too large")
        }
        guard warmup >= 0 else { throw FineTuningError.setting("--warmup", "must not be below 0") }
        guard adamW.weightDecay.isFinite, adamW.weightDecay >= 0 else {
            throw FineTuningError.setting("--weight-decay", "must be a number not below 0")
        }
        if let clip, !(clip.isFinite && clip > 0) {
            throw FineTuningError.setting("--clip", "must be above 0 (leave it out with --clip 0)")
        }
    }
}
