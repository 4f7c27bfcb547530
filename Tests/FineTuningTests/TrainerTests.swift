import Checkpoint
import FineTuning
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

@Suite("The training loop", .serialized)
struct TrainerTests {
    static func row(_ seed: Int, length: Int = 20) -> TokenRow {
        let tokens = (0..<length).map { Int32(($0 * 37 + seed * 11 + $0 * $0 * (seed + 3)) % 160) }
        return TokenRow(id: "\(seed)", tokens: tokens, weights: (0..<length).map { $0 >= length / 2 ? 1 : 0 })
    }

    static let rows = (0..<11).map { row($0, length: 9 + $0 % 5 * 4) }

    static func adapter(
        _ decoder: Decoder, rank: Int = 2, targets: [LinearModule] = LinearModule.allCases, layers: [Int]? = nil,
        dropout: Double = 0, seed: UInt64 = 1
    ) throws -> LowRankAdapter {
        try .initialised(
            AdapterConfiguration(
                rank: rank, alpha: 8, targetModules: targets.map(\.rawValue), layers: layers, dropout: dropout),
            on: decoder.configuration, seed: seed, device: .cpu)
    }

    static func trainer(
        _ decoder: Decoder, _ arms: [(LowRankAdapter, TrainingSettings)]
    ) throws -> Trainer<TokenObjective> {
        Trainer(
            decoder: decoder, objective: TokenObjective(),
            arms: try arms.enumerated().map { index, arm in
                try .init(name: "arm \(index)", adapter: arm.0, settings: arm.1, examples: rows, device: .cpu)
            })
    }

    @Test("the gradient is that of finite differences", arguments: [0.0, 0.3])
    func finiteDifferences(dropout: Double) throws {
        let decoder = try Decoder(Fixtures.model("qwen3"))
        let adapter = try Self.adapter(decoder, targets: [.query, .value, .output, .gate, .down], dropout: dropout)
        let count = adapter.parameters.count
        var start = try adapter.parameters.values(as: Float.self)
        for index in start.indices where start[index] == 0 { start[index] = Float(index % 17 - 8) * 0.01 }
        func loss(_ values: [Float]) throws -> Tensor {
            try adapter.parameters.overwrite(with: values)
            return try TokenObjective().losses(
                of: [ArmBatch(examples: Array(Self.rows[0..<3]), adapter: adapter, dropoutKey: dropout > 0 ? 5 : nil)],
                decoder: decoder)[0].summed
        }
        try loss(start).sum().backward()
        let gradient = try #require(adapter.gradients).values(as: Float.self)
        // Along a few random directions, in the middle of rounding and curvature.
        for seed in 0..<4 {
            let direction = (0..<count).map { Float(($0 * 7919 + seed * 104729) % 2001) / 1000 - 1 }
            let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let step: Float = 0.02
            func at(_ sign: Float) throws -> Double {
                try withoutGradients {
                    try loss(zip(start, direction).map { $0 + sign * step * $1 / length }).sum().item()
                }
            }
            let measured = (try at(1) - at(-1)) / Double(2 * step)
            let predicted = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / Double(length)
            #expect(abs(measured - predicted) < 0.01 * max(abs(predicted), 0.1), "\(measured) for \(predicted)")
        }
    }

    @Test("how a step is accumulated changes nothing", arguments: [(1, 8), (8, 1), (3, 3)])
    func accumulation(batch: Int, accumulate: Int) throws {
        func run(_ batch: Int, _ accumulate: Int, steps: Int) throws -> [StepRecord] {
            let decoder = try Decoder(Fixtures.model("smollm"))
            let settings = TrainingSettings(
                learningRate: 0.01, batch: batch, accumulate: accumulate, length: .steps(steps), keepOrder: true)
            let trainer = try Self.trainer(decoder, [(Self.adapter(decoder), settings)])
            return try (0..<steps).flatMap { _ in try trainer.step() }
        }
        let whole = try run(batch * accumulate, 1, steps: 5)
        let parts = try run(batch, accumulate, steps: 5)
        for (a, b) in zip(whole, parts) {
            #expect(abs(a.loss - b.loss) < 1e-5 * a.loss)
            #expect(abs(a.gradientNorm - b.gradientNorm) < 1e-4 * a.gradientNorm)
            #expect(a.weight == b.weight)
        }
        #expect(whole.count == 5 && parts.count == 5)
    }

    @Test("arms of a cohort train as they would alone")
    func cohort() throws {
        let decoder = try Decoder(Fixtures.model("qwen2"))
        func make(_ index: Int) throws -> (LowRankAdapter, TrainingSettings) {
            let adapter = try Self.adapter(
                decoder, rank: [1, 4, 12][index], targets: index == 0 ? LinearModule.mlp : LinearModule.allCases,
                layers: index == 2 ? [1, 2] : nil, seed: UInt64(index))
            let settings = TrainingSettings(
                learningRate: [0.003, 0.001, 0.01][index], schedule: [.linear, .cosine, .constant][index],
                warmup: index,
                batch: 2, accumulate: 2, length: .steps(index == 1 ? 6 : 50), seed: UInt64(7 + index))
            return (adapter, settings)
        }
        let together = try Self.trainer(decoder, (0..<3).map(make))
        var curves: [String: [StepRecord]] = [:]
        while !together.isFinished {
            for record in try together.step() { curves[record.arm, default: []].append(record) }
        }
        for index in 0..<3 {
            let alone = try Self.trainer(decoder, [make(index)])
            var curve: [StepRecord] = []
            while !alone.isFinished { curve += try alone.step() }
            let other = try #require(curves["arm \(index)"])
            #expect(curve.count == other.count)
            for (a, b) in zip(curve, other) {
                #expect(abs(a.loss - b.loss) < 1e-5 * a.loss, "arm \(index) step \(a.step): \(a.loss) and \(b.loss)")
            }
        }
    }

    @Test("a run that was cut short ends with the bits of one that was not")
    func resume() throws {
        let decoder = try Decoder(Fixtures.model("smollm"))
        let settings = TrainingSettings(
            learningRate: 0.01, warmup: 2, batch: 2, accumulate: 2, length: .epochs(3), seed: 3)
        func arm() throws -> Trainer<TokenObjective> {
            try Self.trainer(decoder, [(Self.adapter(decoder, dropout: 0.1), settings)])
        }
        let whole = try arm()
        while !whole.isFinished { _ = try whole.step() }

        let out = Fixtures.scratch()
        defer {
            try? FileManager.default.removeItem(
                at: out.deletingLastPathComponent().appending(path: out.lastPathComponent + ".partial"))
        }
        let identity = ["lr": "0.01"]
        let first = try arm()
        let folder = try TrainingFolder(out: out, identity: identity)
        #expect(try folder.resume(&first.arms[0]) == 0)
        for step in 1...5 {
            for record in try first.step() { try folder.log(record) }
            if step == 4 { try folder.save(first.arms[0]) }
        }
        // Step 5 was logged but not kept.
        let second = try arm()
        let again = try TrainingFolder(out: out, identity: identity)
        #expect(try again.resume(&second.arms[0]) == 4)
        while !second.isFinished { for record in try second.step() { try again.log(record) } }
        #expect(try second.arms[0].training.parameters.bytes() == whole.arms[0].training.parameters.bytes())
        #expect(try second.arms[0].optimiser.secondMoment.bytes() == whole.arms[0].optimiser.secondMoment.bytes())
        let log = try String(contentsOf: again.partial.appending(path: "log.jsonl"), encoding: .utf8)
        let steps = try log.split(separator: "\n").map {
            try JSONDecoder().decode(StepRecord.self, from: Data($0.utf8)).step
        }
        #expect(steps == Array(1...9))
        #expect(throws: FineTuningError.self) { try TrainingFolder(out: out, identity: ["lr": "0.02"]) }
    }

    @Test("a step leaves no tensor behind")
    func leaks() throws {
        let decoder = try Decoder(Fixtures.model("gemma3"))
        let settings = TrainingSettings(learningRate: 0.001, batch: 2, accumulate: 2, length: .steps(6))
        let trainer = try Self.trainer(decoder, [(Self.adapter(decoder), settings)])
        _ = try trainer.step()
        let before = Libtorch.liveTensors
        for _ in 0..<3 { _ = try trainer.step() }
        // Other suites may run beside this one, so a few more or less are theirs; a leak would be hundreds a step.
        #expect(abs(Libtorch.liveTensors - before) < 100)
    }

    @Test("an arm that diverges stops at its last good state and leaves the others alone")
    func divergence() throws {
        let decoder = try Decoder(Fixtures.model("smollm"))
        let wild = TrainingSettings(
            learningRate: 1e10, schedule: .constant, clip: nil, batch: 2, accumulate: 2, length: .steps(8))
        let calm = TrainingSettings(learningRate: 0.001, batch: 2, accumulate: 2, length: .steps(8))
        let trainer = try Self.trainer(
            decoder, [(Self.adapter(decoder), wild), (Self.adapter(decoder, seed: 2), calm)])
        var records: [StepRecord] = []
        while !trainer.isFinished { records += try trainer.step() }
        guard case .diverged = trainer.arms[0].failure else {
            Issue.record("arm 0 did not diverge: \(String(describing: trainer.arms[0].failure))")
            return
        }
        #expect(trainer.arms[0].step < 8)
        #expect(try trainer.arms[0].training.parameters.isFinite())
        #expect(trainer.arms[1].step == 8 && trainer.arms[1].failure == nil)
        let calmLosses = records.filter { $0.arm == "arm 1" }.map(\.loss)
        #expect(calmLosses.count == 8 && !calmLosses.contains { !$0.isFinite })
    }

    /// An objective that runs out of memory above a size.
    struct Cramped: Objective {
        let limit: Int
        let inner = TokenObjective()
        func weight(of example: TokenRow) -> Double { inner.weight(of: example) }
        func tokens(of example: TokenRow) -> Int { inner.tokens(of: example) }
        func id(of example: TokenRow) -> String { example.id }
        func losses(of batches: [ArmBatch<TokenRow>], decoder: Decoder) throws -> [ArmLoss] {
            if batches.contains(where: { $0.examples.count > limit }) { throw TorchError.outOfMemory("no room") }
            return try inner.losses(of: batches, decoder: decoder)
        }
    }

    @Test("out of memory, passes get smaller and the loss stays")
    func outOfMemory() throws {
        let decoder = try Decoder(Fixtures.model("smollm"))
        let settings = TrainingSettings(learningRate: 0.01, batch: 8, accumulate: 1, length: .steps(3), keepOrder: true)
        func run(limit: Int) throws -> (Trainer<Cramped>, [StepRecord]) {
            let trainer = Trainer(
                decoder: decoder, objective: Cramped(limit: limit),
                arms: [
                    try .init(
                        name: "a", adapter: Self.adapter(decoder), settings: settings, examples: Self.rows, device: .cpu
                    )
                ])
            return (trainer, try (0..<3).flatMap { _ in try trainer.step() })
        }
        let (_, roomy) = try run(limit: 8)
        let (trainer, cramped) = try run(limit: 3)
        #expect(trainer.splits == 4)
        for (a, b) in zip(roomy, cramped) { #expect(abs(a.loss - b.loss) < 1e-5 * a.loss) }
        #expect(throws: TorchError.self) { try run(limit: 0) }
    }

    @Test("every example is seen once an epoch, in an order that the seed decides")
    func order() throws {
        let decoder = try Decoder(Fixtures.model("smollm"))
        final class Seen: @unchecked Sendable { var ids: [String] = [] }
        struct Watching: Objective {
            let seen: Seen
            let inner = TokenObjective()
            func weight(of example: TokenRow) -> Double { inner.weight(of: example) }
            func tokens(of example: TokenRow) -> Int { inner.tokens(of: example) }
            func id(of example: TokenRow) -> String { example.id }
            func losses(of batches: [ArmBatch<TokenRow>], decoder: Decoder) throws -> [ArmLoss] {
                seen.ids += batches.flatMap { $0.examples.map(\.id) }
                return try inner.losses(of: batches, decoder: decoder)
            }
        }
        func ids(seed: UInt64, keepOrder: Bool) throws -> [String] {
            let seen = Seen()
            let settings = TrainingSettings(
                learningRate: 0, batch: 2, accumulate: 2, length: .epochs(2), seed: seed, keepOrder: keepOrder)
            let trainer = Trainer(
                decoder: decoder, objective: Watching(seen: seen),
                arms: [
                    try .init(
                        name: "a", adapter: Self.adapter(decoder), settings: settings, examples: Self.rows, device: .cpu
                    )
                ])
            while !trainer.isFinished { _ = try trainer.step() }
            return seen.ids
        }
        let all = Self.rows.map(\.id)
        let kept = try ids(seed: 1, keepOrder: true)
        let shuffled = try ids(seed: 1, keepOrder: false)
        let again = try ids(seed: 1, keepOrder: false)
        let other = try ids(seed: 2, keepOrder: false)
        #expect(kept == all + all)
        #expect(shuffled == again)
        #expect(shuffled != other)
        #expect(shuffled.prefix(11).sorted() == all.sorted() && shuffled.suffix(11).sorted() == all.sorted())
        #expect(shuffled.prefix(11) != shuffled.suffix(11))
    }

    @Test("a new adapter starts as PEFT's: B zero, A uniform below 1 / sqrt(inputs)")
    func initialisation() throws {
        let decoder = try Decoder(Fixtures.model("llama"))
        let adapter = try Self.adapter(decoder, rank: 8)
        for module in adapter.modules {
            #expect(try module.b.norm() == 0)
            let bound = 1 / Float(module.a.size(1)).squareRoot()
            let values = try module.a.values(as: Float.self)
            #expect(values.allSatisfy { abs($0) <= bound })
            let variance = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
            #expect(abs(variance / (bound * bound / 3) - 1) < 0.2, "variance \(variance)")
        }
        #expect(throws: TransformerError.self) { try Self.adapter(decoder, rank: 1000) }
        #expect(throws: TransformerError.self) { try Self.adapter(decoder, rank: 0) }
        #expect(throws: TransformerError.self) { try Self.adapter(decoder, layers: [99]) }
    }
}
