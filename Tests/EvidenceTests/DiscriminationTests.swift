import Evidence
import Foundation
import RandomStreams
import Testing

/// Numbers of scikit-learn, made by References/evidence/make-discrimination-goldens.py.
struct DiscriminationGoldens: Decodable {
    struct Discrimination: Decodable {
        let scores: [Double], labels: [Bool], tasks: [String], threshold: Double
        let auroc: Double, standardError: Double, balancedAccuracy: Double

        var labelled: [LabelledScore] {
            scores.indices.map {
                LabelledScore(item: String($0), task: tasks[$0], isPositive: labels[$0], score: scores[$0])
            }
        }
    }
    struct Regression: Decodable {
        let rows: [[Double]], labels: [Bool], c: Double, means: [Double], scales: [Double]
        let weights: [Double], intercept: Double
    }

    let discrimination: [Discrimination]
    let regression: [Regression]

    static func load() throws -> DiscriminationGoldens {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
        let url = root.appendingPathComponent("References/evidence/discrimination-goldens.json")
        return try JSONDecoder().decode(DiscriminationGoldens.self, from: Data(contentsOf: url))
    }
}

@Suite("Telling two kinds apart")
struct DiscriminationTests {
    private func score(
        _ item: String, task: String? = nil, pair: String? = nil, _ isPositive: Bool, _ score: Double
    ) -> LabelledScore {
        LabelledScore(item: item, task: task ?? item, pair: pair, isPositive: isPositive, score: score)
    }

    @Test("AUROC and balanced accuracy are scikit-learn's, ties and all")
    func values() throws {
        for golden in try DiscriminationGoldens.load().discrimination {
            let auroc = try Discrimination.auroc.value(golden.labelled)
            #expect(abs(auroc - golden.auroc) < 1e-12)
            let balanced = try Discrimination.balancedAccuracy(threshold: golden.threshold).value(golden.labelled)
            #expect(abs(balanced - golden.balancedAccuracy) < 1e-12)
        }
    }

    @Test("the interval comes from Obuchowski's standard error, which without clusters is DeLong's")
    func standardErrors() throws {
        for golden in try DiscriminationGoldens.load().discrimination {
            let estimate = try Discrimination.auroc.estimate(golden.labelled)
            let (p, se) = (golden.auroc, golden.standardError)
            // Back from Wilson's ends: (p - end)² = z² end (1 - end) / n for both.
            let trials = p * (1 - p) / (se * se)
            let squares = [estimate.lower, estimate.upper].map { end in
                (p - end) * (p - end) * trials / (end * (1 - end))
            }
            #expect(abs(squares[0] - squares[1]) < 1e-9)
            let tasks = [true, false].map { side in
                Set(golden.labelled.filter { $0.isPositive == side }.map(\.task)).count
            }
            let degrees = Double(min(tasks[0], tasks[1]) - 1)
            #expect(estimate.method.contains("\(Int(degrees)) degrees of freedom"))
            #expect(squares[0].squareRoot() > 1.96 && squares[0].squareRoot() < 2.1)
        }
    }

    @Test("pairs are compared within themselves; a tie counts half")
    func pairs() throws {
        let scores = [
            score("a+", task: "a", pair: "a", true, 3), score("a-", task: "a", pair: "a", false, 2),
            score("b+", task: "b", pair: "b", true, -5), score("b-", task: "b", pair: "b", false, -5),
            score("c+", task: "c", pair: "c", true, 0), score("c-", task: "c", pair: "c", false, 9),
            score("d", true, 100), score("e-", task: "e", pair: "e", false, 1),
        ]
        let estimate = try Discrimination.pairedAccuracy.estimate(scores)
        #expect(estimate.value == 0.5)
        #expect(estimate.counts.tasks == 3)
        #expect(estimate.lower > 0 && estimate.upper < 1)
        #expect(estimate.caveats.first?.hasPrefix("Only 3 tasks") == true)
    }

    @Test("a perfect separation and an empty alarm have intervals that are not of no width")
    func ends() throws {
        let apart = (0..<20).flatMap { number in
            [
                score("\(number)+", task: "\(number)", true, 10 + Double(number)),
                score("\(number)-", task: "\(number)", false, Double(number) / 10),
            ]
        }
        let auroc = try Discrimination.auroc.estimate(apart)
        #expect(auroc.value == 1 && auroc.upper == 1 && auroc.lower > 0.7 && auroc.lower < 0.9)
        let alarms = try Discrimination.alarmRate(threshold: 1000).estimate(apart)
        let change = try Discrimination.alarmRate(threshold: 1000).difference(before: apart, after: apart)
        #expect(
            change.value == 0 && change.lower == -.infinity && change.caveats.last?.hasSuffix("no interval.") == true)
        #expect(alarms.value == 0 && alarms.lower == 0 && alarms.upper > 0.1 && alarms.upper < 0.3)
    }

    @Test("what can't be computed says why")
    func errors() {
        let one = score("a", true, 1)
        #expect(throws: EvidenceError.self) { try Discrimination.auroc.estimate([one]) }
        #expect(throws: EvidenceError.self) { try Discrimination.auroc.estimate([one, one]) }
        #expect(throws: EvidenceError.self) { try Discrimination.pairedAccuracy.estimate([one]) }
        #expect(throws: EvidenceError.self) { try Discrimination.alarmRate(threshold: 0).estimate([]) }
        #expect(throws: EvidenceError.self) {
            try Discrimination.auroc.estimate([one, score("b", false, .nan)])
        }
        #expect(throws: EvidenceError.self) {
            try Discrimination.auroc.difference(before: [one], after: [score("b", false, 1)])
        }
    }

    /// Pairs of programs; a task's two programs have much in common.
    static func sample(tasks: Int, shift: Double, change: Double, rounded: Bool, _ random: inout RandomStream) -> (
        before: [LabelledScore], after: [LabelledScore]
    ) {
        func whole(_ value: Double) -> Double { rounded ? (2 * value).rounded() / 2 : value }
        var (before, after): ([LabelledScore], [LabelledScore]) = ([], [])
        for task in 0..<tasks {
            let own = random.normal()
            // A third of the tasks hold two nearly equal pairs.
            for copy in 0..<(task % 3 == 0 ? 2 : 1) {
                for isPositive in [true, false] {
                    let item = "\(task)/\(copy)/\(isPositive)"
                    let shared = own + 0.7 * random.normal()
                    before.append(
                        LabelledScore(
                            item: item, task: "\(task)", pair: "\(task)/\(copy)", isPositive: isPositive,
                            score: whole(shared + (isPositive ? shift : 0) + 0.5 * random.normal())))
                    after.append(
                        LabelledScore(
                            item: item, task: "\(task)", pair: "\(task)/\(copy)", isPositive: isPositive,
                            score: whole(shared + (isPositive ? shift + change : 0) + 0.5 * random.normal())))
                }
            }
        }
        return (before, after)
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        var tasks: Int, shift: Double, rounded: Bool
        var testDescription: String { "\(tasks) tasks, shift \(shift)\(rounded ? ", with ties" : "")" }
    }

    @Test(
        "95 % intervals hold the truth as often as they say, with clusters, ties and at both ends",
        arguments: [
            Setting(tasks: 20, shift: 0, rounded: false), Setting(tasks: 80, shift: 0, rounded: true),
            Setting(tasks: 20, shift: 1.2, rounded: true), Setting(tasks: 60, shift: 1.2, rounded: false),
            Setting(tasks: 40, shift: 3, rounded: false),
        ])
    func coverage(setting: Setting) throws {
        let kinds: [Discrimination] = [
            .auroc, .balancedAccuracy(threshold: setting.shift / 2 + 0.001), .pairedAccuracy,
            .alarmRate(threshold: 1.3),
        ]
        // The truth from one sample that is large enough.
        var random = RandomStream(seed: 9, purpose: "truth")
        let large = Self.sample(tasks: 12000, shift: setting.shift, change: 0.6, rounded: setting.rounded, &random)
        let truths = try kinds.map { try $0.value(large.before) }
        let changes = try kinds.map { try $0.value(large.after) - $0.value(large.before) }
        let simulations = SimulationTests.long ? 2000 : 400
        var (held, heldChanges) = ([Int](repeating: 0, count: 4), [Int](repeating: 0, count: 4))
        for simulation in 0..<simulations {
            var random = RandomStream(seed: 10, purpose: "discrimination coverage", item: UInt64(simulation))
            let drawn = Self.sample(
                tasks: setting.tasks, shift: setting.shift, change: 0.6, rounded: setting.rounded, &random)
            for (place, kind) in kinds.enumerated() {
                let estimate = try kind.estimate(drawn.before)
                held[place] += estimate.lower <= truths[place] && truths[place] <= estimate.upper ? 1 : 0
                let change = try kind.difference(before: drawn.before, after: drawn.after)
                heldChanges[place] += change.lower <= changes[place] && changes[place] <= change.upper ? 1 : 0
            }
        }
        let noise = 3 * (0.05 * 0.95 / Double(simulations)).squareRoot()
        for (place, name) in ["AUROC", "balanced", "paired", "alarm"].enumerated() {
            let share = Double(held[place]) / Double(simulations)
            let changed = Double(heldChanges[place]) / Double(simulations)
            print("\(setting.testDescription): \(name) \(share), its change \(changed)")
            #expect(share > 0.94 - noise, "\(name)")
            #expect(changed > 0.93 - noise, "change of \(name)")
        }
    }
}
