import Checkpoint
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

@Suite(
    "The real SmolLM2-135M gives transformers' numbers",
    .enabled(if: Fixtures.realModel != nil, Comment(rawValue: Fixtures.noRealModel)), .serialized)
struct RealModelTests {
    func decoder(_ dtype: DType = .float32) throws -> Decoder {
        try Decoder(ModelFiles.open(#require(Fixtures.realModel)), dtype: dtype)
    }

    @Test("logits of four chats, in float32, to 1e-4")
    func logits() throws {
        let golden = try GoldenFile("smollm2-real")
        let decoder = try decoder()
        for row in 0..<4 {
            var tokens = PackedTokens()
            tokens.append(try golden.ids(row))
            let places = try golden.integers("logits.positions.\(row)")
            let logits = try withoutGradients {
                try decoder.logits(decoder.hidden(tokens).selecting(Tensor(places))).values(as: Float.self)
            }
            let indices = try golden.integers("logits.indices.\(row)")
            let values = try golden.floats("logits.values.\(row)")
            let vocabulary = decoder.configuration.vocabularySize
            for place in places.indices {
                let row = Array(logits[place * vocabulary..<(place + 1) * vocabulary])
                let mine = (0..<64).map { row[Int(indices[place * 64 + $0])] }
                let error = distance(mine, Array(values[place * 64..<(place + 1) * 64]))
                #expect(error < 1e-4, "logits differ by \(error)")
                // The largest are the largest here, too.
                #expect(Int(indices[place * 64]) == row.indices.max { row[$0] < row[$1] })
            }
        }
    }

    func response(_ golden: GoldenFile, _ decoder: Decoder, adapter: LowRankAdapter? = nil) throws -> [Tensor] {
        try (0..<4).map { row in
            let ids = try golden.ids(row)
            let prompt = Int(try golden.integers("prompt_length.\(row)")[0])
            var tokens = PackedTokens()
            tokens.append(Array(ids.dropLast()))
            let uses = adapter.map { [Decoder.AdapterUse($0, tokens: 0..<tokens.count)] } ?? []
            let hidden = try decoder.hidden(tokens, adapters: uses)
                .narrowed(0, from: prompt - 1, length: ids.count - prompt)
            return try decoder.logprobs(hidden, targets: Array(ids[prompt...]))
        }
    }

    @Test("log-probabilities in float32 to 1e-4, in bfloat16 as near as transformers' own")
    func logprobs() throws {
        let golden = try GoldenFile("smollm2-real")
        let exact = try response(golden, decoder()).map { try $0.values(as: Float.self) }
        let rounded = try response(golden, decoder(.bfloat16)).map { try $0.values(as: Float.self) }
        for row in 0..<4 {
            let theirs = try golden.floats("logprobs.\(row)")
            #expect(distance(exact[row], theirs) < 1e-4)
            let (mine, reference) = (
                relativeDistance(rounded[row], theirs),
                relativeDistance(try golden.floats("logprobs.bfloat16.\(row)"), theirs)
            )
            #expect(mine < 2 * reference, "bfloat16 is off by \(mine), transformers by \(reference)")
        }
    }

    @Test("loss and gradients of a rank-1 MLP adapter to 1e-4")
    func gradients() throws {
        let golden = try GoldenFile("smollm2-real")
        let decoder = try decoder()
        let configuration = AdapterConfiguration(
            rank: 1, alpha: 16, targetModules: LinearModule.mlp.map(\.rawValue))
        let adapter = try FormulaAdapter.make(configuration, on: decoder.configuration, boundOfB: 0.03)
        let logprobs = try response(golden, decoder, adapter: adapter)
        for row in 0..<4 {
            let error = distance(
                try logprobs[row].detached().values(as: Float.self), try golden.floats("mlp-r1.logprobs.\(row)"))
            #expect(error < 1e-4, "row \(row) differs by \(error)")
        }
        let loss = try Tensor.concatenated(logprobs).mean() * -1
        #expect(abs(try loss.item() - Double(try golden.floats("mlp-r1.loss")[0])) < 1e-4)
        try loss.backward()
        for module in adapter.modules {
            for (name, leaf) in [("A", module.a), ("B", module.b)] {
                let gradient = try #require(try leaf.gradient)
                let norm = Double(try golden.floats("mlp-r1.grad_norm.\(module.path).\(name)")[0])
                #expect(abs(try gradient.norm() - norm) < 1e-4 * norm, "norm of \(module.path).\(name)")
                if module.target == .down, [0, 15, 29].contains(module.layer) {
                    let whole = try golden.floats("mlp-r1.grad.\(module.path).\(name)")
                    #expect(relativeDistance(try gradient.values(), whole) < 1e-4, "\(module.path).\(name)")
                }
            }
        }
    }
}
