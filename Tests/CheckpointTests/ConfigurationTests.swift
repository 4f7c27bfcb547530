import Checkpoint
import Foundation
import Testing

@Suite("A config.json")
struct ConfigurationTests {
    @Test("means what transformers makes of it, keys absent or in the layouts of versions 4 and 5")
    func golden() throws {
        let cases = try #require(Fixture.json("configurations.json").array)
        #expect(cases.count > 15)
        for (index, item) in cases.enumerated() {
            let given = try #require(item["given"]?.object)
            let resolved = try #require(item["resolved"])
            let found = try ModelConfiguration(config: given, file: "config \(index)")
            func integer(_ key: String) -> Int? { resolved[key]?.integer }
            #expect(found.vocabularySize == integer("vocab_size"), "\(index)")
            #expect(found.hiddenSize == integer("hidden_size"), "\(index)")
            #expect(found.intermediateSize == integer("intermediate_size"), "\(index)")
            #expect(found.layerCount == integer("num_hidden_layers"), "\(index)")
            #expect(found.headCount == integer("num_attention_heads"), "\(index)")
            #expect(found.keyValueHeadCount == integer("num_key_value_heads"), "\(index)")
            #expect(found.headDimension == integer("head_dim"), "\(index)")
            #expect(found.maxPositions == integer("max_position_embeddings"), "\(index)")
            #expect(found.rmsNormEpsilon == resolved["rms_norm_eps"]?.double, "\(index)")
            #expect(found.tiedEmbeddings == resolved["tie_word_embeddings"]?.bool, "\(index)")
            #expect(found.queryPreAttentionScalar == resolved["query_pre_attn_scalar"]?.double, "\(index)")
            #expect(found.finalSoftCap.map(Double.init) == resolved["final_logit_softcapping"]?.double, "\(index)")
            #expect(found.attentionSoftCap.map(Double.init) == resolved["attn_logit_softcapping"]?.double, "\(index)")
            #expect(found.slidingWindow == integer("sliding_window"), "\(index)")
            #expect((found.activation == .silu ? "silu" : "gelu_pytorch_tanh") == resolved["activation"]?.string)
            if let kinds = resolved["layer_types"]?.array {
                let names = found.layerKinds.map { $0 == .full ? "full_attention" : "sliding_attention" }
                #expect(names == kinds.compactMap(\.string), "\(index)")
            }
            let rope = resolved["rope_parameters"]
            check(found, full: found.family == .gemma3 ? rope?["full_attention"] : rope, index)
            #expect(found.localRopeTheta == rope?["sliding_attention"]?["rope_theta"]?.double, "\(index)")
        }
    }

    private func check(_ found: ModelConfiguration, full rope: JSON?, _ index: Int) {
        #expect(found.ropeTheta == rope?["rope_theta"]?.double, "\(index)")
        let scaling: RopeScaling? =
            switch rope?["rope_type"]?.string {
            case "default": RopeScaling.none
            case "linear": .linear(factor: rope?["factor"]?.double ?? 0)
            case "llama3":
                .llama3(
                    factor: rope?["factor"]?.double ?? 0, lowFrequencyFactor: rope?["low_freq_factor"]?.double ?? 0,
                    highFrequencyFactor: rope?["high_freq_factor"]?.double ?? 0,
                    originalMaxPositions: rope?["original_max_position_embeddings"]?.integer ?? 0)
            default: nil
            }
        #expect(found.ropeScaling == scaling, "\(index)")
    }

    @Test(
        "that asks for what emlab can't compute is an error naming the key",
        arguments: [
            (#"{"model_type": "gpt2"}"#, "model_type"),
            (#"{"hidden_size": 64}"#, "model_type"),
            (#"{"model_type": "qwen2_vl"}"#, "model_type"),
            (#"{"model_type": "llama", "attention_bias": true}"#, "attention_bias"),
            (#"{"model_type": "llama", "mlp_bias": true}"#, "mlp_bias"),
            (#"{"model_type": "llama", "hidden_act": "relu"}"#, "hidden_act"),
            (#"{"model_type": "llama", "rope_scaling": {"type": "yarn", "factor": 4}}"#, "rope_scaling.rope_type"),
            (#"{"model_type": "qwen2", "rope_parameters": {"rope_type": "dynamic"}}"#, "rope_parameters.rope_type"),
            (#"{"model_type": "llama", "rope_scaling": {"type": "linear"}}"#, "factor is missing"),
            (#"{"model_type": "llama", "num_key_value_heads": 5}"#, "num_key_value_heads"),
            (#"{"model_type": "llama", "hidden_size": -4}"#, "hidden_size"),
            (#"{"model_type": "llama", "hidden_size": 9223372036854775807}"#, "hidden_size"),
            (#"{"model_type": "llama", "hidden_size": 1e300}"#, "hidden_size"),
            (#"{"model_type": "llama", "hidden_size": "64"}"#, "hidden_size"),
            (#"{"model_type": "llama", "num_attention_heads": 0}"#, "num_attention_heads"),
            (#"{"model_type": "llama", "num_hidden_layers": 100000000}"#, "num_hidden_layers"),
            (#"{"model_type": "llama", "rms_norm_eps": NaN}"#, "NaN"),
            (#"{"model_type": "llama", "rms_norm_eps": -1e-5}"#, "rms_norm_eps"),
            (#"{"model_type": "llama", "hidden_size": 64, "hidden_size": 32}"#, "twice"),
            (#"{"model_type": "llama", "head_dim": 33}"#, "head_dim"),
            (#"{"model_type": "llama", "quantization_config": {"quant_method": "gptq"}}"#, "quantization_config"),
            (#"{"model_type": "qwen3", "num_experts": 8}"#, "num_experts"),
            (#"{"model_type": "gemma3_text", "use_bidirectional_attention": true}"#, "use_bidirectional_attention"),
            (#"{"model_type": "gemma3_text", "sliding_window_pattern": 0}"#, "sliding_window_pattern"),
            (#"{"model_type": "gemma3"}"#, "text_config"),
            (#"{"model_type": "gemma3", "text_config": {"head_dim": 7}}"#, "text_config.head_dim"),
            (#"{"model_type": "qwen2", "layer_types": ["full_attention"]}"#, "layer_types"),
            (#"{"model_type": "qwen2", "layer_types": ["linear_attention"]}"#, "layer_types"),
            (#"[1]"#, "object"),
        ])
    func refusals(text: String, key: String) {
        let message = Fixture.message { _ = try ModelConfiguration(json: Data(text.utf8), file: "config.json") }
        #expect(message.contains(key), "\(message)")
    }

    @Test("written again means the same")
    func roundTrip() throws {
        var all: [JSON] = []
        for item in try #require(Fixture.json("configurations.json").array) {
            let given = try ModelConfiguration(config: #require(item["given"]?.object), file: "given")
            let written = try given.huggingFace(file: "written")
            #expect(try ModelConfiguration(config: written, file: "written") == given)
            all.append(.object(written))
        }
        if let kept = Fixture.kept {
            // For `configurations.py FILE`.
            let url = kept.appendingPathComponent("configurations.json")
            try Data(JSON.array(all).text.utf8).write(to: url)
        }
    }

    @Test("tells all its mistakes at once")
    func allAtOnce() {
        let text = #"{"model_type": "llama", "hidden_size": "x", "mlp_bias": true, "hidden_act": "relu"}"#
        let message = Fixture.message { _ = try ModelConfiguration(json: Data(text.utf8), file: "config.json") }
        #expect(message.contains("hidden_size") && message.contains("mlp_bias") && message.contains("hidden_act"))
    }
}
