import Checkpoint
import Foundation
import TestSupport
import Testing
import Torch
import Transformer

/// Whether the fused CPU loops or ATen's operations (what a GPU runs) compute. The switch is process-wide: serialized.
@Suite("The decoder gives transformers' numbers", .serialized)
struct DecoderParityTests {
    static let cases = GoldenFile.families.flatMap { family in [(family, false), (family, true)] }

    func decoder(_ family: String, dtype: DType = .float32) throws -> Decoder {
        try Decoder(ModelFiles.open(Fixtures.folder.appending(path: "models/\(family)")), dtype: dtype)
    }

    func rows(_ golden: GoldenFile) throws -> PackedTokens {
        var tokens = PackedTokens()
        for row in 0...1 { tokens.append(try golden.ids(row)) }
        return tokens
    }

    @Test("hidden states and logits of every family, two rows packed end to end", arguments: cases)
    func logits(family: String, portable: Bool) throws {
        Libtorch.usePortableKernels(portable)
        defer { Libtorch.usePortableKernels(false) }
        let golden = try GoldenFile(family)
        let decoder = try decoder(family)
        let tokens = try rows(golden)
        try withoutGradients {
            let first = try golden.ids(0).count
            let states = try decoder.hiddenByLayer(tokens)
            for (index, state) in states.enumerated() {
                let name =
                    index == 0 ? "embedding" : index == states.count - 1 ? "norm" : "layer.\(index - 1)"
                let mine = try state.narrowed(0, from: 0, length: first).values(as: Float.self)
                let error = distance(mine, try golden.floats("hidden.\(name)"))
                #expect(error < 1e-4, "hidden.\(name) differs by \(error)")
            }
            let logits = try decoder.logits(decoder.hidden(tokens)).values(as: Float.self)
            let error = distance(logits, try golden.floats("logits.0") + golden.floats("logits.1"))
            #expect(error < 1e-4, "logits differ by \(error)")
        }
    }

    @Test("log-probabilities of a row's own tokens", arguments: cases)
    func logprobs(family: String, portable: Bool) throws {
        Libtorch.usePortableKernels(portable)
        defer { Libtorch.usePortableKernels(false) }
        let golden = try GoldenFile(family)
        let decoder = try decoder(family)
        for row in 0...1 {
            let ids = try golden.ids(row)
            var tokens = PackedTokens()
            tokens.append(ids)
            let hidden = try decoder.hidden(tokens).narrowed(0, from: 0, length: ids.count - 1)
            let error = distance(
                try decoder.logprobs(hidden, targets: Array(ids.dropFirst())).values(as: Float.self),
                try golden.floats("logprobs.\(row)"))
            #expect(error < 1e-4, "row \(row) differs by \(error)")
        }
    }

    static let adapterCases = cases.flatMap { family, portable in
        ["mlp-r1", "all-r4"].map { (family, portable, $0) }
    }

    @Test("logits, loss and gradients with PEFT's adapters", arguments: adapterCases)
    func adapters(family: String, portable: Bool, kind: String) throws {
        Libtorch.usePortableKernels(portable)
        defer { Libtorch.usePortableKernels(false) }
        let golden = try GoldenFile(family)
        let decoder = try decoder(family)
        let files = try AdapterFiles.read(Fixtures.folder.appending(path: "adapters/\(family)-\(kind)"))
        let adapter = try decoder.adapter(files, trainable: true)
        let tokens = try rows(golden)
        let use = [Decoder.AdapterUse(adapter, tokens: 0..<tokens.count)]
        let hidden = try decoder.hidden(tokens, adapters: use)
        let logits = try decoder.logits(hidden.detached()).values(as: Float.self)
        let error = distance(logits, try golden.floats("\(kind).logits.0") + golden.floats("\(kind).logits.1"))
        #expect(error < 1e-4, "logits differ by \(error)")

        var places: [Int32] = []
        var targets: [Int32] = []
        var start = 0
        for row in 0...1 {
            let ids = try golden.ids(row)
            let weights = try golden.floats("weights.\(row)")
            for t in 1..<ids.count where weights[t] == 1 {
                places.append(Int32(start + t - 1))
                targets.append(ids[t])
            }
            start += ids.count
        }
        let loss = try decoder.logprobs(hidden.selecting(Tensor(places)), targets: targets).mean() * -1
        #expect(abs(try loss.item() - Double(try golden.floats("\(kind).loss")[0])) < 1e-4)
        try loss.backward()
        for module in adapter.modules {
            for (name, leaf) in [("A", module.a), ("B", module.b)] {
                let gradient = try #require(try leaf.gradient)
                let error = relativeDistance(
                    try gradient.values(as: Float.self), try golden.floats("\(kind).grad.\(module.path).\(name)"))
                #expect(error < 1e-4, "gradient of \(module.path).\(name) differs by \(error)")
            }
        }
    }

    @Test("bfloat16 stays as near to float32 as transformers' bfloat16 does", arguments: cases)
    func bfloat16(family: String, portable: Bool) throws {
        Libtorch.usePortableKernels(portable)
        defer { Libtorch.usePortableKernels(false) }
        let golden = try GoldenFile(family)
        let tokens = try rows(golden)
        let exact = try golden.floats("logits.0") + golden.floats("logits.1")
        let theirs = try golden.floats("logits.bfloat16.0") + golden.floats("logits.bfloat16.1")
        let decoder = try decoder(family, dtype: .bfloat16)
        let mine = try withoutGradients { try decoder.logits(decoder.hidden(tokens)).values(as: Float.self) }
        let (my, their) = (relativeDistance(mine, exact), relativeDistance(theirs, exact))
        #expect(my < 1.5 * their, "off by \(my), transformers by \(their)")
    }
}
