import Checkpoint
import FineTuning
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

@Suite(
    "Eight steps on the real model give PEFT's curve",
    .enabled(if: Fixtures.realModel != nil, Comment(rawValue: Fixtures.noRealModel)), .serialized)
struct TrainingCurveTests {
    struct Golden: Decodable {
        var adapter: Adapter
        var steps: [Step]
        var norms_after: [String: Norms]

        struct Adapter: Decodable {
            var rank: Int
            var alpha: Double
            var rslora: Bool
            var target_modules: [String]
        }
        struct Step: Decodable {
            var step: Int
            var loss: Double
            var lr: Double
            var grad_norm: Double
            var labels: Double
            var tokens: Int
        }
        struct Norms: Decodable {
            var A: Double
            var B: Double
            var BA: Double
            var stable_rank: Double
        }
    }

    static func rows() throws -> [TokenRow] {
        let file = try GoldenFile("curve-rows")
        let ids = try file.integers("ids")
        let weights = try file.integers("weights")
        let offsets = try file.integers("offsets").map(Int.init)
        return zip(offsets, offsets.dropFirst()).enumerated().map { index, range in
            TokenRow(
                id: "\(index)", tokens: Array(ids[range.0..<range.1]), weights: weights[range.0..<range.1].map(Float.init))
        }
    }

    @Test("loss, gradient norm and adapter norms", arguments: ["mlp-r1", "all-r32"])
    func curve(_ name: String) throws {
        let golden = try OptimisationTests.golden("curve-\(name)", as: Golden.self)
        let decoder = try Decoder(ModelFiles.open(#require(Fixtures.realModel)))
        let configuration = AdapterConfiguration(
            rank: golden.adapter.rank, alpha: golden.adapter.alpha, rslora: golden.adapter.rslora,
            targetModules: golden.adapter.target_modules)
        let adapter = try FormulaAdapter.make(configuration, on: decoder.configuration, boundOfB: 0)
        let settings = TrainingSettings(learningRate: 1e-4, warmup: 5, length: .steps(8), keepOrder: true)
        let trainer = Trainer(
            decoder: decoder, objective: TokenObjective(),
            arms: [
                try .init(name: name, adapter: adapter, settings: settings, examples: Self.rows(), device: .cpu)
            ])
        for step in golden.steps {
            let record = try #require(try trainer.step().first)
            #expect(abs(record.loss - step.loss) < 1e-4, "step \(step.step): \(record.loss) for \(step.loss)")
            #expect(
                abs(record.gradientNorm - step.grad_norm) < 1e-4 * step.grad_norm,
                "step \(step.step): gradient \(record.gradientNorm) for \(step.grad_norm)")
            #expect(abs(record.learningRate - step.lr) < 1e-12)
            #expect(record.weight == step.labels && record.tokens == step.tokens)
        }
        for (path, norms) in golden.norms_after {
            let module = try #require(adapter.modules.first { $0.path == path })
            #expect(abs(try module.a.norm() - norms.A) < 1e-4 * norms.A)
            #expect(abs(try module.b.norm() - norms.B) < 1e-4 * norms.B)
            let values = try lowRankSingularValues(a: module.a.to(.float64), b: module.b.to(.float64))
                .values(as: Double.self)
            let energy = values.reduce(0) { $0 + $1 * $1 }
            #expect(abs(energy.squareRoot() - norms.BA) < 1e-4 * norms.BA)
            let stable = energy / pow(values.max() ?? 0, 2)
            #expect(abs(stable - norms.stable_rank) < 1e-3 * norms.stable_rank, "\(path): \(stable)")
        }
    }
}
