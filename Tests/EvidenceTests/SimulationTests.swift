import Evidence
import Foundation
import RandomStreams
import Testing

/// Coverage and false positives by simulation. `EMLAB_LONG_TESTS=1` runs the whole grid.
@Suite("By simulation", .serialized)
struct SimulationTests {
    static let long = ProcessInfo.processInfo.environment["EMLAB_LONG_TESTS"] == "1"

    struct Setting: Sendable, CustomTestStringConvertible {
        var rate: Double, seeds: Int, answers: Int, spread: Double
        var testDescription: String { "\(100 * rate) %, \(seeds) seeds, \(answers) answers, spread \(spread)" }
    }

    static let settings: [Setting] =
        long
        ? [0.002, 0.01, 0.05, 0.2, 0.4].flatMap { rate in
            [3, 5, 10].flatMap { seeds in
                [400, 2400].flatMap { answers in
                    [0, 0.3, 0.6].map { Setting(rate: rate, seeds: seeds, answers: answers, spread: $0) }
                }
            }
        }
        : [
            Setting(rate: 0.002, seeds: 5, answers: 2400, spread: 0.3),
            Setting(rate: 0.01, seeds: 3, answers: 2400, spread: 0.6),
            Setting(rate: 0.05, seeds: 5, answers: 400, spread: 0.3),
            Setting(rate: 0.4, seeds: 10, answers: 400, spread: 0.6),
        ]

    /// A seed's hits: its rate from a beta distribution, its answers from a binomial.
    static func hits(_ setting: Setting, _ random: inout RandomStream) -> Int {
        guard setting.spread > 0 else { return random.binomial(trials: setting.answers, p: setting.rate) }
        let size = (1 - setting.rate) / (setting.spread * setting.spread * setting.rate) - 1
        let own = random.beta(setting.rate * size, (1 - setting.rate) * size)
        return random.binomial(trials: setting.answers, p: own)
    }

    @Test("95 % intervals of a rate hold the truth as often as they say", arguments: settings)
    func rateCoverage(setting: Setting) throws {
        let simulations = Self.long ? 2000 : 1500
        var covered = 0
        for simulation in 0..<simulations {
            var random = RandomStream(seed: 1, purpose: "rate coverage", item: UInt64(simulation))
            let seeds = (0..<setting.seeds).map { _ in
                SeedHits(hits: Self.hits(setting, &random), answers: setting.answers)
            }
            let estimate = try ClusteredRate.estimate(seeds)
            covered += estimate.lower <= setting.rate && setting.rate <= estimate.upper ? 1 : 0
        }
        let coverage = Double(covered) / Double(simulations)
        let noise = 3 * (0.05 * 0.95 / Double(simulations)).squareRoot()
        print("rate coverage, \(setting.testDescription): \(coverage)")
        // Few hits in all make the interval cautious, never short.
        let few = setting.rate * Double(setting.answers * setting.seeds) < 25
        #expect(coverage > 0.94 - noise && coverage < (few ? 1 : 0.972) + noise)
    }

    @Test("intervals of a mean hold the truth, by analysis of variance and by bootstrap", arguments: [3, 5, 10])
    func meanCoverage(seeds: Int) throws {
        let simulations = Self.long ? 800 : 300
        let questions = 24
        var (analytic, drawn) = (0, 0)
        for simulation in 0..<simulations {
            var random = RandomStream(seed: 2, purpose: "bootstrap coverage", item: UInt64(simulation))
            let effects = (0..<questions).map { _ in 0.7 * random.normal() }
            let sample = try NestedSample(
                (0..<seeds).map { seed in
                    let own = 0.3 * random.normal()
                    return .init(
                        id: String(seed),
                        questions: effects.enumerated().map { place, effect in
                            .init(id: String(place), values: (0..<3).map { _ in own + effect + 1.5 * random.normal() })
                        })
                })
            let mean = try MeanEstimate.of(sample, questions: .crossed)
            analytic += mean.lower <= 0 && 0 <= mean.upper ? 1 : 0
            let bootstrap = try HierarchicalBootstrap(draws: Self.long ? 300 : 150, seed: UInt64(simulation))
                .mean(of: sample)
            drawn += bootstrap.lower <= 0 && 0 <= bootstrap.upper ? 1 : 0
        }
        let coverage = [analytic, drawn].map { Double($0) / Double(simulations) }
        let noise = 3 * (0.05 * 0.95 / Double(simulations)).squareRoot()
        print("mean coverage, \(seeds) seeds, analysis of variance and bootstrap: \(coverage)")
        for share in coverage { #expect(share > 0.93 - noise) }
    }

    @Test("a true null is rejected in at most 5 %", arguments: settings)
    func falsePositives(setting: Setting) throws {
        let simulations = Self.long ? 4000 : 2000
        var difference = 0
        for simulation in 0..<simulations {
            var random = RandomStream(seed: 3, purpose: "false positives", item: UInt64(simulation))
            let arms = (0..<2).map { _ in
                (0..<setting.seeds).map { _ in
                    SeedHits(hits: Self.hits(setting, &random), answers: setting.answers)
                }
            }
            difference += try RateDifference.test(arms[0], against: arms[1]).p <= 0.05 ? 1 : 0
        }
        let share = Double(difference) / Double(simulations)
        print("false positives of the difference of rates, \(setting.testDescription): \(share)")
        #expect(share < 0.05 + 3 * (0.05 * 0.95 / Double(simulations)).squareRoot())
    }

    @Test("trend, peak and equivalence reject a true null in at most 5 %")
    func otherFalsePositives() throws {
        let simulations = Self.long ? 2000 : 500
        var (trend, inside, missed, equivalent) = (0, 0, 0, 0)
        for simulation in 0..<simulations {
            var random = RandomStream(seed: 4, purpose: "other false positives", item: UInt64(simulation))
            // Seeds differ more than their runs: a test that forgot them would see too much.
            let runs = (0..<4).flatMap { seed -> [DoseRun] in
                let own = 3 * random.normal()
                return [1.0, 4, 16, 64].map { DoseRun(dose: $0, value: own + random.normal(), block: String(seed)) }
            }
            trend += try RankTrend.test(runs, draws: 199, seed: UInt64(simulation)).p <= 0.05 ? 1 : 0
            let peak = try PeakLocation.find(runs)
            inside += (peak.insideP ?? 1) <= 0.05 ? 1 : 0
            missed += peak.plausible.contains(16) ? 0 : 1
            // The true difference lies on the margin.
            let differences = (0..<5).map { _ in 1 + random.normal() }
            equivalent += try Equivalence.test(differences: differences, notBelow: -1, notAbove: 1).isShown ? 1 : 0
        }
        let noise = 3 * (0.05 * 0.95 / Double(simulations)).squareRoot()
        let shares = [trend, inside, missed, equivalent].map { Double($0) / Double(simulations) }
        print("false positives of trend, inner peak, missed peak, equivalence: \(shares)")
        for share in shares { #expect(share < 0.05 + noise) }
    }

    @Test("power is near that of a t test by statsmodels, and the test's size where there is no effect")
    func power() throws {
        for golden in try Goldens.load().power {
            let found = try Power.estimate(
                .init(seeds: golden.seeds, questions: 24, answersPerQuestion: golden.answers / 24),
                .init(baseRate: golden.base, effectRate: golden.effect, seedSpread: golden.spread), simulations: 600)
            print("power with \(golden.seeds) seeds: \(found.value), statsmodels \(golden.power)")
            // Welch's degrees of freedom cost a little; 600 experiments leave 2 points of noise.
            #expect(found.value < golden.power + 0.06 && found.value > golden.power - 0.1)
        }
        let null = Power.Assumptions(baseRate: 0.1, effectRate: 0.1, seedSpread: 0.3, questionSpread: 0.5)
        let size = try Power.estimate(
            .init(seeds: 5, questions: 10, answersPerQuestion: 20), null, simulations: 600)
        #expect(size.value < 0.08)
    }

    @Test("the cheapest design is the first in cost that suffices")
    func cheapest() throws {
        let designs = [2, 3, 4, 6, 8].flatMap { seeds in
            [10, 100].map { Power.Design(seeds: seeds, questions: 24, answersPerQuestion: $0) }
        }
        let cost = Power.Cost(perSeed: 600, perAnswer: 0.5)
        let assumptions = Power.Assumptions(baseRate: 0.005, effectRate: 0.03, seedSpread: 0.4)
        let found = try #require(
            try Power.cheapest(of: designs, cost: cost, assumptions, simulations: 400))
        #expect(found.power.value >= 0.8)
        for design in designs where cost.of(design) < found.cost {
            #expect(try Power.estimate(design, assumptions, simulations: 400).value < 0.8)
        }
        #expect(
            try Power.cheapest(
                of: [.init(seeds: 2, questions: 1, answersPerQuestion: 1)], cost: cost, assumptions, simulations: 50)
                == nil)
        #expect(throws: EvidenceError.self) {
            try Power.estimate(
                designs[0], .init(baseRate: 0.5, effectRate: 0.9, seedSpread: 0.9), simulations: 10)
        }
    }
}
