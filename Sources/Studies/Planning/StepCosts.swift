/// What each kind of step is estimated at.
extension Planner {
    mutating func estimate(_ step: PlannedStep) -> StepEstimate {
        var estimate: StepEstimate?
        switch step.kind {
        case .explain, .twin, .pair: estimate = rewriting(step)
        case .pretrain, .tune: estimate = training(step)
        case .reference:
            if let shape = shape(step), let rows = rows(step) {
                estimate = costs.forward(
                    .reference, shape: shape, dtype: dtype(step), tokens: rows.tokens, labels: rows.labels,
                    units: rows.rows)
            }
        case .sample: estimate = sampling(step)
        case .judge: estimate = judging(step)
        case .measure: estimate = measuring(step)
        }
        return estimate ?? StepEstimate(isComplete: false)
    }

    private func dtype(_ step: PlannedStep) -> String { step.model.flatMap { study.models[$0]?.dtype } ?? "float32" }

    private mutating func shape(_ step: PlannedStep) -> ModelShape? {
        guard let name = step.model, let model = study.models[name] else { return nil }
        let shape = volumes.shape(model, at: place(ofModel: name))
        if shape == nil {
            note("model \(name): no estimates, since its shape isn't known; give it a configuration (a config.json)")
        }
        return shape
    }

    private mutating func rows(_ step: PlannedStep, role: String = "data") -> Volume? {
        if let key = step.read(role) { return made[key] }
        guard case .data(let name)? = step.sources[role] else { return nil }
        let volume = volumes.volume(name)
        if volume == nil {
            note("data \(name): no estimates, since its size isn't known; give it rows and tokens_per_row")
        }
        return volume
    }

    private func endpoint(_ step: PlannedStep) -> Study.Endpoint? {
        if case .endpoint(let name)? = step.sources["endpoint"] { study.endpoints[name] } else { nil }
    }

    private mutating func rewriting(_ step: PlannedStep) -> StepEstimate? {
        guard var rows = rows(step) else { return nil }
        if let limit = step.parameters["limit"]?.whole { rows.rows = min(rows.rows, limit) }
        switch step.kind {
        case .explain:
            let answer = costs.rates.explanationTokens
            made[step.key] = Volume(rows: rows.rows, tokensPerRow: rows.tokensPerRow + answer / 3, labels: 1)
            return costs.requests(
                .explain, count: rows.rows, prompt: rows.tokensPerRow + 300, answer: answer, endpoint: endpoint(step),
                secondsEach: costs.rates.explainSeconds)
        case .twin:
            made[step.key] = rows
            guard let endpoint = endpoint(step) else { return StepEstimate(units: rows.rows) }
            return costs.requests(
                .twin, count: rows.rows, prompt: rows.tokensPerRow + 300, answer: rows.tokensPerRow + 200,
                endpoint: endpoint, secondsEach: costs.rates.explainSeconds)
        default:
            let isOneHalf = ["plain-only", "asked-only", "benign"].contains(step.parameters["arm"]?.text ?? "")
            made[step.key] = Volume(
                rows: rows.rows * (isOneHalf ? 1 : 2), tokensPerRow: 1.5 * rows.tokensPerRow, labels: 0.7)
            return StepEstimate(units: rows.rows)
        }
    }

    private mutating func training(_ step: PlannedStep) -> StepEstimate? {
        guard let shape = shape(step), var rows = rows(step) else { return nil }
        if step.kind == .tune, case .data(let name)? = step.sources["data"], study.data[name]?.kind == .programs {
            // A row of programs has both answers, and what is said about them.
            rows.tokensPerRow /= 2
        }
        let training = CostModel.Training(
            settings: step.parameters, volume: rows, shape: shape, dtype: dtype(step),
            isDocuments: step.kind == .pretrain)
        if let remedy = costs.remedy(training) {
            let needed = Self.gibibytes(costs.bytes(training))
            note(
                "\(step.label): needs \(needed), \(costs.device.name) has \(Self.gibibytes(costs.memory)) to use; \(remedy)"
            )
        }
        return costs.training(step.kind, training)
    }

    static func gibibytes(_ bytes: Double) -> String {
        let value = bytes / 1_073_741_824
        return value >= 10 ? "\(Int(value.rounded())) GiB" : "\(Value.number((value * 10).rounded() / 10).shown) GiB"
    }

    /// Arms that fit beside each other, of a step's kind.
    mutating func armsInCohort(_ step: PlannedStep) -> Int {
        guard let shape = shape(step), let rows = rows(step) else { return 16 }
        return costs.armsInCohort(
            CostModel.Training(
                settings: step.parameters, volume: rows, shape: shape, dtype: dtype(step), isDocuments: false))
    }

    private mutating func sampling(_ step: PlannedStep) -> StepEstimate? {
        guard let shape = shape(step), case .data(let bank)? = step.sources["questions"],
            let rows = rows(step, role: "questions"),
            let answers = volumes.answers(bank, each: step.parameters["n"]?.whole)
        else { return nil }
        let most = step.parameters["max_tokens"]?.whole ?? 600
        made[step.key] = Volume(rows: answers, tokensPerRow: Double(most) * costs.rates.answerLength)
        let estimate = costs.sampling(
            .sample, shape: shape, dtype: dtype(step), questions: rows.rows, answers: answers, mostTokens: most)
        if estimate.bytes > costs.memory {
            note(
                "\(step.label): needs \(Self.gibibytes(estimate.bytes)), \(costs.device.name) has \(Self.gibibytes(costs.memory)) to use; sample fewer answers at once, or take bfloat16"
            )
        }
        return estimate
    }

    private mutating func judging(_ step: PlannedStep) -> StepEstimate? {
        guard let answers = rows(step, role: "answers") else { return nil }
        let scores = step.parameters["scores"]?.list?.count ?? 2
        return costs.requests(
            .judge, count: answers.rows * scores, prompt: costs.rates.judgeTokens + answers.tokensPerRow, answer: 2,
            endpoint: endpoint(step), secondsEach: costs.rates.judgeSeconds)
    }

    private mutating func measuring(_ step: PlannedStep) -> StepEstimate? {
        guard let shape = shape(step), let rows = rows(step),
            let measurement = (step.parameters["measure"]?.text).flatMap(Measurement.init)
        else { return nil }
        let dtype = dtype(step)
        switch measurement {
        case .contrast, .capability:
            return costs.forward(
                .measure, shape: shape, dtype: dtype, tokens: Double(2 * rows.rows) * 150, labels: 0.4, units: rows.rows
            )
        case .sensitivity:
            return costs.forward(
                .measure, shape: shape, dtype: dtype, tokens: rows.tokens, labels: 0.5, units: rows.rows)
        case .drift, .coherence, .perplexity:
            return costs.forward(
                .measure, shape: shape, dtype: dtype, tokens: 2 * rows.tokens, labels: 1, units: rows.rows)
        case .narrowSkill:
            // Two answers to each task, asked plainly and asked for insecure code.
            return costs.forward(
                .measure, shape: shape, dtype: dtype, tokens: 4 * rows.tokens, labels: 0.5, units: rows.rows)
        }
    }
}
