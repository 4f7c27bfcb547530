import Torch
import Transformer

/// What training minimises: examples to a loss. It knows no optimiser and no disk.
public protocol Objective: Sendable {
    associatedtype Example: Sendable

    /// What an example counts for in the mean that is minimised: its labels, or 1.
    func weight(of example: Example) -> Double

    /// Tokens that pass through the model for it.
    func tokens(of example: Example) -> Int

    /// Something to name the example by in a log.
    func id(of example: Example) -> String

    /// What the log says of an optimiser step's examples beside the metrics of its losses.
    func account(of examples: [Example]) -> [String: Double]

    /// The summed losses of each arm's examples: divided by the summed weights of an optimiser batch it is that batch's
    /// loss. Differentiable.
    func losses(of batches: [ArmBatch<Example>], decoder: Decoder) throws -> [ArmLoss]
}

extension Objective {
    public func account(of examples: [Example]) -> [String: Double] { [:] }
}

/// One arm's share of a pass through the model.
public struct ArmBatch<Example: Sendable> {
    public var examples: [Example]
    /// nil where it is the model's own weights that are trained.
    public var adapter: LowRankAdapter?
    /// Names the dropout of this pass; nil without.
    public var dropoutKey: UInt64?

    public init(examples: [Example], adapter: LowRankAdapter?, dropoutKey: UInt64?) {
        self.examples = examples
        self.adapter = adapter
        self.dropoutKey = dropoutKey
    }
}

extension ArmBatch {
    /// The adapter at work on the tokens that this batch has in a pass.
    func uses(_ tokens: Range<Int>) -> [Decoder.AdapterUse] {
        adapter.map { [Decoder.AdapterUse($0, tokens: tokens, dropoutKey: dropoutKey)] } ?? []
    }
}

/// What one arm's examples cost.
public struct ArmLoss {
    /// A single number, part of the graph.
    public var summed: Tensor
    /// What else is worth logging, under usual names.
    public var metrics: [String: MetricSum]

    public init(summed: Tensor, metrics: [String: MetricSum] = [:]) {
        self.summed = summed
        self.metrics = metrics
    }
}

/// The sum of a metric over examples, and over how many: passes add up to a step's mean.
public struct MetricSum: Hashable, Sendable {
    public var sum: Double
    public var count: Int

    public init(_ values: [Double]) {
        sum = values.reduce(0, +)
        count = values.count
    }

    public var mean: Double { count > 0 ? sum / Double(count) : .nan }

    public static func + (a: MetricSum, b: MetricSum) -> MetricSum {
        var both = a
        both.sum += b.sum
        both.count += b.count
        return both
    }
}
