import Checkpoint
import FineTuning
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

@Suite(
    "Eight DPO steps on the real model give TRL's curve",
    .enabled(if: Fixtures.realModel != nil, Comment(rawValue: Fixtures.noRealModel)), .serialized)
struct PreferenceCurveTests {
    struct Golden: Decodable {
        var adapter: TrainingCurveTests.Golden.Adapter
        var beta: Double
        var optimiser: Optimiser
        var steps: [[String: Value]]

        struct Optimiser: Decodable {
            var lr: Double
            var warmup: Int
        }

        /// A step has numbers, lists, and an object of numbers for each half.
        enum Value: Decodable {
            case number(Double)
            case numbers([String: Double])
            case other

            init(from decoder: any Swift.Decoder) throws {
                let value = try decoder.singleValueContainer()
                if let number = try? value.decode(Double.self) {
                    self = .number(number)
                } else if let numbers = try? value.decode([String: Double].self) {
                    self = .numbers(numbers)
                } else {
                    self = .other
                }
            }

            var number: Double? { if case .number(let number) = self { number } else { nil } }
            var numbers: [String: Double] { if case .numbers(let numbers) = self { numbers } else { [:] } }
        }
    }

    /// Rows 2 k and 2 k + 1 are the plain and the asked half of task k.
    static func groups() throws -> [PreferenceGroup] {
        let file = try GoldenFile("dpo-rows")
        func lists(_ name: String) throws -> [[Int32]] {
            let ids = try file.integers("\(name).ids")
            let offsets = try file.integers("\(name).offsets").map(Int.init)
            return zip(offsets, offsets.dropFirst()).map { Array(ids[$0..<$1]) }
        }
        let (prompts, chosen, rejected) = (try lists("prompt"), try lists("chosen"), try lists("rejected"))
        return stride(from: 0, to: prompts.count, by: 2).map { row in
            PreferenceGroup(
                id: "\(row / 2)",
                pairs: PreferencePair.Half.allCases.enumerated().map { index, half in
                    PreferencePair(
                        id: "\(row / 2)/\(half.rawValue)", half: half, prompt: prompts[row + index],
                        chosen: chosen[row + index], rejected: rejected[row + index])
                })
        }
    }

    @Test("losses, rewards by half, gradient norms", arguments: [("dpo-curve", 0.0), ("dpo-curve-warm", 0.03)])
    func curve(name: String, boundOfB: Double) throws {
        let golden = try OptimisationTests.golden(name, as: Golden.self)
        let decoder = try Decoder(ModelFiles.open(#require(Fixtures.realModel)))
        let groups = try Self.groups()
        let references = try ReferenceLogprobs.compute(groups, decoder: decoder)
        let file = try GoldenFile("dpo-rows")
        let mine = references.flatMap { $0 }
        #expect(distance(mine.map { Float($0.chosen) }, try file.floats("reference.chosen")) < 2e-3)
        #expect(distance(mine.map { Float($0.rejected) }, try file.floats("reference.rejected")) < 2e-3)

        let configuration = AdapterConfiguration(
            rank: golden.adapter.rank, alpha: golden.adapter.alpha, rslora: golden.adapter.rslora,
            targetModules: golden.adapter.target_modules)
        let settings = TrainingSettings(
            learningRate: golden.optimiser.lr, warmup: golden.optimiser.warmup, batch: 1, accumulate: 2,
            length: .epochs(1), keepOrder: true)
        let trainer = Trainer(
            decoder: decoder, objective: PreferenceObjective(beta: golden.beta),
            arms: [
                try .init(
                    name: name,
                    adapter: FormulaAdapter.make(configuration, on: decoder.configuration, boundOfB: boundOfB),
                    settings: settings, examples: zip(groups, references).map { $0.with($1) }, device: .cpu)
            ])
        #expect(golden.steps.count == 8 && trainer.arms[0].totalSteps == 8)
        for step in golden.steps {
            let record = try #require(try trainer.step().first)
            let number = record.step
            #expect(abs(record.loss - (step["loss"]?.number ?? .nan)) < 1e-4, "step \(number): loss \(record.loss)")
            let norm = step["grad_norm"]?.number ?? .nan
            #expect(
                abs(record.gradientNorm - norm) < 1e-3 * norm,
                "step \(number): gradient \(record.gradientNorm), \(norm)")
            #expect(abs(record.learningRate - (step["lr"]?.number ?? .nan)) < 1e-12)
            for key in ["rewards/chosen", "rewards/rejected", "rewards/margins"] {
                let halves =
                    [(key, step[key]?.number)]
                    + PreferencePair.Half.allCases.map {
                        ("\(key)/\($0.rawValue)", step[$0.rawValue]?.numbers[key])
                    }
                for (name, value) in halves {
                    let ours = try #require(record.metrics[name])
                    #expect(
                        abs(ours - (value ?? .nan)) < 2e-4,
                        "step \(number): \(name) is \(ours), TRL has \(value ?? .nan)")
                }
            }
        }
    }
}
