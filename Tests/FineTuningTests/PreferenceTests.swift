import Checkpoint
import FineTuning
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

@Suite("Preference optimisation gives TRL's numbers", .serialized)
struct PreferenceTests {
    struct Golden: Decodable {
        var policyChosen: [Float]
        var policyRejected: [Float]
        var referenceChosen: [Float]
        var referenceRejected: [Float]
        var lengthChosen: [Int]
        var lengthRejected: [Int]
        var cases: [String: Case]

        enum CodingKeys: String, CodingKey {
            case policyChosen = "policy/chosen"
            case policyRejected = "policy/rejected"
            case referenceChosen = "reference/chosen"
            case referenceRejected = "reference/rejected"
            case lengthChosen = "length/chosen"
            case lengthRejected = "length/rejected"
            case cases
        }

        struct Case: Decodable {
            var beta: Double
            var losses: [Float]
            var gradientChosen: [Float]
            var gradientRejected: [Float]

            enum CodingKeys: String, CodingKey {
                case beta, losses
                case gradientChosen = "gradient/chosen"
                case gradientRejected = "gradient/rejected"
            }
        }
    }

    @Test(
        "losses and their gradients",
        arguments: [
            ("sigmoid", PreferenceLoss.sigmoid(labelSmoothing: 0)),
            ("sigmoid-smoothing-0.1", .sigmoid(labelSmoothing: 0.1)), ("ipo", .ipo),
            ("sigmoid_norm", .lengthNormalised),
        ])
    func losses(name: String, loss: PreferenceLoss) throws {
        let golden = try OptimisationTests.golden("dpo-loss", as: Golden.self)
        let cases = golden.cases.filter { $0.key == name || $0.key.hasPrefix(name + "-beta") }
        #expect(!cases.isEmpty)
        for (_, expected) in cases {
            let chosen = try Tensor(golden.policyChosen)
            let rejected = try Tensor(golden.policyRejected)
            try chosen.setRequiresGradient(true)
            try rejected.setRequiresGradient(true)
            let losses = try loss(
                chosen: chosen - Tensor(golden.referenceChosen), rejected: rejected - Tensor(golden.referenceRejected),
                chosenTokens: golden.lengthChosen, rejectedTokens: golden.lengthRejected, beta: expected.beta)
            #expect(relativeDistance(try losses.values(), expected.losses) < 1e-5)
            try losses.mean().backward()
            #expect(relativeDistance(try #require(try chosen.gradient).values(), expected.gradientChosen) < 1e-5)
            #expect(relativeDistance(try #require(try rejected.gradient).values(), expected.gradientRejected) < 1e-5)
        }
    }

    static let families = ["llama", "qwen3", "mistral", "gemma3", "gemma3-softcap"].flatMap { family in
        ["mlp-r1", "all-r4"].flatMap { kind in [(family, kind, false), (family, kind, true)] }
    }

    @Test("a shared prompt gives the loss and gradients of separate sequences", arguments: families)
    func sharedPrompt(family: String, kind: String, portable: Bool) throws {
        Libtorch.usePortableKernels(portable)
        defer { Libtorch.usePortableKernels(false) }
        let golden = try GoldenFile("dpo-\(family)")
        let decoder = try Decoder(Fixtures.model(family))
        let adapter = try decoder.adapter(
            AdapterFiles.read(Fixtures.folder.appending(path: "adapters/\(family)-\(kind)")), trainable: true)
        let pairs = try (0..<2).map { pair in
            PreferencePair(
                id: "\(pair)", half: pair == 0 ? .plain : .asked, prompt: try golden.integers("ids.prompt.\(pair)"),
                chosen: try golden.integers("ids.chosen.\(pair)"), rejected: try golden.integers("ids.rejected.\(pair)")
            )
        }
        let group = PreferenceGroup(id: "task", pairs: pairs)
        let references = try ReferenceLogprobs.compute([group], decoder: decoder)
        for (index, reference) in references[0].enumerated() {
            #expect(abs(reference.chosen - Double(try golden.floats("reference.logps.chosen")[index])) < 1e-4)
            #expect(abs(reference.rejected - Double(try golden.floats("reference.logps.rejected")[index])) < 1e-4)
        }
        let result = try PreferenceObjective(beta: 0.1).losses(
            of: [ArmBatch(examples: [group.with(references[0])], adapter: adapter, dropoutKey: nil)], decoder: decoder)[
                0]
        let repeated = try PreferenceObjective(beta: 0.1, sharesPrompts: false).losses(
            of: [ArmBatch(examples: [group.with(references[0])], adapter: adapter, dropoutKey: nil)], decoder: decoder)[
                0]
        #expect(abs(try repeated.summed.sum().item() - result.summed.sum().item()) < 1e-5)
        let loss = try result.summed.sum() * 0.5
        #expect(abs(try loss.item() - Double(try golden.floats("\(kind).loss")[0])) < 1e-5)
        let rewards = try golden.floats("\(kind).rewards.chosen")
        #expect(abs((result.metrics["rewards/chosen/plain"]?.mean ?? .nan) - Double(rewards[0])) < 1e-5)
        #expect(abs((result.metrics["rewards/chosen/asked"]?.mean ?? .nan) - Double(rewards[1])) < 1e-5)
        try loss.backward()
        for module in adapter.modules {
            for (name, leaf) in [("A", module.a), ("B", module.b)] {
                let error = relativeDistance(
                    try #require(try leaf.gradient).values(), try golden.floats("\(kind).grad.\(module.path).\(name)"))
                #expect(error < 1e-4, "gradient of \(module.path).\(name) differs by \(error)")
            }
        }
        let gathered = try #require(adapter.gradients)
        let shared: [Float] = try gathered.values()
        try gathered.zeroInPlace()
        try (repeated.summed.sum() * 0.5).backward()
        #expect(relativeDistance(try gathered.values(), shared) < 1e-5)
    }

    @Test("both halves of a task are in one pass: odd sizes, accumulation, epochs, small memory")
    func neverApart() throws {
        let decoder = try Decoder(Fixtures.model("smollm"))
        let groups = (0..<7).map { task in
            PreferenceGroup(
                id: "\(task)",
                pairs: PreferencePair.Half.allCases.map { half in
                    PreferencePair(
                        id: "\(task)/\(half.rawValue)", half: half, prompt: [1, 2, Int32(task)],
                        chosen: half == .plain ? [5, 6] : [7], rejected: half == .plain ? [7] : [5, 6],
                        reference: .init(chosen: -5, rejected: -6))
                })
        }
        final class Passes: @unchecked Sendable { var all: [[PreferencePair]] = [] }
        struct Watching: Objective {
            let passes: Passes
            let inner = PreferenceObjective()
            func weight(of example: PreferenceGroup) -> Double { inner.weight(of: example) }
            func tokens(of example: PreferenceGroup) -> Int { inner.tokens(of: example) }
            func id(of example: PreferenceGroup) -> String { example.id }
            func losses(of batches: [ArmBatch<PreferenceGroup>], decoder: Decoder) throws -> [ArmLoss] {
                let pairs = batches.flatMap { $0.examples.flatMap(\.pairs) }
                if pairs.count > 4 { throw TorchError.outOfMemory("no room for more than two tasks") }
                passes.all.append(pairs)
                return try inner.losses(of: batches, decoder: decoder)
            }
        }
        for (batch, accumulate) in [(1, 1), (1, 3), (2, 2), (3, 1), (5, 2)] {
            let passes = Passes()
            let settings = TrainingSettings(
                learningRate: 1e-3, batch: batch, accumulate: accumulate, length: .epochs(3), seed: 4)
            let trainer = Trainer(
                decoder: decoder, objective: Watching(passes: passes),
                arms: [
                    try .init(
                        name: "a", adapter: TrainerTests.adapter(decoder), settings: settings, examples: groups,
                        device: .cpu)
                ])
            while !trainer.isFinished { _ = try trainer.step() }
            #expect(passes.all.flatMap { $0 }.count == 3 * 14)
            for pass in passes.all {
                let tasks = Dictionary(grouping: pass) { $0.id.split(separator: "/")[0] }
                #expect(tasks.values.allSatisfy { Set($0.map(\.half)) == [.plain, .asked] })
            }
        }
    }
}
