/// Hugging Face's names for the tensors of a GGUF file, and what llama.cpp's converter did to each.
enum GGUFWeights {
    static func tensors(of file: GGUFFile, configuration: ModelConfiguration) -> StoredTensors {
        var tensors: [String: StoredTensor] = [:]
        for name in file.records.keys {
            // Its factors are part of the configuration.
            if name == "rope_freqs.weight" { continue }
            guard var tensor = file.stored(name) else { continue }
            let renamed = huggingFaceName(of: name, family: configuration.family) ?? name
            // Two GGUF names never share a Hugging Face name, but a foreign one may look like it: keep the mapped.
            if renamed == name, tensors[name] != nil { continue }
            tensor.record.name = renamed
            tensor.conversion = conversion(of: name, tensor.record, configuration)
            tensors[renamed] = tensor
        }
        return StoredTensors(path: file.path, tensors: tensors)
    }

    private static func conversion(
        of name: String, _ record: TensorRecord, _ configuration: ModelConfiguration
    ) -> StoredTensor.Conversion {
        switch configuration.family {
        case .llama where name.contains(".attn_q.") || name.contains(".attn_k."):
            // A misshapen tensor is found when shapes are compared; here it must only not be cut wrongly.
            let rows = record.shape.first ?? 0
            let head = configuration.headDimension
            return rows % head == 0 && rows > 0 ? .interleavedHeads(rows: head) : .none
        case .gemma3 where name.hasSuffix("norm.weight"): return .addedOne
        default: return .none
        }
    }

    static func huggingFaceName(of name: String, family: ModelFamily) -> String? {
        switch name {
        case "token_embd.weight": return "model.embed_tokens.weight"
        case "output_norm.weight": return "model.norm.weight"
        case "output.weight": return "lm_head.weight"
        default: break
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), layer >= 0, String(layer) == parts[1],
            parts[3] == "weight" || parts[3] == "bias"
        else { return nil }
        let module: String? =
            switch parts[2] {
            case "attn_q": "self_attn.q_proj"
            case "attn_k": "self_attn.k_proj"
            case "attn_v": "self_attn.v_proj"
            case "attn_output": "self_attn.o_proj"
            case "attn_q_norm": "self_attn.q_norm"
            case "attn_k_norm": "self_attn.k_norm"
            case "ffn_gate": "mlp.gate_proj"
            case "ffn_up": "mlp.up_proj"
            case "ffn_down": "mlp.down_proj"
            case "attn_norm": "input_layernorm"
            case "ffn_norm": family == .gemma3 ? "pre_feedforward_layernorm" : "post_attention_layernorm"
            case "post_attention_norm": family == .gemma3 ? "post_attention_layernorm" : nil
            case "post_ffw_norm": family == .gemma3 ? "post_feedforward_layernorm" : nil
            default: nil
            }
        return module.map { "model.layers.\(layer).\($0).\(parts[3])" }
    }
}
