extension ModelConfiguration {
    /// config.json's members, in the layout that transformers 4 and 5 both read.
    ///
    /// - Throws: ``CheckpointError`` for what only a GGUF file can say.
    package func huggingFace(file: String) throws -> [String: JSON] {
        let isGemma = family == .gemma3
        let architecture =
            switch family {
            case .llama: "LlamaForCausalLM"
            case .mistral: "MistralForCausalLM"
            case .qwen2: "Qwen2ForCausalLM"
            case .qwen3: "Qwen3ForCausalLM"
            case .gemma3: "Gemma3ForCausalLM"
            }
        var members: [String: JSON] = [
            "architectures": [.string(architecture)],
            "model_type": .string(isGemma ? "gemma3_text" : family.rawValue),
            "vocab_size": .integer(vocabularySize),
            "hidden_size": .integer(hiddenSize),
            "intermediate_size": .integer(intermediateSize),
            "num_hidden_layers": .integer(layerCount),
            "num_attention_heads": .integer(headCount),
            "num_key_value_heads": .integer(keyValueHeadCount),
            "head_dim": .integer(headDimension),
            "rms_norm_eps": .number(rmsNormEpsilon),
            "rope_theta": .number(ropeTheta),
            "max_position_embeddings": .integer(maxPositions),
            "tie_word_embeddings": .bool(tiedEmbeddings),
            (isGemma ? "hidden_activation" : "hidden_act"):
                .string(activation == .silu ? "silu" : "gelu_pytorch_tanh"),
        ]
        if attentionBias, family != .qwen2 {
            throw CheckpointError(
                file: file, place: "attention biases",
                reason: "transformers' \(family.rawValue) models have either no bias or one on o_proj too")
        }
        switch ropeScaling {
        case .none: members["rope_scaling"] = .null
        case .linear(let factor): members["rope_scaling"] = ["rope_type": "linear", "factor": .number(factor)]
        case .llama3(let factor, let low, let high, let original):
            members["rope_scaling"] = [
                "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": .number(low),
                "high_freq_factor": .number(high), "original_max_position_embeddings": .integer(original),
            ]
        case .frequencyFactors:
            throw CheckpointError(
                file: file, place: "rope_freqs.weight",
                reason: "these frequency factors can't be said in a config.json",
                remedy: "Merge into the model's original Hugging Face folder instead")
        }
        let kinds = JSON.array(layerKinds.map { .string($0 == .full ? "full_attention" : "sliding_attention") })
        switch family {
        case .llama: break
        case .mistral: members["sliding_window"] = slidingWindow.map { .integer($0) } ?? .null
        case .qwen2, .qwen3:
            members["use_sliding_window"] = .bool(slidingWindow != nil)
            members["sliding_window"] = slidingWindow.map { .integer($0) } ?? .null
            members["layer_types"] = kinds
        case .gemma3:
            members["sliding_window"] = slidingWindow.map { .integer($0) } ?? .null
            members["layer_types"] = kinds
            members["rope_local_base_freq"] = localRopeTheta.map { .number($0) }
            members["query_pre_attn_scalar"] = queryPreAttentionScalar.map { value in
                Int(exactly: value).map { .integer($0) } ?? .number(value)
            }
            members["attn_logit_softcapping"] = attentionSoftCap.map { .number(Double($0)) } ?? .null
            members["final_logit_softcapping"] = finalSoftCap.map { .number(Double($0)) } ?? .null
        }
        return members
    }
}
