/// The weights that a configuration asks for, under Hugging Face's names.
extension ModelConfiguration {
    /// The linear layers of a decoder layer, as modules within it, with their [out, in].
    public var linearModules: [(name: String, shape: [Int])] {
        let (queries, keys) = (headCount * headDimension, keyValueHeadCount * headDimension)
        return [
            ("self_attn.q_proj", [queries, hiddenSize]),
            ("self_attn.k_proj", [keys, hiddenSize]),
            ("self_attn.v_proj", [keys, hiddenSize]),
            ("self_attn.o_proj", [hiddenSize, queries]),
            ("mlp.gate_proj", [intermediateSize, hiddenSize]),
            ("mlp.up_proj", [intermediateSize, hiddenSize]),
            ("mlp.down_proj", [hiddenSize, intermediateSize]),
        ]
    }

    /// The shape of every tensor of the model by its name.
    public var expectedTensors: [String: [Int]] {
        var shapes: [String: [Int]] = [
            "model.embed_tokens.weight": [vocabularySize, hiddenSize],
            "model.norm.weight": [hiddenSize],
        ]
        if !tiedEmbeddings { shapes["lm_head.weight"] = [vocabularySize, hiddenSize] }
        var norms = ["input_layernorm", "post_attention_layernorm"]
        if postNorms { norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] }
        for layer in 0..<layerCount {
            let prefix = "model.layers.\(layer)."
            for norm in norms { shapes["\(prefix)\(norm).weight"] = [hiddenSize] }
            for (name, shape) in linearModules {
                shapes["\(prefix)\(name).weight"] = shape
                if attentionBias, ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"].contains(name) {
                    shapes["\(prefix)\(name).bias"] = [shape[0]]
                }
            }
            if qkNorm {
                shapes["\(prefix)self_attn.q_norm.weight"] = [headDimension]
                shapes["\(prefix)self_attn.k_norm.weight"] = [headDimension]
            }
        }
        return shapes
    }

    /// How the tensors of a file differ from what is expected.
    ///
    /// - Returns: every mistake (missing, misshapen, unreadable), and the names that the model has no use for.
    func compare(with weights: any WeightFile) -> (mistakes: [String], unused: [String]) {
        let expected = expectedTensors
        var mistakes: [String] = []
        for name in expected.keys.sorted() {
            let shape = expected[name] ?? []
            guard let record = weights.record(name) else {
                mistakes.append("tensor \(name) is missing; its shape should be \(shape)")
                continue
            }
            if record.shape != shape {
                mistakes.append("tensor \(name) has the shape \(record.shape); the configuration asks for \(shape)")
            } else if !record.type.isReadable {
                mistakes.append(
                    "tensor \(name) is of type \(record.type.rawValue.uppercased()); one of "
                        + ElementType.readableNames + " is needed")
            }
        }
        return (mistakes, weights.names.filter { expected[$0] == nil })
    }
}
