import Evidence

/// Which examples make up each optimiser step: a function of (settings, count, step) alone, so a resumed run draws the
/// same.
struct ExampleOrder {
    let settings: TrainingSettings
    let count: Int
    private var epoch = -1
    private var order: [Int] = []

    init(settings: TrainingSettings, count: Int) {
        self.settings = settings
        self.count = count
    }

    /// Indices of the examples of step `step`, from 0. The last step of an epoch may be short; none is dropped.
    mutating func examples(step: Int) -> ArraySlice<Int> {
        let perEpoch = settings.stepsPerEpoch(examples: count)
        let wanted = step / perEpoch
        if wanted != epoch {
            order = Array(0..<count)
            if !settings.keepOrder {
                var stream = RandomStream(seed: settings.seed, purpose: "example order", item: UInt64(wanted))
                stream.shuffle(&order)
            }
            epoch = wanted
        }
        let first = step % perEpoch * settings.stepSize
        return order[first..<min(count, first + settings.stepSize)]
    }
}
