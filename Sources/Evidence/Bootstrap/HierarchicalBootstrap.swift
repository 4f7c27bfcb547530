import RandomStreams

/// The bootstrap over nested levels: seeds, then questions, then answers, each drawn with replacement.
///
/// Percentiles of the draws are stretched around the value by t(ν) · se / (z · sd), sd the spread of the drawn means, se
/// and ν the standard error of the mean and its degrees of freedom from an analysis of variance of the same levels
/// (``MeanEstimate``). It undoes what is wrong with the bare percentile interval: with few units it is too narrow
/// (Hesterberg 2015, section 4), and drawing the lower levels again counts their noise twice.
public struct HierarchicalBootstrap: Sendable {
    public var draws: Int
    /// Crossed: the same draw for all seeds (the "pigeonhole" bootstrap, Owen 2007).
    public var questions: QuestionRole
    /// Whether the answers of a question are drawn again too.
    public var drawsAnswers: Bool
    public var seed: UInt64

    public init(draws: Int = 4000, questions: QuestionRole = .crossed, drawsAnswers: Bool = true, seed: UInt64 = 0) {
        self.draws = draws
        self.questions = questions
        self.drawsAnswers = drawsAnswers
        self.seed = seed
    }

    /// The mean of the sample with its interval.
    public func mean(
        of sample: NestedSample, level: Double = 0.95, unit: Estimate.Unit = .plain
    ) throws -> Estimate {
        try estimate(of: sample, level: level, unit: unit) { drawn in
            Evidence.mean(drawn.map { Evidence.mean($0.map(Evidence.mean)) })
        }
    }

    /// Any number computed from the values (seed, question, answer) with its interval.
    public func estimate(
        of sample: NestedSample, level: Double = 0.95, unit: Estimate.Unit = .plain,
        statistic: ([[[Double]]]) -> Double
    ) throws -> Estimate {
        try EvidenceError.check(level: level)
        guard draws >= 100 else {
            throw EvidenceError("\(draws) bootstrap draws are too few", "draw at least 100, better 4000")
        }
        let values = sample.seeds.map { $0.questions.map(\.values) }
        let value = statistic(values)
        let seeds = values.count
        let counts = sample.counts
        var caveats = Caveats.seeds(seeds)
        let spread = Spread.ofMean(sample, questions: seeds == 1 && questions == .crossed ? .nested : questions)
        guard let spread, spread.error > 0 else {
            return Estimate(
                value: value, lower: -.infinity, upper: .infinity, level: level, method: "no bootstrap",
                counts: counts, caveats: caveats + ["Too few units differ to say how much the number varies."],
                unit: unit)
        }
        var (found, means): ([Double], [Double]) = ([], [])
        for draw in 0..<draws {
            var random = RandomStream(seed: seed, purpose: "hierarchical bootstrap", item: UInt64(draw))
            let again = resampled(sample, values, &random)
            let drawn = statistic(again)
            guard drawn.isFinite else { continue }
            found.append(drawn)
            means.append(Evidence.mean(again.map { Evidence.mean($0.map(Evidence.mean)) }))
        }
        guard found.count * 10 >= draws * 9 else {
            throw EvidenceError(
                "the statistic has no value in \(draws - found.count) of \(draws) draws",
                "it needs more seeds or questions")
        }
        if found.count < draws { caveats.append("\(draws - found.count) of \(draws) draws had no value.") }
        found.sort()
        let tail = (1 - level) / 2
        let sd = variance(means).squareRoot()
        let stretch =
            sd > 0
            ? StudentT.quantile(1 - tail, degrees: spread.degrees) * spread.error / (Normal.quantile(1 - tail) * sd) : 1
        let ends = [tail, 1 - tail].map { value + stretch * (quantile(found, $0) - value) }
        // A share stays one.
        let bounds = unit == .share ? 0.0...1.0 : -Double.infinity...Double.infinity
        return Estimate(
            value: value, lower: max(min(value, ends[0]), bounds.lowerBound),
            upper: min(max(value, ends[1]), bounds.upperBound), level: level,
            method: "hierarchical bootstrap, \(draws) draws, percentiles stretched to a t interval's width",
            counts: counts, caveats: caveats, unit: unit)
    }

    private func resampled(
        _ sample: NestedSample, _ values: [[[Double]]], _ random: inout RandomStream
    ) -> [[[Double]]] {
        // A question is drawn by its place among all ids, so that the same draw serves seeds that lack one.
        let shared = questions == .crossed ? questionDraw(sample, &random) : [:]
        return values.indices.map { _ in
            let chosen = values.count > 1 ? random.index(below: values.count) : 0
            let asked = values[chosen]
            var drawn: [[Double]] = []
            switch questions {
            case .fixed: drawn = asked
            case .nested: drawn = asked.map { _ in asked[random.index(below: asked.count)] }
            case .crossed:
                for (place, question) in sample.seeds[chosen].questions.enumerated() {
                    for _ in 0..<(shared[question.id] ?? 0) { drawn.append(asked[place]) }
                }
            }
            guard drawsAnswers else { return drawn }
            return drawn.map { answers in answers.map { _ in answers[random.index(below: answers.count)] } }
        }
    }

    /// How often each question is drawn.
    private func questionDraw(_ sample: NestedSample, _ random: inout RandomStream) -> [String: Int] {
        var ids: [String] = []
        var seen: Set<String> = []
        for seed in sample.seeds {
            for question in seed.questions where seen.insert(question.id).inserted { ids.append(question.id) }
        }
        var times: [String: Int] = [:]
        for _ in ids { times[ids[random.index(below: ids.count)], default: 0] += 1 }
        return times
    }
}
