import FineTuning
import Foundation
import TestSupport
import Testing
import Torch

@Suite("Schedule and optimiser")
struct OptimisationTests {
    struct Schedule: Decodable {
        var kind: LearningRateSchedule
        var peak: Double
        var warmup: Int
        var total: Int
        var lr: [Double]
    }

    static func golden<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: Fixtures.folder.appending(path: "engine/\(name).json")))
    }

    @Test("learning rates are those of transformers' schedules")
    func schedules() throws {
        let all = try Self.golden("schedules", as: [Schedule].self)
        #expect(Set(all.map(\.kind)) == Set(LearningRateSchedule.allCases))
        for golden in all {
            for (step, rate) in golden.lr.enumerated() {
                let mine = golden.peak * golden.kind.factor(step: step, warmup: golden.warmup, total: golden.total)
                #expect(abs(mine - rate) < 1e-15, "\(golden.kind) \(golden.warmup)/\(golden.total) step \(step)")
            }
        }
    }

    /// A number or a list of such: torch's tensors as JSON.
    enum Nested: Decodable {
        case number(Float)
        case list([Nested])

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Float.self) { self = .number(number) } else {
                self = .list(try value.decode([Nested].self))
            }
        }

        var flat: [Float] {
            switch self {
            case .number(let number): [number]
            case .list(let list): list.flatMap(\.flat)
            }
        }
    }

    struct Run: Decodable {
        var betas: [Double]
        var eps: Double
        var weight_decay: Double
        var clip: Double?
        var start: Nested
        var steps: [Step]

        struct Step: Decodable {
            var lr: Double
            var gradients: Nested
            var grad_norm: Double?
            var parameters: Nested
            var first_moments: Nested
            var second_moments: Nested
        }
    }

    @Test("AdamW makes torch's steps, clipping included")
    func adamW() throws {
        for run in try Self.golden("adamw", as: [Run].self) {
            let parameters = try Tensor(run.start.flat)
            let optimiser = try AdamW(
                count: parameters.count,
                settings: .init(
                    beta1: run.betas[0], beta2: run.betas[1], epsilon: run.eps, weightDecay: run.weight_decay),
                device: .cpu)
            for (index, step) in run.steps.enumerated() {
                let gradients = try Tensor(step.gradients.flat)
                let norm = try gradients.norm()
                if let golden = step.grad_norm { #expect(abs(norm - golden) < 1e-5 * golden) }
                try optimiser.update(
                    parameters, gradients: gradients, learningRate: step.lr, step: index + 1,
                    gradientScale: run.clip.map { min(1, $0 / (norm + 1e-6)) } ?? 1)
                #expect(relativeDistance(try parameters.values(), step.parameters.flat) < 1e-6)
                #expect(relativeDistance(try optimiser.firstMoment.values(), step.first_moments.flat) < 1e-6)
                #expect(relativeDistance(try optimiser.secondMoment.values(), step.second_moments.flat) < 1e-6)
            }
        }
    }
}
