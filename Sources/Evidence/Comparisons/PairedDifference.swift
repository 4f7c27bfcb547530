/// Differences between two conditions on the same questions, like before and after training.
public enum PairedDifference {
    /// One question's numbers under both conditions.
    public struct Pair: Sendable, Codable, Equatable {
        public var question: String
        public var before: Double
        public var after: Double

        public init(question: String, before: Double, after: Double) {
            self.question = question
            self.before = before
            self.after = after
        }
    }

    /// The mean of after - before over one seed's questions, with a t interval over the questions.
    public static func estimate(
        _ pairs: [Pair], level: Double = 0.95, unit: Estimate.Unit = .plain
    ) throws -> Estimate {
        try estimate([pairs], level: level, unit: unit)
    }

    /// The mean of after - before over seeds, each seed's the mean over its questions, with a t interval over seeds
    /// (over the questions if there is one seed).
    public static func estimate(
        _ seeds: [[Pair]], level: Double = 0.95, unit: Estimate.Unit = .plain
    ) throws -> Estimate {
        var estimate = try MeanEstimate.of(try sample(seeds), level: level, unit: unit)
        estimate.method = "paired differences, " + estimate.method
        estimate.counts.answers = nil
        return estimate
    }

    /// The differences as a nested sample, for a bootstrap of any number made from them.
    public static func sample(_ seeds: [[Pair]]) throws -> NestedSample {
        try NestedSample(
            seeds.enumerated().map { place, pairs in
                NestedSample.Seed(
                    id: String(place + 1),
                    questions: pairs.map { .init(id: $0.question, values: [$0.after - $0.before]) })
            })
    }
}
