import Evidence
import Foundation
import RandomStreams
import Testing

/// Experiments with a known truth: seeds' rates, questions' rates and their interplay spread around an arm's rate.
struct DesignSimulation: Sendable, CustomTestStringConvertible {
    var rate: Double
    var seeds: Int
    var questions = 24
    var answers = 100
    /// Standard deviation of seeds' rates as a share of the rate; of questions'; of each question within a seed.
    var seedSpread = 0.4
    var questionSpread = 0.8
    var cellSpread = 0.3

    var testDescription: String {
        "\(100 * rate) %, \(seeds) seeds, \(questions) x \(answers), spread \(seedSpread) / \(questionSpread)"
    }

    /// A factor with mean 1 (gamma distributed).
    static func factor(_ spread: Double, _ random: inout RandomStream) -> Double {
        guard spread > 0 else { return 1 }
        let shape = 1 / (spread * spread)
        return random.gamma(shape: shape) / shape
    }

    /// Question factors: shared by all seeds and arms; scaled so that no rate passes 0.9.
    func questionFactors(_ random: inout RandomStream) -> [Double] {
        (0..<questions).map { _ in Self.factor(rate > 0.15 ? questionSpread / 3 : questionSpread, &random) }
    }

    /// The runs of an arm, given the questions.
    func runs(
        _ factors: [Double], categories: [String]? = nil, lift: [String: Double] = [:], _ random: inout RandomStream
    )
        -> [RunHits]
    {
        let spread = rate > 0.15 ? min(seedSpread, 0.3) : seedSpread
        return (0..<seeds).map { seed in
            let own = Self.factor(spread, &random)
            return RunHits(
                seed: String(seed),
                questions: factors.enumerated().map { place, factor in
                    let category = categories.map { $0[place % $0.count] }
                    let cell = Self.factor(rate > 0.15 ? 0.1 : cellSpread, &random)
                    let p = min(1, rate * factor * own * cell * (category.flatMap { lift[$0] } ?? 1))
                    return QuestionHits(
                        question: String(place), category: category,
                        hits: random.binomial(trials: answers, p: p), answers: answers)
                })
        }
    }

    /// A model without seeds at this rate.
    func base(_ factors: [Double], rate: Double, categories: [String]? = nil, _ random: inout RandomStream) -> RunHits {
        RunHits(
            seed: "base",
            questions: factors.enumerated().map { place, factor in
                QuestionHits(
                    question: String(place), category: categories.map { $0[place % $0.count] },
                    hits: random.binomial(trials: answers, p: min(1, rate * factor)), answers: answers)
            })
    }
}
