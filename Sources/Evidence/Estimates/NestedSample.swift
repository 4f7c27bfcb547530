/// Values as an experiment yields them: training seeds, questions asked of each seed's model, answers to each question.
///
/// Every mean weighs seeds equally, within a seed its questions equally, within a question its answers equally.
public struct NestedSample: Sendable, Equatable {
    public struct Seed: Sendable, Equatable {
        public var id: String
        public var questions: [Question]

        public init(id: String, questions: [Question]) {
            self.id = id
            self.questions = questions
        }

        /// The mean over questions of the mean over answers.
        public var mean: Double { Evidence.mean(questions.map { Evidence.mean($0.values) }) }
    }

    public struct Question: Sendable, Equatable {
        public var id: String
        /// One value an answer; 0 or 1 where a rate is wanted. At least one.
        public var values: [Double]

        public init(id: String, values: [Double]) {
            self.id = id
            self.values = values
        }
    }

    public let seeds: [Seed]

    /// - Throws: `EvidenceError` if there is no seed, a seed without questions, a question without values or twice
    ///   in a seed, or a value that isn't finite.
    public init(_ seeds: [Seed]) throws {
        guard !seeds.isEmpty else { throw EvidenceError("there are no seeds", "give at least one") }
        for seed in seeds {
            guard !seed.questions.isEmpty else {
                throw EvidenceError("seed \(seed.id) has no questions", "leave it out or ask it some")
            }
            guard Set(seed.questions.map(\.id)).count == seed.questions.count else {
                throw EvidenceError("seed \(seed.id) has a question twice", "gather its answers under one question")
            }
            for question in seed.questions {
                guard !question.values.isEmpty else {
                    throw EvidenceError(
                        "question \(question.id) of seed \(seed.id) has no values", "leave it out for this seed")
                }
                guard question.values.allSatisfy(\.isFinite) else {
                    throw EvidenceError(
                        "question \(question.id) of seed \(seed.id) has a value that isn't finite",
                        "leave out what has no score")
                }
            }
        }
        self.seeds = seeds
    }

    public var mean: Double { Evidence.mean(seeds.map(\.mean)) }

    /// Seeds, different questions, and values in all.
    public var counts: Estimate.Counts {
        Estimate.Counts(
            seeds: seeds.count, questions: Set(seeds.flatMap { $0.questions.map(\.id) }).count,
            answers: seeds.reduce(0) { $0 + $1.questions.reduce(0) { $0 + $1.values.count } })
    }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The variance with n - 1; NaN for fewer than two values.
func variance(_ values: [Double]) -> Double {
    guard values.count > 1 else { return .nan }
    let center = mean(values)
    return values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
}

/// The quantile by linear interpolation between order statistics (Hyndman and Fan's type 7) of sorted values.
func quantile(_ sorted: [Double], _ p: Double) -> Double {
    let place = p * Double(sorted.count - 1)
    let below = min(max(Int(place.rounded(.down)), 0), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
}
