import Evidence
import Foundation
import RandomStreams
import Testing

@Suite("A linear probe")
struct ProbeTests {
    @Test("has scikit-learn's coefficients, and its scaling")
    func regression() throws {
        for golden in try DiscriminationGoldens.load().regression {
            let columns = golden.rows[0].count
            let scaling = Standardisation(golden.rows.flatMap(\.self), columns: columns)
            for (a, b) in zip(scaling.means + scaling.scales, golden.means + golden.scales) {
                #expect(abs(a - b) < 1e-9 * max(1, abs(b)))
            }
            let rows = golden.rows.flatMap { scaling.apply($0[...]) }
            let fit = try LogisticRegression.fit(rows, labels: golden.labels, c: golden.c, tolerance: 1e-9)
            let worst =
                zip(fit.weights + [fit.intercept], golden.weights + [golden.intercept])
                .map { abs($0 - $1) }.max() ?? .infinity
            print("\(golden.rows.count) rows of \(columns), C \(golden.c): largest difference \(worst)")
            #expect(worst < 1e-6)
        }
    }

    /// Rows of two programs a task: noise that a task shares, and a signal in one direction.
    static func rows(tasks: Int, columns: Int, signal: Double, seed: UInt64) -> (
        rows: [Double], labels: [Bool], groups: [String]
    ) {
        var random = RandomStream(seed: seed, purpose: "probe rows")
        var (rows, labels, groups): ([Double], [Bool], [String]) = ([], [], [])
        for task in 0..<tasks {
            let shared = (0..<columns).map { _ in 2 * random.normal() }
            for isPositive in [true, false] {
                for column in 0..<columns {
                    rows.append(
                        shared[column] + 0.5 * random.normal() + (isPositive && column % 7 == 0 ? signal : 0))
                }
                labels.append(isPositive)
                groups.append("task \(task)")
            }
        }
        return (rows, labels, groups)
    }

    private func auroc(_ outcome: CrossValidatedProbe.Outcome, _ labels: [Bool]) throws -> Double {
        try Discrimination.auroc.value(
            labels.indices.map {
                LabelledScore(item: "\($0)", task: "\($0)", isPositive: labels[$0], score: outcome.logits[$0])
            })
    }

    @Test("finds a planted direction on tasks it has not seen, and nothing where labels are shuffled")
    func planted() throws {
        let probe = CrossValidatedProbe(seed: 4)
        let data = Self.rows(tasks: 60, columns: 80, signal: 3, seed: 1)
        let found = try probe.run(data.rows, labels: data.labels, groups: data.groups, others: Array(data.rows[..<160]))
        #expect(try auroc(found, data.labels) > 0.98)
        #expect(found.otherLogits.count == 2 && found.otherLogits[0] > found.otherLogits[1])
        var areas: [Double] = []
        for seed in 0..<12 {
            var stream = RandomStream(seed: UInt64(seed), purpose: "shuffled labels")
            // Swapped within tasks, so that tasks stay balanced.
            let labels = (0..<60).flatMap { _ in stream.uniform() < 0.5 ? [true, false] : [false, true] }
            let nothing = try probe.run(data.rows, labels: labels, groups: data.groups)
            areas.append(try auroc(nothing, labels))
        }
        let mean = areas.reduce(0, +) / Double(areas.count)
        print("AUROC with shuffled labels: mean \(mean), \(areas.min() ?? 0) to \(areas.max() ?? 0)")
        #expect(abs(mean - 0.5) < 0.05)
        #expect(areas.allSatisfy { $0 > 0.3 && $0 < 0.7 })
    }

    @Test("that memorises tasks gains nothing from it: labels that go by task are not found on other tasks")
    func leak() throws {
        var data = Self.rows(tasks: 60, columns: 80, signal: 0, seed: 2)
        // Both programs of a task have its label, so that a fold that shared tasks would look good.
        for task in 0..<60 { for side in 0...1 { data.labels[2 * task + side] = task % 2 == 0 } }
        let probe = CrossValidatedProbe(seed: 5)
        let honest = try auroc(try probe.run(data.rows, labels: data.labels, groups: data.groups), data.labels)
        let leaking = try auroc(
            try probe.run(data.rows, labels: data.labels, groups: data.groups.indices.map(String.init)), data.labels)
        print("AUROC where labels go by task: \(honest) with tasks kept together, \(leaking) with tasks torn apart")
        #expect(honest < 0.68)
        #expect(leaking > 0.8)
    }

    @Test("keeps groups whole in every fold, and folds even", arguments: [2, 5, 7])
    func folds(count: Int) throws {
        let groups = (0..<200).map { "g\($0 % 37 % ($0 % 3 + 5) + ($0 % 2) * 40 + $0 / 9)" }
        let fold = try GroupFolds.assign(groups: groups, folds: count, seed: 3)
        let byGroup = Dictionary(grouping: zip(groups, fold), by: \.0).mapValues { Set($0.map(\.1)) }
        #expect(byGroup.values.allSatisfy { $0.count == 1 })
        let sizes = (0..<count).map { number in fold.count { $0 == number } }
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 8, "\(sizes)")
        #expect(try GroupFolds.assign(groups: groups, folds: count, seed: 3) == fold)
        #expect(try GroupFolds.assign(groups: groups, folds: count, seed: 4) != fold)
        #expect(throws: EvidenceError.self) {
            try GroupFolds.assign(groups: ["a", "a", "b"], folds: 3, seed: 0)
        }
    }

    @Test("chooses among layers by the training folds alone")
    func layers() throws {
        let signal = Self.rows(tasks: 40, columns: 20, signal: 3, seed: 1)
        let noise = Self.rows(tasks: 40, columns: 20, signal: 0, seed: 2)
        let probe = CrossValidatedProbe()
        let outcomes = try [noise, signal, noise].map {
            try probe.run($0.rows, labels: signal.labels, groups: signal.groups, others: Array($0.rows[..<20]))
        }
        let chosen = try #require(CrossValidatedProbe.chosen(among: outcomes))
        #expect(chosen.choices == [1, 1, 1, 1, 1])
        #expect(chosen.outcome == outcomes[1])
        #expect(CrossValidatedProbe.chosen(among: []) == nil)
    }
}
