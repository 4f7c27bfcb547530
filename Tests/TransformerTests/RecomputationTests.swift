import Checkpoint
import TestSupport
import Testing
import Torch
import Transformer

@Suite("Blocks that are computed again on the way back", .serialized)
struct RecomputationTests {
    private func gradients(
        _ decoder: Decoder, layers: [Int]?, dropout: Double
    ) throws -> (loss: Double, gradients: [Float]) {
        let adapter = try FormulaAdapter.make(
            AdapterConfiguration(
                rank: 3, alpha: 8, targetModules: LinearModule.allCases.map(\.rawValue), layers: layers,
                dropout: dropout), on: decoder.configuration, boundOfB: 0.1)
        var tokens = PackedTokens()
        tokens.append((0..<19).map { Int32($0 * 7 % 150) })
        tokens.append((0..<12).map { Int32($0 * 11 % 150) })
        let hidden = try decoder.hidden(
            tokens,
            adapters: [.init(adapter, tokens: 0..<tokens.count, dropoutKey: dropout > 0 ? 9 : nil)])
        let loss = try decoder.logprobs(hidden, targets: tokens.ids.map { ($0 + 1) % 150 }).sum()
        try loss.backward()
        return (try loss.item(), try #require(adapter.gradients).values(as: Float.self))
    }

    @Test(
        "give the loss and the gradients to the last bit", arguments: GoldenFile.families,
        [Recomputation.blocks, .offloaded])
    func sameBits(family: String, recomputation: Recomputation) throws {
        for dtype in [DType.float32, .bfloat16] {
            let plain = try Decoder(Fixtures.model(family), dtype: dtype)
            let again = plain.recomputing(recomputation)
            for (layers, dropout) in [(nil, 0.0), ([plain.configuration.layerCount - 1], 0.0), (nil, 0.25)] {
                let expected = try gradients(plain, layers: layers, dropout: dropout)
                let found = try gradients(again, layers: layers, dropout: dropout)
                #expect(expected.loss == found.loss)
                #expect(expected.gradients == found.gradients)
                #expect(expected.gradients.contains { $0 != 0 })
            }
        }
    }

    @Test("release everything once the gradient is there")
    func releases() throws {
        let decoder = try Decoder(Fixtures.model("llama")).recomputing(.blocks)
        _ = try gradients(decoder, layers: nil, dropout: 0)
        let before = Libtorch.liveTensors
        for _ in 0..<3 { _ = try gradients(decoder, layers: nil, dropout: 0) }
        #expect(Libtorch.liveTensors == before)
    }

    @Test("say what failed inside them, and whether memory was the reason")
    func failures() throws {
        let one = try Tensor([Float(1)])
        #expect(throws: TorchError.outOfMemory("no room")) {
            _ = try recomputed(one, one) { _, _ in throw TorchError.outOfMemory("no room") }
        }
        #expect(throws: TorchError.failed("wrong shape")) {
            _ = try recomputed(one, one) { _, _ in throw TorchError.failed("wrong shape") }
        }
        // The second time.
        let leaf = try Tensor([Float(1), 2])
        try leaf.setRequiresGradient(true)
        final class Calls { var count = 0 }
        let calls = Calls()
        let (sum, _) = try recomputed(leaf, leaf) { a, b in
            calls.count += 1
            if calls.count > 1 { throw TorchError.outOfMemory("later") }
            return (try a + b, b)
        }
        #expect(throws: TorchError.outOfMemory("later")) { try sum.sum().backward() }
    }
}
