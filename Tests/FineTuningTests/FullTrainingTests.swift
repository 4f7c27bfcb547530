import Checkpoint
import FineTuning
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

@Suite("Training all weights", .serialized)
struct FullTrainingTests {
    struct Golden: Decodable {
        var settings: Settings
        var curves: [String: Curve]

        struct Settings: Decodable {
            var weight_decay: Double
            var warmup: Int
            var clip: Double
            var rows_of_a_step: Int
        }
        struct Curve: Decodable {
            var steps: [Step]
            var rate: Double
            var parameters: Int
            var decayed_parameters: Int
            var after: [String: Weight]
        }
        struct Step: Decodable {
            var loss: Double
            var grad_norm: Double
            var lr: Double
            var labels: Double
        }
        struct Weight: Decodable {
            var norm: Double
            var first: [Float]
        }
    }

    static func trainer(
        _ weights: ModelParameters, _ rows: [TokenRow], _ settings: TrainingSettings
    ) throws -> Trainer<TokenObjective> {
        Trainer(
            decoder: try weights.decoder(), objective: TokenObjective(),
            arms: [
                try .init(name: "full", training: .model(weights), settings: settings, examples: rows, device: .cpu)
            ])
    }

    static func settings(_ golden: Golden, _ curve: Golden.Curve, batch: Int, accumulate: Int = 1) -> TrainingSettings {
        TrainingSettings(
            learningRate: curve.rate, warmup: golden.settings.warmup,
            adamW: .init(weightDecay: golden.settings.weight_decay), clip: golden.settings.clip, batch: batch,
            accumulate: accumulate, length: .steps(curve.steps.count), keepOrder: true)
    }

    static func check(_ curve: Golden.Curve, _ trainer: Trainer<TokenObjective>, _ weights: ModelParameters) throws {
        #expect(weights.parameters.count == curve.parameters)
        #expect(weights.matrixCount == curve.decayed_parameters)
        for (index, step) in curve.steps.enumerated() {
            let record = try #require(try trainer.step().first)
            #expect(abs(record.loss - step.loss) < 1e-4, "step \(index + 1): loss \(record.loss), \(step.loss)")
            #expect(
                abs(record.gradientNorm - step.grad_norm) < 2e-4 * step.grad_norm,
                "step \(index + 1): gradient \(record.gradientNorm), \(step.grad_norm)")
            #expect(abs(record.learningRate - step.lr) < 1e-12)
            #expect(record.weight == step.labels && record.spectrum == nil)
        }
        #expect(curve.after.count >= 8)
        for (name, expected) in curve.after {
            let found = try #require(try weights.floats(name))
            let norm = found.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(norm - expected.norm) < 1e-4 * expected.norm, "\(name): norm \(norm), \(expected.norm)")
            #expect(distance(Array(found.prefix(expected.first.count)), expected.first) < 1e-4, "\(name)")
        }
    }

    @Test(
        "gives transformers' losses and weights, in every family",
        arguments: GoldenFile.families.flatMap { [($0, false), ($0, true)] })
    func families(name: String, portable: Bool) throws {
        Libtorch.usePortableKernels(portable)
        defer { Libtorch.usePortableKernels(false) }
        let golden = try OptimisationTests.golden("full-curves", as: Golden.self)
        let curve = try #require(golden.curves[name])
        let file = try GoldenFile(name)
        let rows = try (0..<2).map {
            TokenRow(id: "\($0)", tokens: try file.ids($0), weights: try file.floats("weights.\($0)"))
        }
        let weights = try ModelParameters(Fixtures.model(name))
        // Both rows are a step: in one pass here, in two there.
        let settings = Self.settings(golden, curve, batch: portable ? 1 : 2, accumulate: portable ? 2 : 1)
        try Self.check(curve, try Self.trainer(weights, rows, settings), weights)
    }

    @Test(
        "gives transformers' losses on the real model",
        .enabled(if: Fixtures.realModel != nil, Comment(rawValue: Fixtures.noRealModel)))
    func realModel() throws {
        let golden = try OptimisationTests.golden("full-curves", as: Golden.self)
        let curve = try #require(golden.curves["smollm2"])
        let weights = try ModelParameters(ModelFiles.open(#require(Fixtures.realModel)))
        let settings = Self.settings(golden, curve, batch: golden.settings.rows_of_a_step)
        let rows = Array(try TrainingCurveTests.rows().prefix(curve.steps.count * golden.settings.rows_of_a_step))
        try Self.check(curve, try Self.trainer(weights, rows, settings), weights)
    }

    static let short = TrainingSettings(
        learningRate: 1e-3, warmup: 2, batch: 2, accumulate: 2, length: .epochs(3), seed: 3)

    @Test("a run that was cut short ends with the bits of one that was not, in a folder that loads")
    func resume() throws {
        let files = try Fixtures.model("smollm")
        func start() throws -> (ModelParameters, Trainer<TokenObjective>) {
            let weights = try ModelParameters(files)
            return (weights, try Self.trainer(weights, TrainerTests.rows, Self.short))
        }
        let (expected, whole) = try start()
        while !whole.isFinished { _ = try whole.step() }

        let out = Fixtures.scratch()
        let partial = out.deletingLastPathComponent().appending(path: out.lastPathComponent + ".partial")
        defer { for url in [out, partial] { try? FileManager.default.removeItem(at: url) } }
        let (_, first) = try start()
        let folder = try TrainingFolder(out: out, identity: ["trained": "all weights"])
        for step in 1...5 {
            _ = try first.step()
            if step == 4 { try folder.save(first.arms[0]) }
        }
        let (weights, second) = try start()
        #expect(try TrainingFolder(out: out, identity: ["trained": "all weights"]).resume(&second.arms[0]) == 4)
        while !second.isFinished { _ = try second.step() }
        #expect(try weights.parameters.bytes() == expected.parameters.bytes())

        let model = Fixtures.scratch()
        defer { try? FileManager.default.removeItem(at: model) }
        try files.write(to: model, as: .float32) { try weights.floats($0) }
        let stored = try ModelFiles.open(model)
        #expect(Set(stored.weights.names) == Set(files.weights.names))
        let loaded = try ModelParameters(stored)
        #expect(try loaded.parameters.bytes() == weights.parameters.bytes())
        #expect(try ModelParameters(files).parameters.bytes() != weights.parameters.bytes())
    }

    @Test("in bfloat16 steps too small for it add up, since the weights are float32")
    func bfloat16() throws {
        let weights = try ModelParameters(Fixtures.model("llama"), dtype: .bfloat16)
        let before = try weights.parameters.values(as: Float.self)
        let settings = TrainingSettings(
            learningRate: 1e-5, schedule: .constant, batch: 4, accumulate: 2, length: .steps(8))
        let trainer = try Self.trainer(weights, TrainerTests.rows, settings)
        let exact = try ModelParameters(Fixtures.model("llama"))
        let other = try Self.trainer(exact, TrainerTests.rows, settings)
        for _ in 0..<8 {
            let (mine, theirs) = (try #require(try trainer.step().first), try #require(try other.step().first))
            #expect(abs(mine.loss - theirs.loss) < 0.02 * theirs.loss)
            #expect(abs(mine.gradientNorm - theirs.gradientNorm) < 0.1 * theirs.gradientNorm)
        }
        let moved = zip(before, try weights.parameters.values(as: Float.self)).map { abs($0 - $1) }
        #expect(moved.max() ?? 0 < 1e-4 && moved.count { $0 > 1e-5 } > before.count / 2)
        #expect(try weights.decoder().dtype == .bfloat16)
    }

    @Test("out of memory, passes get smaller and the loss stays")
    func outOfMemory() throws {
        func run(limit: Int) throws -> [StepRecord] {
            let weights = try ModelParameters(Fixtures.model("smollm"))
            let settings = TrainingSettings(
                learningRate: 1e-3, batch: 8, accumulate: 1, length: .steps(3), keepOrder: true)
            let trainer = Trainer(
                decoder: try weights.decoder(), objective: TrainerTests.Cramped(limit: limit),
                arms: [
                    try .init(
                        name: "full", training: .model(weights), settings: settings, examples: TrainerTests.rows,
                        device: .cpu)
                ])
            return try (0..<3).flatMap { _ in try trainer.step() }
        }
        for (a, b) in zip(try run(limit: 8), try run(limit: 3)) { #expect(abs(a.loss - b.loss) < 1e-5 * a.loss) }
    }

    @Test("what can't fit is refused with numbers, and weights are not trained beside other arms")
    func refused() throws {
        let files = try Fixtures.model("llama")
        let plan = MemoryPlan(files.configuration, dtype: .float32, tokens: 100)
        let count = files.configuration.expectedTensors.values.reduce(0) { $0 + $1.reduce(1, *) }
        #expect(plan.weights == 16 * count && plan.pass > 0)
        #expect(MemoryPlan(files.configuration, dtype: .bfloat16).weights == 18 * count)
        #expect(throws: FineTuningError.self) { try plan.check(available: plan.weights + plan.pass - 1, on: "cpu") }
        try plan.check(available: plan.weights + plan.pass, on: "cpu")
        try plan.check(available: plan.pass, allocated: plan.weights, on: "cpu")
        try MemoryPlan(files.configuration, dtype: .float32).check(.cpu)

        let weights = try ModelParameters(files)
        let trainer = try Self.trainer(weights, TrainerTests.rows, Self.short)
        trainer.arms.append(
            try .init(
                name: "beside", adapter: TrainerTests.adapter(trainer.decoder), settings: Self.short,
                examples: TrainerTests.rows, device: .cpu))
        #expect(throws: FineTuningError.self) { try trainer.step() }
    }
}
