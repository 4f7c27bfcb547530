/// Counts and simple rates: steps, tokens, bytes, seconds, money. Operations a token: 2 for each weight that it passes
/// forward, 2 backward to its input, 2 more where the weight itself is trained; logits only where a label is.
struct CostModel {
    var device: DeviceProfile
    var rates: Rates

    /// Rows of an optimiser step's passes, after dilution and the length limit.
    struct Training {
        var settings: [String: Value]
        var volume: Volume
        var shape: ModelShape
        var dtype: String
        var isDocuments: Bool

        func whole(_ name: String, _ standard: Int) -> Int { settings[name]?.whole ?? standard }
        var batch: Int { whole("batch", 2) }
        var stepSize: Int { batch.multipliedReportingOverflow(by: whole("accumulate", 8)).partialValue }
        var steps: Int {
            if let steps = settings["steps"]?.whole { return steps }
            let inEpoch = (volume.rows + max(1, stepSize) - 1) / max(1, stepSize)
            return inEpoch.multipliedReportingOverflow(by: whole("epochs", 1)).partialValue
        }
        var tokensPerRow: Double { min(volume.tokensPerRow, Double(whole("max_length", 2048))) }
        var isFull: Bool { settings["parameters"]?.text == "full" }
        var adapterParameters: Double {
            guard let targets = (settings["targets"]?.text).flatMap(AdapterTargets.init) else { return 0 }
            let layers = (settings["layers"]?.text).flatMap(AdapterLayers.init)?.layers
            return shape.adapterParameters(rank: whole("rank", 1), targets: targets, layers: layers)
        }
        /// Share of the layers that the backward pass goes through.
        var differentiated: Double {
            guard !isFull, let layers = (settings["layers"]?.text).flatMap(AdapterLayers.init)?.layers,
                let lowest = layers.first, shape.layers > 0
            else { return 1 }
            return Double(max(0, shape.layers - lowest)) / Double(shape.layers)
        }
    }

    private func width(_ dtype: String) -> Double { dtype == "bfloat16" ? 2 : 4 }

    private func operationsPerSecond(_ dtype: String) -> Double {
        dtype == "bfloat16"
            ? device.tflops * 1e12 * rates.training : device.float32Tflops * 1e12 * rates.trainingFloat32
    }

    private func seconds(_ kind: StepKind, _ plain: Double) -> Double { plain * (rates.measured[kind.rawValue] ?? 1) }

    private func deviceMoney(_ seconds: Double) -> Double { seconds / 3600 * device.pricePerHour }

    // MARK: - Training

    func training(_ kind: StepKind, _ training: Training) -> StepEstimate {
        let shape = training.shape
        let tokens = Double(training.steps) * Double(training.stepSize) * training.tokensPerRow
        let labels = training.isDocuments ? 1 : training.volume.labels
        let attention = 2 * Double(shape.layers) * Double(shape.queries) * training.tokensPerRow
        let forward = 2 * shape.trunkParameters + attention
        let backward =
            training.isFull
            ? 4 * shape.trunkParameters + 2 * attention : training.differentiated * forward + attention
        let head = labels * (training.isFull ? 6 : 4) * shape.headParameters
        let operations = tokens * (forward + backward + head + 6 * training.adapterParameters)
        let taken = seconds(kind, operations / operationsPerSecond(training.dtype))
        return StepEstimate(
            units: training.steps, tokens: tokens, seconds: taken, bytes: bytes(training), money: deviceMoney(taken))
    }

    /// Weights, what is trained with gradient and two moments in float32, activations of one pass.
    func bytes(_ training: Training, batch: Int? = nil, recomputing: Bool = false, bytesPerWeight: Double? = nil)
        -> Double
    {
        weights(training, bytesPerWeight) + perArm(training, batch: batch, recomputing: recomputing)
    }

    private func weights(_ training: Training, _ bytesPerWeight: Double? = nil) -> Double {
        training.shape.parameters * (bytesPerWeight ?? width(training.dtype))
    }

    private func perArm(_ training: Training, batch: Int?, recomputing: Bool) -> Double {
        let shape = training.shape
        let trained = training.isFull ? shape.parameters : training.adapterParameters
        let tokens = Double(batch ?? training.batch) * training.tokensPerRow
        let kept = shape.keptPerToken * (recomputing ? 1 : Double(shape.layers) * training.differentiated)
        let hidden = Double(shape.hidden) * Double(shape.layers)
        let logits = min(tokens, 1024) * Double(shape.vocabulary) * 8
        return trained * 16 + tokens * (kept + hidden) * width(training.dtype) + logits
    }

    var memory: Double { device.memoryGiB * 1_073_741_824 * 0.92 }

    /// How many arms like this one fit beside each other over one base; at least one.
    func armsInCohort(_ training: Training) -> Int {
        let each = max(1, perArm(training, batch: nil, recomputing: false))
        let room = (memory - weights(training)) / each
        return room < 2 ? 1 : Int(min(room, 64))
    }

    /// What would make a training step fit that doesn't; none where it does.
    func remedy(_ training: Training) -> String? {
        guard bytes(training) > memory else { return nil }
        let (batch, size) = (training.batch, training.stepSize)
        var smaller = batch
        while smaller > 1 {
            smaller /= 2
            if bytes(training, batch: smaller) <= memory {
                return "set batch: \(smaller) and accumulate: \(max(1, size / max(1, smaller))): the same steps"
            }
        }
        if training.dtype == "float32", bytes(training, batch: 1, bytesPerWeight: 2) <= memory {
            return "give the model dtype: bfloat16, with batch: 1"
        }
        if bytes(training, batch: 1, recomputing: true) <= memory {
            return "recompute blocks in the backward pass, with batch: 1"
        }
        if bytes(training, batch: 1, recomputing: true, bytesPerWeight: 0.56) <= memory {
            return "hold the base in 4 bits (NF4) and recompute blocks, with batch: 1"
        }
        let least = bytes(training, batch: 1, recomputing: true, bytesPerWeight: 0.56) / 1_073_741_824
        return "take a device with more memory: even in 4 bits it needs \(Int(least.rounded(.up))) GiB"
    }

    // MARK: - Passes without training

    func forward(_ kind: StepKind, shape: ModelShape, dtype: String, tokens: Double, labels: Double, units: Int)
        -> StepEstimate
    {
        let operations = tokens * (2 * shape.trunkParameters + labels * 2 * shape.headParameters)
        let taken = seconds(kind, operations / operationsPerSecond(dtype))
        return StepEstimate(
            units: units, tokens: tokens, seconds: taken,
            bytes: shape.parameters * width(dtype) + 4096 * Double(shape.vocabulary) * 4, money: deviceMoney(taken))
    }

    /// Decoding reads all weights once for each token of a wave of up to 200 answers.
    func sampling(
        _ kind: StepKind, shape: ModelShape, dtype: String, questions: Int, answers: Int, mostTokens: Int
    ) -> StepEstimate {
        let length = Double(mostTokens) * rates.answerLength
        let tokens = Double(answers) * length
        let wave = 200.0
        let waves = (Double(answers) / wave).rounded(.up)
        let passes = waves * Double(mostTokens)
        let bytes = shape.parameters * width(dtype)
        let cache = 2 * Double(shape.layers) * Double(shape.keys) * width(dtype)
        let reading = passes * bytes + tokens * cache * length / 2
        let operations =
            (tokens + Double(questions) * rates.questionTokens) * 2 * (shape.trunkParameters + shape.headParameters)
        let taken = seconds(
            kind,
            max(reading / (device.bandwidthGBs * 1e9 * rates.decoding), operations / operationsPerSecond(dtype)))
        return StepEstimate(
            units: answers, tokens: tokens, seconds: taken,
            bytes: bytes + min(wave, Double(answers)) * (length + rates.questionTokens) * cache,
            money: deviceMoney(taken))
    }

    // MARK: - Endpoints

    func requests(
        _ kind: StepKind, count: Int, prompt: Double, answer: Double, endpoint: Study.Endpoint?, secondsEach: Double
    ) -> StepEstimate {
        let configuration = endpoint?.configuration
        let lanes = Double(configuration?.concurrency ?? 8)
        let taken = max(
            Double(count) * secondsEach / lanes,
            configuration?.requestsPerMinute.map { Double(count) / Double($0) * 60 } ?? 0)
        let price = configuration?.price
        return StepEstimate(
            units: count, tokens: Double(count) * (prompt + answer), seconds: seconds(kind, taken), requests: count,
            money: price.map { Double(count) * (prompt * $0.input + answer * $0.output) / 1e6 })
    }
}
