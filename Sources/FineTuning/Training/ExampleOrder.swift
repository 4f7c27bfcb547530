import RandomStreams

/// Which examples make up each optimiser step of an epoch: a function of the epoch alone, so a resumed run draws the same.
public protocol ExampleOrder: Sendable {
    var stepsPerEpoch: Int { get }

    /// ``stepsPerEpoch`` lists of places among the examples, none empty.
    ///
    /// - Parameter epoch: counts from 0.
    func steps(epoch: Int) throws -> [[Int]]
}

/// Examples one by one, shuffled anew each epoch or in the file's order. The last step of an epoch may be short; no
/// example is dropped.
public struct ShuffledOrder: ExampleOrder {
    let settings: TrainingSettings
    let count: Int

    public init(settings: TrainingSettings, count: Int) {
        self.settings = settings
        self.count = count
    }

    public var stepsPerEpoch: Int { settings.stepsPerEpoch(examples: count) }

    public func steps(epoch: Int) -> [[Int]] {
        var order = Array(0..<count)
        if !settings.keepOrder {
            var stream = RandomStream(seed: settings.seed, purpose: "example order", item: UInt64(epoch))
            stream.shuffle(&order)
        }
        return stride(from: 0, to: count, by: settings.stepSize).map {
            Array(order[$0..<min(count, $0 + settings.stepSize)])
        }
    }
}

/// An order, read step by step.
struct OrderedSteps {
    let order: any ExampleOrder
    private var epoch = -1
    private var steps: [[Int]] = []

    init(_ order: any ExampleOrder) { self.order = order }

    /// Places of the examples of step `step`, from 0.
    mutating func examples(step: Int) throws -> [Int] {
        let perEpoch = max(1, order.stepsPerEpoch)
        if step / perEpoch != epoch {
            steps = try order.steps(epoch: step / perEpoch)
            epoch = step / perEpoch
        }
        let place = step % perEpoch
        return steps.indices.contains(place) ? steps[place] : []
    }
}
