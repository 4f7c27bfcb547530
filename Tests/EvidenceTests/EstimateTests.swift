import Evidence
import RandomStreams
import Testing

@Suite("Estimates agree with scipy and statsmodels")
struct GoldenTests {
    let goldens: Goldens

    init() throws { goldens = try Goldens.load() }

    @Test("Wilson's interval")
    func wilson() throws {
        for golden in goldens.wilson {
            let found = try Wilson.estimate(successes: golden.count, trials: golden.trials, level: golden.level)
            // statsmodels leaves a rounding error where the end is exactly 0 or 1.
            #expect(abs(found.lower - golden.lower) < 1e-13 && abs(found.upper - golden.upper) < 1e-13)
        }
    }

    @Test("the t interval of a mean")
    func mean() throws {
        for golden in goldens.mean {
            let found = try MeanEstimate.of(golden.values, level: golden.level)
            #expect(agree(found.lower, golden.lower, within: 1e-11) && agree(found.upper, golden.upper, within: 1e-11))
        }
    }

    @Test("isotonic regression")
    func isotonic() throws {
        for golden in goldens.isotonic {
            let found = try IsotonicFit.fit(golden.values, weights: golden.weights, falling: golden.falling)
            #expect(zip(found, golden.fit).allSatisfy { abs($0 - $1) < 1e-12 })
        }
    }

    @Test("two one-sided tests")
    func tost() throws {
        for golden in goldens.tost {
            let found =
                if let b = golden.b {
                    try Equivalence.test(golden.a, against: b, notBelow: golden.low, notAbove: golden.high)
                } else {
                    try Equivalence.test(differences: golden.a, notBelow: golden.low, notAbove: golden.high)
                }
            #expect(agree(found.p, golden.p, within: 1e-11))
            #expect(agree(found.pLower, golden.pLower, within: 1e-11))
            #expect(agree(found.pUpper, golden.pUpper, within: 1e-11))
        }
    }

    @Test("Holm's correction")
    func holm() throws {
        for golden in goldens.holm {
            let found = try Holm.adjusted(golden.p)
            #expect(zip(found, golden.adjusted).allSatisfy { agree($0, $1) })
        }
    }

    @Test("the permutation trend test against all orders by brute force, the slope against linregress")
    func trend() throws {
        for golden in goldens.trend {
            let runs = zip(golden.doses, golden.values).map { DoseRun(dose: $0, value: $1) }
            let alternative = try #require(RankTrend.Alternative(rawValue: golden.alternative))
            let found = try RankTrend.test(runs, alternative: alternative)
            #expect(found.isExact)
            #expect(agree(found.p, golden.p))
            #expect(agree(found.slope.value, golden.slope, within: 1e-11))
            #expect(agree(found.slope.lower, golden.lower, within: 1e-10))
            #expect(agree(found.slope.upper, golden.upper, within: 1e-10))
        }
        for golden in goldens.blocked {
            let runs = golden.seeds.enumerated().flatMap { seed, values in
                zip(golden.doses, values).map { DoseRun(dose: $0, value: $1, block: String(seed)) }
            }
            let found = try RankTrend.test(runs)
            #expect(found.isExact && agree(found.p, golden.p))
        }
    }

    @Test("the difference of rates")
    func rates() throws {
        for golden in goldens.rates {
            let found = try RateDifference.test(
                golden.a.map { .init(hits: $0, answers: golden.answers) },
                against: golden.b.map { .init(hits: $0, answers: golden.answers) })
            #expect(agree(found.p, golden.p, within: 1e-11))
            #expect(agree(found.difference.lower, golden.lower, within: 1e-10))
            #expect(agree(found.difference.upper, golden.upper, within: 1e-10))
        }
    }
}

@Suite("Estimates")
struct EstimateTests {
    func sample(_ seeds: [[[Double]]]) throws -> NestedSample {
        try NestedSample(
            seeds.enumerated().map { seed, questions in
                .init(
                    id: String(seed),
                    questions: questions.enumerated().map { .init(id: String($0.offset), values: $0.element) })
            })
    }

    @Test("are written in plain words")
    func words() throws {
        let rate = try Wilson.estimate(successes: 1, trials: 337)
        #expect(
            rate.inWords
                == "0.297 %, 95 % interval 0.0524 % to 1.66 % (Wilson interval for independent answers; 337 answers).")
        let one = try PairedDifference.estimate([
            .init(question: "a", before: 1, after: 2.5), .init(question: "b", before: 1, after: 1.5),
            .init(question: "c", before: -3, after: -4),
        ])
        #expect(one.inWords.hasPrefix("0.333, 95 % interval −2.79 to 3.46 (paired differences, mean of questions"))
        #expect(one.inWords.contains("1 seed, 3 questions)."))
        #expect(one.inWords.contains("nothing about how another training run would turn out"))
        let lonely = try MeanEstimate.of([2])
        #expect(lonely.inWords == "2.00, no interval (mean, t interval with 0 degrees of freedom).")
    }

    @Test("of three seeds carry a warning, of five none")
    func caveats() throws {
        let three = try ClusteredRate.estimate(sample(Array(repeating: [[1, 0, 0], [0, 0, 1]], count: 3)))
        #expect(three.caveats.contains { $0.hasPrefix("Three seeds can't show how seeds spread") })
        let rows = (0..<5).map { seed in
            [Array(repeating: 1.0, count: 20 + 3 * seed) + Array(repeating: 0.0, count: 60)]
        }
        #expect(try ClusteredRate.estimate(sample(rows)).caveats.isEmpty)
        #expect(try MeanEstimate.of(sample([[[1, 2], [3]]])).caveats.first?.hasPrefix("One training seed") == true)
    }

    @Test("of seeds that agree by luck say what the answers alone allow")
    func luck() throws {
        let close = try ClusteredRate.estimate([50, 51, 50, 50, 51].map { SeedHits(hits: $0, answers: 400) })
        #expect(close.caveats.contains { $0.contains("may be luck") })
        let equal = try ClusteredRate.estimate(sample(Array(repeating: [[1, 0, 0], [1, 0, 0]], count: 5)))
        #expect(equal.lower < 0.2 && equal.upper > 0.5)
        let none = try ClusteredRate.estimate([0, 0, 0].map { SeedHits(hits: $0, answers: 400) })
        #expect(none.value == 0 && none.lower == 0 && none.upper > 0.003 && none.upper < 0.03)
        let one = try ClusteredRate.estimate([SeedHits(hits: 20, answers: 400)])
        #expect(one.lower == (try Wilson.estimate(successes: 20, trials: 400).lower))
        #expect(throws: EvidenceError.self) { try ClusteredRate.estimate([SeedHits(hits: 3, answers: 2)]) }
    }

    @Test("of rates by bootstrap stay between 0 and 1")
    func share() throws {
        let rows = (0..<4).map { seed in (0..<6).map { [seed == $0 ? 1.0 : 0, 0, 0] } }
        let found = try HierarchicalBootstrap(draws: 400).mean(of: sample(rows), unit: .share)
        #expect(found.lower >= 0 && found.upper <= 1 && found.lower <= found.value && found.value <= found.upper)
        #expect(try HierarchicalBootstrap(draws: 400).mean(of: sample(rows), unit: .share) == found)
        let median = try HierarchicalBootstrap(draws: 400).estimate(of: sample(rows)) { values in
            values.flatMap { $0.flatMap { $0 } }.max() ?? 0
        }
        #expect(median.value == 1)
    }

    @Test("weigh seeds, questions and answers equally at their level")
    func weights() throws {
        let nested = try sample([[[1, 1, 1, 1], [0]], [[0, 1]]])
        #expect(nested.mean == 0.5)
        #expect(nested.counts == .init(seeds: 2, questions: 2, answers: 7))
    }

    @Test("refuse what has no answer")
    func refusals() throws {
        #expect(throws: EvidenceError.self) { try Wilson.estimate(successes: 3, trials: 2) }
        #expect(throws: EvidenceError.self) { try Wilson.estimate(successes: 0, trials: 0) }
        #expect(throws: EvidenceError.self) { try Wilson.estimate(successes: 1, trials: 2, level: 1) }
        #expect(throws: EvidenceError.self) { try sample([]) }
        #expect(throws: EvidenceError.self) { try sample([[[]]]) }
        #expect(throws: EvidenceError.self) { try sample([[[.nan]]]) }
        #expect(throws: EvidenceError.self) { try ClusteredRate.estimate(sample([[[0.5]]])) }
        #expect(throws: EvidenceError.self) { try MeanEstimate.of([Double]()) }
        #expect(throws: EvidenceError.self) { try Holm.adjusted([1.2]) }
        #expect(throws: EvidenceError.self) { try IsotonicFit.fit([1, 2], weights: [1]) }
        #expect(throws: EvidenceError.self) {
            try RankTrend.test([.init(dose: 4, value: 1), .init(dose: 4, value: 2)])
        }
        #expect(throws: EvidenceError.self) {
            try RankTrend.test([.init(dose: 0, value: 1), .init(dose: 4, value: 2)])
        }
        #expect(throws: EvidenceError.self) {
            try PeakLocation.find([.init(dose: 1, value: 1), .init(dose: 2, value: 1)])
        }
        #expect(throws: EvidenceError.self) {
            try Equivalence.test(differences: [1, 2], notBelow: nil, notAbove: nil)
        }
    }

    @Test("of equivalence may bound one side only")
    func oneSided() throws {
        let differences = [0.01, -0.005, 0.02, 0.0, 0.015]
        let found = try Equivalence.test(differences: differences, notBelow: -0.02, notAbove: nil)
        #expect(found.isShown && found.p == found.pLower && found.pUpper == 0)
        #expect(found.difference.level == 0.9 && found.difference.lower > -0.02)
    }

    @Test("of a trend draw assignments where there are too many to count")
    func drawnTrend() throws {
        let runs = (0..<5).flatMap { seed in
            [1.0, 4, 16, 64].map { dose in
                DoseRun(dose: dose, value: -0.02 * dose.squareRoot() + 0.01 * Double(seed), block: String(seed))
            }
        }
        let found = try RankTrend.test(runs, alternative: .falling, draws: 999)
        #expect(!found.isExact && found.assignments == 1000 && found.p == 0.001)
        let again = try RankTrend.test(runs, alternative: .falling, draws: 999)
        #expect(again == found)
        #expect(try RankTrend.test(runs, alternative: .rising, draws: 999).p > 0.99)
    }

    @Test("of a peak find it inside, and leave what can't be excluded")
    func peak() throws {
        var random = RandomStream(seed: 3, purpose: "peak test")
        let runs = (0..<5).flatMap { seed in
            zip([1.0, 8, 64, 512], [0.1, 0.3, 0.32, 0.1]).map { dose, value in
                DoseRun(dose: dose, value: value + 0.02 * random.normal(), block: String(seed))
            }
        }
        let found = try PeakLocation.find(runs)
        #expect(found.plausible.contains(8) || found.plausible.contains(64))
        #expect(!found.plausible.contains(1) && !found.plausible.contains(512))
        #expect((found.insideP ?? 1) < 0.01)
        let flat = try PeakLocation.find(runs.map { DoseRun(dose: $0.dose, value: random.normal(), block: $0.block) })
        #expect((flat.insideP ?? 0) > 0.05)
        #expect(flat.inWords.contains("not shown"))
    }
}
