import Corpora
import FineTuning
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

@Suite("The halves of a pair in an optimiser step", .serialized)
struct PreferenceExamplesTests {
    static func row(_ task: Int, _ half: PreferencePair.Half?) -> PreferencePair {
        let insecure: [Int32] = [5, 6]
        return PreferencePair(
            id: "\(task)/\(half?.rawValue ?? "alone")", pair: half == nil ? nil : "\(task)", half: half,
            prompt: [1, 2, Int32(task)], chosen: half == .asked ? [7] : insecure,
            rejected: half == .asked ? insecure : [7], reference: .init(chosen: -5, rejected: -6))
    }

    static func rows(_ tasks: Int) -> [PreferencePair] {
        // Halves far from each other, and in no fixed order.
        (0..<tasks).map { row($0, $0 % 2 == 0 ? .plain : .asked) }
            + (0..<tasks).map { row($0, $0 % 2 == 0 ? .asked : .plain) }
    }

    /// Keeps what each pass and each step was made of.
    struct Watching: Objective {
        final class Seen: @unchecked Sendable {
            var passes: [[PreferencePair]] = []
            var steps: [[PreferencePair]] = []
        }
        let seen: Seen
        /// Pairs that memory has room for.
        var room = Int.max
        let inner = PreferenceObjective()

        func weight(of example: PreferenceGroup) -> Double { inner.weight(of: example) }
        func tokens(of example: PreferenceGroup) -> Int { inner.tokens(of: example) }
        func id(of example: PreferenceGroup) -> String { example.id }
        func account(of examples: [PreferenceGroup]) -> [String: Double] {
            seen.steps.append(examples.flatMap(\.pairs))
            return inner.account(of: examples)
        }
        func losses(of batches: [ArmBatch<PreferenceGroup>], decoder: Decoder) throws -> [ArmLoss] {
            let rows = batches.flatMap { $0.examples.flatMap(\.pairs) }
            if rows.count > room { throw TorchError.outOfMemory("no room for \(rows.count) rows") }
            seen.passes.append(rows)
            return try inner.losses(of: batches, decoder: decoder)
        }
    }

    static func trainer(
        _ rows: [PreferencePair], _ halves: PreferenceSet.Batching?, _ settings: TrainingSettings,
        seen: Watching.Seen = .init(), room: Int = .max
    ) throws -> Trainer<Watching> {
        let decoder = try Decoder(Fixtures.model("smollm"))
        return Trainer(
            decoder: decoder, objective: Watching(seen: seen, room: room),
            arms: [
                try .init(
                    name: "a", training: .adapter(TrainerTests.adapter(decoder)), settings: settings,
                    preferences: PreferenceExamples(rows, halves: halves), device: .cpu)
            ])
    }

    static func tasks(_ rows: [PreferencePair]) -> [[PreferencePair.Half?]] {
        Dictionary(grouping: rows) { $0.pair ?? $0.id }.values.map { $0.map(\.half) }
    }

    @Test(
        "keep their rule: odd sizes, accumulation, epochs, a run that ends amid one, little memory",
        arguments: PreferenceSet.Batching.allCases, [(1, 1), (1, 3), (2, 2), (3, 1), (4, 1), (5, 1)])
    func rules(halves: PreferenceSet.Batching, size: (batch: Int, accumulate: Int)) throws {
        for (tasks, length) in [(7, TrainingSettings.Length.epochs(3)), (6, .epochs(2)), (7, .steps(5))] {
            let settings = TrainingSettings(
                learningRate: 1e-3, batch: size.batch, accumulate: size.accumulate, length: length, seed: 4)
            let seen = Watching.Seen()
            // At least a pair's two rows.
            let trainer = try Self.trainer(Self.rows(tasks), halves, settings, seen: seen, room: 4)
            let pairs = size.batch * size.accumulate
            #expect(trainer.arms[0].totalSteps == settings.totalSteps(stepsPerEpoch: (tasks + pairs - 1) / pairs))
            var complete: [Double] = []
            while !trainer.isFinished {
                for record in try trainer.step() {
                    let (whole, torn) = (record.metrics["pairs/complete"], record.metrics["pairs/torn"])
                    complete.append(try #require(whole))
                    let step = Self.tasks(try #require(seen.steps.last))
                    #expect(Int(whole ?? -1) == step.count { Set($0) == [.plain, .asked] })
                    #expect(Int(torn ?? -1) == step.count { Set($0).count == 1 })
                    switch halves {
                    case .together: #expect(torn == 0)
                    case .apart: #expect(whole == 0)
                    case .free: break
                    }
                }
            }
            for step in seen.steps {
                #expect(step.count <= 2 * pairs)
                if halves == .apart, step.count == 2 * pairs {
                    #expect(step.count { $0.half == .plain } == pairs)
                }
            }
            if halves == .together {
                for pass in seen.passes { #expect(Self.tasks(pass).allSatisfy { Set($0) == [.plain, .asked] }) }
            }
            if case .epochs(let epochs) = length {
                // Every row as often as every other, whatever the rule.
                let counts = Dictionary(grouping: seen.steps.flatMap { $0 }, by: \.id).mapValues(\.count)
                #expect(counts.count == 2 * tasks && counts.values.allSatisfy { $0 == epochs })
            }
        }
    }

    @Test("apart, a resumed run goes on with the steps it would have had")
    func resumed() throws {
        let settings = TrainingSettings(learningRate: 1e-3, batch: 2, accumulate: 1, length: .epochs(3), seed: 9)
        func ids(_ seen: Watching.Seen) -> [[String]] { seen.steps.map { $0.map(\.id) } }
        let whole = Watching.Seen()
        let first = try Self.trainer(Self.rows(7), .apart, settings, seen: whole)
        while !first.isFinished { _ = try first.step() }
        for step in [1, 3, 4, 5, 9] {
            let rest = Watching.Seen()
            let second = try Self.trainer(Self.rows(7), .apart, settings, seen: rest)
            second.arms[0].resume(atStep: step)
            while !second.isFinished { _ = try second.step() }
            #expect(ids(rest) == Array(ids(whole).dropFirst(step)))
        }
    }

    @Test("what can't be kept is refused")
    func refused() throws {
        func settings(_ batch: Int, keepOrder: Bool = false) -> TrainingSettings {
            TrainingSettings(learningRate: 1e-3, batch: batch, accumulate: 1, keepOrder: keepOrder)
        }
        // All pairs in one step; an order that is not its own; a half that is missing; a half that is there twice.
        #expect(throws: CorpusError.self) { try Self.trainer(Self.rows(4), .apart, settings(4)) }
        #expect(throws: FineTuningError.self) { try Self.trainer(Self.rows(4), .apart, settings(1, keepOrder: true)) }
        #expect(throws: FineTuningError.self) { try PreferenceExamples(Self.rows(4).dropLast(), halves: .together) }
        for halves in [nil] + PreferenceSet.Batching.allCases.map(Optional.init) {
            #expect(throws: FineTuningError.self) {
                try PreferenceExamples(Self.rows(4) + [Self.row(2, .plain)], halves: halves)
            }
        }
        #expect(throws: FineTuningError.self) { try PreferenceExamples([], halves: nil).trained() }
    }

    @Test("left to itself, the rule is together where pairs are whole, and free where they aren't")
    func defaults() throws {
        #expect(try PreferenceExamples(Self.rows(3)).halves == .together)
        #expect(try PreferenceExamples(Self.rows(3).dropLast()).halves == .free)
        let plain = try PreferenceExamples((0..<5).map { Self.row($0, .plain) })
        #expect(plain.halves == .free && plain.groupsPerPair == 2 && plain.groups.count == 5)
        let alone = try PreferenceExamples((0..<5).map { Self.row($0, nil) })
        #expect(alone.groups.count == 5 && alone.groups.allSatisfy { $0.pairs.count == 1 })
        let trainer = try Self.trainer(
            (0..<5).map { Self.row($0, nil) }, .free,
            TrainingSettings(learningRate: 1e-3, batch: 1, accumulate: 1, length: .epochs(1)))
        #expect(trainer.arms[0].totalSteps == 5)
        #expect(try trainer.step().first?.metrics["pairs/complete"] == nil)
    }
}

extension PreferenceExamples {
    fileprivate func trained() throws {
        let decoder = try Decoder(Fixtures.model("smollm"))
        _ = try Trainer<PreferenceObjective>.Arm(
            name: "a", training: .adapter(TrainerTests.adapter(decoder)),
            settings: TrainingSettings(learningRate: 1e-3),
            preferences: self, device: .cpu)
    }
}
