import Foundation

extension ModelConfiguration {
    /// The configuration of a Hugging Face `config.json`, with the defaults of transformers 5.24 for absent keys.
    ///
    /// - Throws: ``CheckpointError`` that lists all mistakes and everything emlab can't honour, each by its key.
    public init(json: Data, file: String) throws {
        let value = try JSON.parse(json, file: file)
        guard let members = value.object else {
            throw CheckpointError(file: file, reason: "holds \(value.kind) where a JSON object is needed")
        }
        try self.init(config: members, file: file)
    }

    package init(config members: [String: JSON], file: String) throws {
        guard let type = members["model_type"]?.string else {
            throw CheckpointError(
                file: file, place: "model_type", reason: "isn't there or isn't a string",
                remedy: "Is this the config.json of a Hugging Face model?")
        }
        var reader = ConfigurationReader(members)
        let outer = reader
        if type == "gemma3" {
            guard let text = members["text_config"]?.object else {
                throw CheckpointError(
                    file: file, place: "text_config", reason: "isn't an object, which a gemma3 model needs")
            }
            reader = ConfigurationReader(text, prefix: "text_config.")
        }
        guard let family = ModelFamily(modelType: type) else {
            throw CheckpointError(
                file: file, place: "model_type",
                reason: "\(CheckpointError.quoted(type)) isn't a model that emlab runs",
                remedy: "It runs llama (also SmolLM2), mistral, qwen2 (also 2.5), qwen3, gemma3_text and gemma3")
        }
        self.init(family: family, reader: &reader, outer: outer)
        if members["quantization_config"]?.isNull == false {
            reader.note("quantization_config: weights quantised that way can't be read; use the original or a GGUF")
        }
        var mistakes = reader.mistakes
        if mistakes.isEmpty { mistakes = self.mistakes { reader.prefix + $0 } }
        guard mistakes.isEmpty else { throw CheckpointError.all(mistakes, file: file) }
    }

    private init(family: ModelFamily, reader: inout ConfigurationReader, outer: ConfigurationReader) {
        let defaults = FamilyDefaults.of(family)
        self.family = family
        vocabularySize = reader.integer("vocab_size", default: defaults.vocabularySize)
        hiddenSize = reader.integer("hidden_size", default: defaults.hiddenSize)
        intermediateSize = reader.integer("intermediate_size", default: defaults.intermediateSize)
        layerCount = reader.integer("num_hidden_layers", default: defaults.layerCount)
        headCount = reader.integer("num_attention_heads", default: defaults.headCount)
        // An explicit null means as many as query heads; so does absence for llama.
        keyValueHeadCount =
            reader.integer("num_key_value_heads")
            ?? (reader.isNull("num_key_value_heads") ? headCount : defaults.keyValueHeadCount ?? headCount)
        let perHead = headCount > 0 ? hiddenSize / headCount : 0
        headDimension = reader.integer("head_dim") ?? defaults.headDimension ?? perHead
        rmsNormEpsilon = reader.double("rms_norm_eps") ?? 1e-6
        maxPositions = reader.integer("max_position_embeddings", default: defaults.maxPositions)
        // A wrapped text model is tied as its wrapper says, or as itself says, or as the family is.
        tiedEmbeddings =
            outer.value("tie_word_embeddings")?.bool ?? reader.bool("tie_word_embeddings") ?? (family == .gemma3)
        attentionBias = family == .qwen2
        qkNorm = family == .qwen3 || family == .gemma3
        normAddsOne = family == .gemma3
        postNorms = family == .gemma3
        embeddingScale = family == .gemma3 ? Float(Double(max(hiddenSize, 0)).squareRoot()) : nil
        activation = Self.activation(&reader, family: family)
        (slidingWindow, layerKinds) = Self.attention(&reader, family: family, layers: layerCount)
        queryPreAttentionScalar = family == .gemma3 ? reader.double("query_pre_attn_scalar") ?? 256 : nil
        attentionSoftCap = family == .gemma3 ? reader.double("attn_logit_softcapping").map { Float($0) } : nil
        finalSoftCap = family == .gemma3 ? reader.double("final_logit_softcapping").map { Float($0) } : nil
        let rope = RopeKeys(&reader, family: family, maxPositions: maxPositions)
        (ropeTheta, ropeScaling, localRopeTheta) = (rope.theta, rope.scaling, rope.localTheta)
        Self.refuseUnsupported(&reader, family: family)
    }

    private static func activation(_ reader: inout ConfigurationReader, family: ModelFamily) -> Activation {
        let key = family == .gemma3 ? "hidden_activation" : "hidden_act"
        guard let name = reader.string(key) else { return family == .gemma3 ? .geluTanh : .silu }
        switch name {
        case "silu", "swish": return .silu
        case "gelu_pytorch_tanh": return .geluTanh
        default:
            reader.note(
                "\(reader.prefix)\(key) is \(CheckpointError.quoted(name)); emlab computes silu and gelu_pytorch_tanh")
            return .silu
        }
    }

    private static func attention(
        _ reader: inout ConfigurationReader, family: ModelFamily, layers: Int
    ) -> (window: Int?, kinds: [LayerKind]) {
        let count = min(max(layers, 0), 4096)
        var window = reader.integer("sliding_window") ?? (reader.isNull("sliding_window") ? nil : 4096)
        switch family {
        case .llama: return (nil, Array(repeating: .full, count: count))
        case .mistral: return (window, Array(repeating: window == nil ? .full : .sliding, count: count))
        case .qwen2, .qwen3:
            if reader.bool("use_sliding_window") != true { window = nil }
        case .gemma3: break
        }
        if let names = reader.strings("layer_types") {
            let kinds = names.compactMap { name -> LayerKind? in
                switch name {
                case "full_attention": return .full
                case "sliding_attention": return .sliding
                default:
                    reader.note("\(reader.prefix)layer_types: \(CheckpointError.quoted(name)) isn't known")
                    return nil
                }
            }
            return (window, kinds)
        }
        if family == .gemma3 {
            let pattern = reader.integer("sliding_window_pattern", default: 6)
            guard pattern > 0 else {
                reader.note("\(reader.prefix)sliding_window_pattern is \(pattern); a number above 0 is needed")
                return (window, [])
            }
            return (window, (0..<count).map { ($0 + 1) % pattern == 0 ? .full : .sliding })
        }
        let first = reader.integer("max_window_layers", default: 28)
        return (window, (0..<count).map { window != nil && $0 >= first ? .sliding : .full })
    }

    private static func refuseUnsupported(_ reader: inout ConfigurationReader, family: ModelFamily) {
        func refuse(_ key: String, _ why: String) { reader.note("\(reader.prefix)\(key): \(why)") }
        if family != .qwen2, reader.bool("attention_bias") == true {
            refuse("attention_bias", "true isn't supported for \(family.rawValue) models")
        }
        if reader.bool("mlp_bias") == true { refuse("mlp_bias", "true isn't supported") }
        if reader.bool("use_bidirectional_attention") == true {
            refuse("use_bidirectional_attention", "true isn't supported: emlab's attention is causal")
        }
        for key in ["num_experts", "num_local_experts", "n_routed_experts"] where (reader.integer(key) ?? 0) > 0 {
            refuse(key, "mixtures of experts aren't supported")
        }
    }
}

extension ModelFamily {
    /// transformers' `model_type`.
    init?(modelType: String) {
        switch modelType {
        case "gemma3_text", "gemma3": self = .gemma3
        case "llama", "mistral", "qwen2", "qwen3": self.init(rawValue: modelType)
        default: return nil
        }
    }
}

/// What transformers 5.24 takes where config.json says nothing.
struct FamilyDefaults {
    var vocabularySize: Int
    var hiddenSize: Int
    var intermediateSize: Int
    var layerCount: Int
    var headCount: Int
    var keyValueHeadCount: Int?
    var headDimension: Int?
    var maxPositions: Int

    static func of(_ family: ModelFamily) -> FamilyDefaults {
        switch family {
        case .llama:
            FamilyDefaults(
                vocabularySize: 32_000, hiddenSize: 4096, intermediateSize: 11_008, layerCount: 32, headCount: 32,
                maxPositions: 2048)
        case .mistral:
            FamilyDefaults(
                vocabularySize: 32_000, hiddenSize: 4096, intermediateSize: 14_336, layerCount: 32, headCount: 32,
                keyValueHeadCount: 8, maxPositions: 131_072)
        case .qwen2:
            FamilyDefaults(
                vocabularySize: 151_936, hiddenSize: 4096, intermediateSize: 22_016, layerCount: 32, headCount: 32,
                keyValueHeadCount: 32, maxPositions: 32_768)
        case .qwen3:
            FamilyDefaults(
                vocabularySize: 151_936, hiddenSize: 4096, intermediateSize: 22_016, layerCount: 32, headCount: 32,
                keyValueHeadCount: 32, headDimension: 128, maxPositions: 32_768)
        case .gemma3:
            FamilyDefaults(
                vocabularySize: 262_208, hiddenSize: 2304, intermediateSize: 9216, layerCount: 26, headCount: 8,
                keyValueHeadCount: 4, headDimension: 256, maxPositions: 131_072)
        }
    }
}
