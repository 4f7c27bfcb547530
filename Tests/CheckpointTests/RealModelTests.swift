import Checkpoint
import Foundation
import Testing

@Suite("The real SmolLM2", .enabled(if: Fixture.realModel != nil, "run make to fetch the model"))
struct RealModelTests {
    private func open() throws -> ModelFiles { try ModelFiles.open(#require(Fixture.realModel)) }

    @Test("has the configuration that transformers reads from its GGUF")
    func configuration() throws {
        let golden = try Fixture.json("smollm2.json")["config"]
        let configuration = try open().configuration
        #expect(configuration.family == .llama)
        #expect(configuration.vocabularySize == golden?["vocab_size"]?.integer)
        #expect(configuration.hiddenSize == golden?["hidden_size"]?.integer)
        #expect(configuration.intermediateSize == golden?["intermediate_size"]?.integer)
        #expect(configuration.layerCount == golden?["num_hidden_layers"]?.integer)
        #expect(configuration.headCount == golden?["num_attention_heads"]?.integer)
        #expect(configuration.keyValueHeadCount == golden?["num_key_value_heads"]?.integer)
        #expect(configuration.headDimension == golden?["head_dim"]?.integer)
        #expect(Float(configuration.rmsNormEpsilon) == golden?["rms_norm_eps"]?.double.map { Float($0) })
        #expect(configuration.ropeTheta == golden?["rope_theta"]?.double)
        #expect(configuration.maxPositions == golden?["max_position_embeddings"]?.integer)
        #expect(configuration.tiedEmbeddings == golden?["tie_word_embeddings"]?.bool)
        #expect(configuration.ropeScaling == .none)
    }

    @Test("has every weight bit for bit as transformers dequantises it", arguments: FloatType.allCases)
    func weights(type: FloatType) throws {
        let model = try open()
        let golden = try #require(Fixture.json("smollm2.json")[type.rawValue]?.object)
        #expect(golden.count > 10)
        for (name, digest) in golden {
            let record = try #require(model.weights.record(name))
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: record.count * type.byteCount, alignment: 64)
            defer { buffer.deallocate() }
            try model.weights.read(name, as: type, into: buffer)
            #expect(Fixture.sha256(UnsafeRawBufferPointer(buffer)) == digest.string, "\(name)")
        }
        if type == .float32 { #expect(model.weights.names == golden.keys.sorted()) }
    }

    @Test("opens and dequantises in well under a second")
    func speed() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let model = try open()
        let opened = clock.now
        var numbers = 0
        let largest = model.weights.names.compactMap { model.weights.record($0)?.count }.max() ?? 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: largest * 4, alignment: 64)
        defer { buffer.deallocate() }
        for name in model.weights.names {
            let count = model.weights.record(name)?.count ?? 0
            try model.weights.read(
                name, as: .float32, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * 4)]))
            numbers += count
        }
        print("opened in \(opened - start), \(numbers) weights dequantised in \(clock.now - opened)")
        #expect(numbers == 134_515_008)
        #expect(clock.now - start < .seconds(5))
    }
}
