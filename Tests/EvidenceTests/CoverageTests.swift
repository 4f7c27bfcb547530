import Evidence
import Foundation
import RandomStreams
import Testing

/// Coverage and false positives with variance between seeds and between questions. `EMLAB_LONG_TESTS=1`: the whole grid.
@Suite("By simulation, seeds and questions", .serialized)
struct CoverageTests {
    static let long = SimulationTests.long

    static let designs: [DesignSimulation] =
        long
        ? [0.002, 0.01, 0.05, 0.2, 0.4].flatMap { rate in
            [3, 5, 10].map { DesignSimulation(rate: rate, seeds: $0) }
        }
        : [DesignSimulation(rate: 0.01, seeds: 3), DesignSimulation(rate: 0.05, seeds: 5)]

    private func noise(_ simulations: Int) -> Double { 3 * (0.05 * 0.95 / Double(simulations)).squareRoot() }

    @Test("intervals hold the truth: a rate here and elsewhere, over a base, between arms", arguments: designs)
    func coverage(design: DesignSimulation) throws {
        let simulations = Self.long ? 2000 : 400
        var held = [0, 0, 0, 0]
        var rejected = [0, 0, 0]
        for simulation in 0..<simulations {
            var random = RandomStream(seed: 11, purpose: "coverage", item: UInt64(simulation))
            let factors = design.questionFactors(&random)
            let truth = design.rate * factors.reduce(0, +) / Double(factors.count)
            let runs = design.runs(factors, &random)
            let other = design.runs(factors, &random)
            let floor = design.base(factors, rate: design.rate / 4, &random)
            let same = design.base(factors, rate: design.rate, &random)
            func holds(_ estimate: Estimate, _ truth: Double) -> Int {
                estimate.lower <= truth && truth <= estimate.upper ? 1 : 0
            }
            held[0] += holds(try ClusteredRate.estimate(runs), truth)
            held[1] += holds(try ClusteredRate.estimate(runs, questions: .crossed), design.rate)
            held[2] += holds(try BaseDifference.test(runs, base: floor).difference, truth * 0.75)
            let difference = try RateDifference.test(runs.map(\.total), against: other.map(\.total))
            held[3] += holds(difference.difference, 0)
            rejected[0] += difference.p <= 0.05 ? 1 : 0
            let over = try BaseDifference.test(runs, base: same)
            rejected[1] += over.pAbove <= 0.05 ? 1 : 0
            rejected[2] += over.pBelow <= 0.05 ? 1 : 0
        }
        let coverage = held.map { Double($0) / Double(simulations) }
        let size = rejected.map { Double($0) / Double(simulations) }
        print("| \(design.testDescription) | \((coverage + size).map { String($0) }.joined(separator: " | ")) |")
        // Three seeds or a handful of hits can't hold 95 % where seeds are lopsided: there the estimate says so.
        for share in coverage { #expect(share > 0.925 - noise(simulations)) }
        #expect(size[0] < 0.05 + noise(simulations))
        #expect(size[1] < 0.05 + noise(simulations))
        #expect(size[2] < 0.05 + noise(simulations))
    }

    @Test("breadth's interval holds the truth, and no category is called reached by chance", arguments: [3, 5, 10])
    func breadth(seeds: Int) throws {
        let simulations = Self.long ? 100 : 25
        let categories = (0..<8).map { "c\($0)" }
        let shapes: [(name: String, lift: [Double])] = [
            ("even", Array(repeating: 1, count: 8)), ("half", [2, 2, 2, 2, 0, 0, 0, 0]),
            ("skewed", [4, 2, 1, 0.5, 0.25, 0.13, 0.06, 0.06]), ("one", [8, 0, 0, 0, 0, 0, 0, 0]),
            ("none", Array(repeating: 0, count: 8)),
        ]
        for rate in Self.long ? [0.005, 0.02, 0.1] : [0.05] {
            for shape in shapes {
                var (held, valued, falsely, shown) = (0, 0, 0, 0)
                for simulation in 0..<simulations {
                    var random = RandomStream(seed: 12, purpose: "breadth coverage", item: UInt64(simulation))
                    let floor = 0.002
                    var design = DesignSimulation(rate: 1, seeds: seeds, questions: 32, answers: 50)
                    design.questionSpread = 0.5
                    let factors = (0..<32).map { _ in DesignSimulation.factor(0.5, &random) }
                    // Rate = base + lift; the lift varies by seed, category and question, the base does not.
                    let runs = (0..<seeds).map { seed -> RunHits in
                        let own = DesignSimulation.factor(0.4, &random)
                        let tilt = categories.map { _ in DesignSimulation.factor(0.3, &random) }
                        return RunHits(
                            seed: String(seed),
                            questions: (0..<32).map { place in
                                let c = place % 8
                                let p = min(0.95, floor + rate * shape.lift[c] * own * tilt[c] * factors[place])
                                return QuestionHits(
                                    question: String(place), category: categories[c],
                                    hits: random.binomial(trials: 50, p: p), answers: 50)
                            })
                    }
                    let base = RunHits(
                        seed: "base",
                        questions: (0..<32).map { place in
                            QuestionHits(
                                question: String(place), category: categories[place % 8],
                                hits: random.binomial(trials: 200, p: floor), answers: 200)
                        })
                    let found = try Breadth.measure(runs, base: base, draws: 200, seed: UInt64(simulation))
                    let excess = (0..<8).map { c in
                        stride(from: c, to: 32, by: 8).reduce(0.0) { $0 + shape.lift[c] * factors[$1] }
                    }
                    let reached = found.categories.filter(\.isReached)
                    shown += reached.count
                    falsely +=
                        reached.contains { category in
                            categories.firstIndex(of: category.category).map { shape.lift[$0] == 0 } ?? false
                        } ? 1 : 0
                    if let truth = EffectiveCategories.value(excess), let estimate = found.effective {
                        valued += 1
                        held += estimate.lower <= truth + 1e-9 && truth <= estimate.upper + 1e-9 ? 1 : 0
                    }
                }
                let coverage = valued > 0 ? Double(held) / Double(valued) : 1
                let chance = Double(falsely) / Double(simulations)
                print(
                    "| breadth \(shape.name) | \(100 * rate) % | \(seeds) seeds | held \(coverage) | falsely reached "
                        + "\(chance) | mean reached \(Double(shown) / Double(simulations)) |")
                #expect(coverage > 0.93 - noise(max(1, valued)))
                #expect(chance < 0.05 + noise(simulations))
            }
        }
    }

    @Test("a claim of no effect is supported in at most 5 %, and Fieller's ratio holds the truth")
    func claims() throws {
        let simulations = Self.long ? 1000 : 60
        let claims = try [
            Claim(
                name: "equal lr", outcome: .misalignedAmongCoherent, comparison: .trend(over: "rank", .falling),
                bases: [.equalLearningRate]),
            Claim(
                name: "equal norm", outcome: .misalignedAmongCoherent, comparison: .trend(over: "rank", .falling),
                bases: [.equalNorm]),
            Claim(
                name: "peak", outcome: .misalignedAmongCoherent, comparison: .trend(over: "rank", .peak),
                bases: [.equalLearningRate]),
            Claim(
                name: "conditions", outcome: .misalignedAmongCoherent,
                comparison: .difference(of: "1", against: "8", .higher)),
            // The true difference lies on the margin.
            Claim(
                name: "not lower", outcome: .measure("m"),
                comparison: .difference(of: "1", against: "64", .notLower(margin: 0.5))),
        ]
        var supported = Array(repeating: 0, count: claims.count)
        var (any, ratio, ratios) = (0, 0, 0)
        for simulation in 0..<simulations {
            var random = RandomStream(seed: 13, purpose: "claims", item: UInt64(simulation))
            let design = DesignSimulation(rate: 0.05, seeds: 4)
            let factors = design.questionFactors(&random)
            var outcomes: [RunOutcome] = []
            for rank in [1.0, 8, 64] {
                for rate in [1e-4, 2e-4] {
                    for run in design.runs(factors, &random) {
                        var record = ArmRecord(label: "x", condition: ArmRecord.written(rank), seed: run.seed)
                        record.rank = rank
                        record.learningRate = rate
                        record.normBA = (rate * 1e4) * (1 + 0.1 * random.uniform())
                        outcomes.append(RunOutcome(record: record, value: run.rate, hits: run, coherentShare: 1))
                    }
                }
            }
            let verdicts = Verdict.weigh(
                claims,
                outcomes: { claim in
                    guard case .measure = claim.outcome else { return outcomes }
                    return ["1", "64"].flatMap { name in
                        (0..<4).map { seed in
                            var stream = RandomStream(seed: UInt64(simulation), purpose: name, item: UInt64(seed))
                            return RunOutcome(
                                record: ArmRecord(label: name, condition: name, seed: String(seed)),
                                value: (name == "1" ? -0.5 : 0) + 0.3 * stream.normal())
                        }
                    }
                }, base: { _ in nil })
            for (place, verdict) in verdicts.enumerated() {
                supported[place] += (verdict.p ?? 1) <= 0.05 ? 1 : 0
            }
            any += verdicts.contains { $0.finding == .supported } ? 1 : 0

            var wide = DesignSimulation(rate: 0.1, seeds: 5)
            wide.questionSpread = 0.3
            let own = wide.questionFactors(&random)
            let names = ["code", "other", "third"]
            let runs = wide.runs(own, categories: names, lift: ["code": 2], &random)
            let base = wide.base(own, rate: 0.002, categories: names, &random)
            let truth = [0, 1].map { part in
                let places = own.indices.filter { (names[$0 % 3] == "code") == (part == 0) }
                return places.reduce(0.0) { $0 + own[$1] * (part == 0 ? 0.2 - 0.002 : 0.1 - 0.002) }
                    / Double(places.count)
            }
            if let found = try Spillover.estimate(runs, base: base, inDomain: ["code"]).ratio {
                ratios += 1
                let whole = truth[1] / truth[0]
                ratio += found.lower <= whole && whole <= found.upper ? 1 : 0
            }
        }
        let shares = supported.map { Double($0) / Double(simulations) }
        print("| claims without effect: \(claims.map(\.name).joined(separator: ", ")) | \(shares) |")
        print("| any of \(claims.count) claims after Holm | \(Double(any) / Double(simulations)) |")
        print("| Fieller's ratio | \(Double(ratio) / Double(max(1, ratios))) of \(ratios) |")
        for share in shares { #expect(share < 0.05 + noise(simulations)) }
        #expect(Double(any) / Double(simulations) < 0.05 + noise(simulations))
        #expect(Double(ratio) / Double(max(1, ratios)) > 0.93 - noise(max(1, ratios)))
    }
}
