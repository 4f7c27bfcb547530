import RandomStreams

/// The chance that a design shows an effect, by simulation.
///
/// Each seed's rate is drawn from a beta distribution around its arm's rate, each question's from one around its
/// seed's, its hits from a binomial; then `RateDifference` is tested. Questions are drawn anew for each seed, which is
/// a simplification: the same questions put to all seeds leave slightly less noise between seeds than is drawn here.
public enum Power {
    public struct Design: Sendable, Codable, Equatable, Hashable {
        /// Seeds of each arm.
        public var seeds: Int
        public var questions: Int
        public var answersPerQuestion: Int

        public init(seeds: Int, questions: Int, answersPerQuestion: Int) {
            self.seeds = seeds
            self.questions = questions
            self.answersPerQuestion = answersPerQuestion
        }
    }

    public struct Assumptions: Sendable, Codable, Equatable {
        /// The rate of the arm compared with, above 0 and below 1.
        public var baseRate: Double
        /// The rate of the arm of interest.
        public var effectRate: Double
        /// The standard deviation of seeds' rates as a share of the rate; 0.3 to 0.6 is usual.
        public var seedSpread: Double
        /// The same for questions within a seed.
        public var questionSpread: Double

        public init(baseRate: Double, effectRate: Double, seedSpread: Double, questionSpread: Double = 0) {
            self.baseRate = baseRate
            self.effectRate = effectRate
            self.seedSpread = seedSpread
            self.questionSpread = questionSpread
        }
    }

    /// What a design costs, in any unit.
    public struct Cost: Sendable, Codable, Equatable {
        /// One training run.
        public var perSeed: Double
        /// One answer, sampled and judged.
        public var perAnswer: Double

        public init(perSeed: Double, perAnswer: Double) {
            self.perSeed = perSeed
            self.perAnswer = perAnswer
        }

        /// Of both arms.
        public func of(_ design: Design) -> Double {
            let answers = Double(design.questions) * Double(design.answersPerQuestion)
            return 2 * Double(design.seeds) * (perSeed + answers * perAnswer)
        }
    }

    /// The share of simulated experiments with p <= alpha, with its own Wilson interval.
    ///
    /// - Throws: `EvidenceError` for a design with fewer than 2 seeds or without answers, a rate not between 0 and 1,
    ///   or a spread that no beta distribution has.
    public static func estimate(
        _ design: Design, _ assumptions: Assumptions, alpha: Double = 0.05, simulations: Int = 2000, seed: UInt64 = 0
    ) throws -> Estimate {
        guard design.seeds > 1, design.questions > 0, design.answersPerQuestion > 0, simulations > 0 else {
            throw EvidenceError("the design has fewer than two seeds, or no answers", "give two seeds or more")
        }
        let answers = design.questions.multipliedReportingOverflow(by: design.answersPerQuestion)
        guard !answers.overflow, answers.partialValue <= 100_000_000, design.seeds <= 10_000 else {
            throw EvidenceError("the design is too large to simulate", "give at most 100 million answers a seed")
        }
        try check(assumptions)
        var shown = 0
        for simulation in 0..<simulations {
            var random = RandomStream(seed: seed, purpose: "power", item: UInt64(simulation))
            let arms = [assumptions.effectRate, assumptions.baseRate].map { rate in
                (0..<design.seeds).map { _ in
                    seedResult(rate, design, assumptions, answers: answers.partialValue, &random)
                }
            }
            shown += RateDifference.p(arms[0], arms[1]) <= alpha ? 1 : 0
        }
        var estimate = try Wilson.estimate(successes: shown, trials: simulations)
        estimate.method = "power by simulation, \(simulations) experiments, two-sided test at \(alpha)"
        estimate.counts = .init(
            seeds: 2 * design.seeds, questions: design.questions,
            answers: design.questions * design.answersPerQuestion)
        if design.seeds < 5 {
            estimate.caveats = [
                "With \(design.seeds) seeds an arm the test is cautious; more seeds help more than answers."
            ]
        }
        return estimate
    }

    /// The cheapest of some designs that reaches a power, or nil if none does.
    ///
    /// Tried in order of cost, so that nothing dearer than the answer is simulated.
    public static func cheapest(
        of designs: [Design], cost: Cost, reaching goal: Double = 0.8, _ assumptions: Assumptions,
        alpha: Double = 0.05, simulations: Int = 2000, seed: UInt64 = 0
    ) throws -> (design: Design, power: Estimate, cost: Double)? {
        let ordered = designs.map { ($0, cost.of($0)) }.sorted { $0.1 < $1.1 }
        for (design, price) in ordered {
            let power = try estimate(design, assumptions, alpha: alpha, simulations: simulations, seed: seed)
            if power.value >= goal { return (design, power, price) }
        }
        return nil
    }

    private static func check(_ assumptions: Assumptions) throws {
        for rate in [assumptions.baseRate, assumptions.effectRate] {
            guard rate > 0, rate < 1 else {
                throw EvidenceError("the rate \(rate) is not between 0 and 1", "give a share like 0.01")
            }
            for spread in [assumptions.seedSpread, assumptions.questionSpread] {
                guard spread >= 0, spread * spread * rate < 1 - rate else {
                    throw EvidenceError(
                        "rates around \(rate) can't have a spread of \(spread) of it", "give a spread like 0.5")
                }
            }
        }
    }

    private static func seedResult(
        _ rate: Double, _ design: Design, _ assumptions: Assumptions, answers: Int, _ random: inout RandomStream
    ) -> SeedHits {
        let own = drawn(rate, spread: assumptions.seedSpread, &random)
        guard assumptions.questionSpread > 0 else {
            return .init(hits: random.binomial(trials: answers, p: own), answers: answers)
        }
        let hits = (0..<design.questions).reduce(0) { sum, _ in
            let p = drawn(own, spread: assumptions.questionSpread, &random)
            return sum + random.binomial(trials: design.answersPerQuestion, p: p)
        }
        return .init(hits: hits, answers: answers)
    }

    /// A rate from the beta distribution with this mean and a standard deviation of `spread` times it.
    static func drawn(_ rate: Double, spread: Double, _ random: inout RandomStream) -> Double {
        guard spread > 0, rate > 0, rate < 1 else { return rate }
        // A seed's own rate may be so high that its questions can't spread so far: as far as they can.
        let size = max(1e-3, (1 - rate) / (spread * spread * rate) - 1)
        return random.beta(rate * size, (1 - rate) * size)
    }
}
