import Checkpoint
import Foundation
import Testing

@Suite("A GGUF model")
struct GGUFModelTests {
    @Test("has Hugging Face's names and weights", arguments: ["llama", "qwen2", "qwen3", "gemma3"])
    func weights(family: String) throws {
        let expected = try #require(Fixture.json("gguf/expected.json")[family]?.object)
        let model = try ModelFiles.open(Fixture.url("gguf/\(family).gguf"))
        #expect(model.configuration.family.rawValue == family)
        #expect(model.weights.names == expected.keys.sorted())
        #expect(model.unusedTensors.isEmpty)
        for (name, digest) in expected {
            let floats = try model.weights.floats(name)
            #expect(floats.withUnsafeBytes { Fixture.sha256($0) } == digest.string, "\(name)")
        }
    }

    @Test("has the sizes of its family")
    func configuration() throws {
        let gemma = try ModelFiles.open(Fixture.url("gguf/gemma3.gguf")).configuration
        #expect(gemma.headDimension == 16)
        #expect(gemma.slidingWindow == 8)
        #expect(gemma.layerKinds == [.sliding, .sliding])
        #expect(gemma.postNorms && gemma.normAddsOne && gemma.qkNorm && gemma.tiedEmbeddings)
        #expect(gemma.attentionScale == 0.25)
        #expect(gemma.localRopeTheta == 10_000)
        let qwen = try ModelFiles.open(Fixture.url("gguf/qwen2.gguf")).configuration
        #expect(qwen.attentionBias && !qwen.tiedEmbeddings)
        let llama = try ModelFiles.open(Fixture.url("gguf/llama.gguf")).configuration
        #expect(
            llama.ropeScaling
                == .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 8192),
            "its frequency factors are those of Llama 3.1")
        #expect(qwen.ropeScaling == .frequencyFactors([1, 2, 4, 8]))
    }

    @Test("gives raw bytes only where they are the weights")
    func mapped() throws {
        let gemma = try ModelFiles.open(Fixture.url("gguf/gemma3.gguf")).weights
        let name = "model.layers.1.mlp.up_proj.weight"
        let raw = try #require(gemma.mapped(name))
        #expect(try gemma.floats(name).withUnsafeBytes { Array($0) == Array(raw) })
        #expect(gemma.mapped("model.norm.weight") == nil, "one was added to it")
        let llama = try ModelFiles.open(Fixture.url("gguf/llama.gguf")).weights
        #expect(llama.mapped(name) == nil, "it is quantised")
    }
}
