extension ModelConfiguration {
    /// The configuration that a GGUF file's metadata and tensors describe.
    ///
    /// Mistral models are of architecture `llama` in GGUF, and run as such.
    package init(gguf: GGUFFile) throws {
        let architecture = gguf.metadata["general.architecture"]?.string ?? ""
        guard let family = ModelFamily(ggufArchitecture: architecture) else {
            throw CheckpointError(
                file: gguf.path, place: "general.architecture",
                reason: "\(CheckpointError.quoted(architecture)) isn't a model that emlab runs",
                remedy: "It runs llama (also SmolLM2 and Mistral), qwen2, qwen3 and gemma3")
        }
        var keys = GGUFKeys(metadata: gguf.metadata, architecture: architecture)
        self.init(family: family, keys: &keys, gguf: gguf)
        var mistakes = keys.mistakes
        if mistakes.isEmpty { mistakes = self.mistakes { GGUFKeys.name($0, architecture: architecture) } }
        guard mistakes.isEmpty else { throw CheckpointError.all(mistakes, file: gguf.path) }
    }

    private init(family: ModelFamily, keys: inout GGUFKeys, gguf: GGUFFile) {
        self.family = family
        hiddenSize = keys.integer("embedding_length")
        intermediateSize = keys.integer("feed_forward_length")
        layerCount = keys.integer("block_count")
        headCount = keys.integer("attention.head_count")
        keyValueHeadCount = keys.integer("attention.head_count_kv", default: headCount)
        let perHead = headCount > 0 ? hiddenSize / headCount : 0
        headDimension = keys.integer("attention.key_length", default: perHead)
        rmsNormEpsilon = keys.roundedDouble("attention.layer_norm_rms_epsilon") ?? 1e-6
        maxPositions = keys.integer("context_length")
        // The embedding's rows count: a vocabulary may be padded beyond the tokens that have a text.
        vocabularySize = gguf.records["token_embd.weight"]?.shape.first ?? keys.integer("vocab_size")
        tiedEmbeddings = gguf.records["output.weight"] == nil
        attentionBias = family == .qwen2 || (family == .llama && gguf.records["blk.0.attn_q.bias"] != nil)
        qkNorm = family == .qwen3 || family == .gemma3
        normAddsOne = family == .gemma3
        postNorms = family == .gemma3
        activation = family == .gemma3 ? .geluTanh : .silu
        embeddingScale = family == .gemma3 ? Float(Double(max(hiddenSize, 0)).squareRoot()) : nil
        ropeTheta = keys.roundedDouble("rope.freq_base") ?? (family == .gemma3 ? 1_000_000 : 10_000)
        localRopeTheta = family == .gemma3 ? keys.roundedDouble("rope.freq_base_swa") ?? 10_000 : nil
        ropeScaling = Self.scaling(&keys, gguf: gguf).recognisingLlama3(theta: ropeTheta, headDimension: headDimension)
        let count = min(max(layerCount, 0), 4096)
        layerKinds = Array(repeating: .full, count: count)
        slidingWindow = keys.optionalInteger("attention.sliding_window").flatMap { $0 == 0 ? nil : $0 }
        if family == .gemma3 {
            let pattern = keys.optionalInteger("attention.sliding_window_pattern") ?? 6
            slidingWindow = slidingWindow ?? 1024
            if pattern > 0 {
                layerKinds = (0..<count).map { ($0 + 1) % pattern == 0 ? .full : .sliding }
            } else {
                keys.note("attention.sliding_window_pattern must be above 0")
            }
            // llama.cpp knows Gemma 3 27B, whose heads are scaled by width, by its 62 layers.
            queryPreAttentionScalar = Double(layerCount == 62 ? perHead : headDimension)
        } else if slidingWindow != nil {
            // llama.cpp itself gives these architectures full attention.
            slidingWindow = nil
        }
        attentionSoftCap = keys.double("attn_logit_softcapping").map { Float($0) }
        finalSoftCap = keys.double("final_logit_softcapping").map { Float($0) }
        let rotated = keys.integer("rope.dimension_count", default: headDimension)
        if rotated != headDimension {
            keys.note("rope.dimension_count is \(rotated); only whole heads of \(headDimension) can be rotated")
        }
        if keys.integer("attention.value_length", default: headDimension) != headDimension {
            keys.note("attention.value_length differs from the \(headDimension) channels of a key")
        }
        if (keys.optionalInteger("expert_count") ?? 0) > 0 {
            keys.note("expert_count: mixtures of experts aren't supported")
        }
    }

    private static func scaling(_ keys: inout GGUFKeys, gguf: GGUFFile) -> RopeScaling {
        if let tensor = gguf.stored("rope_freqs.weight") {
            guard tensor.record.count <= 4096,
                let factors = try? StoredTensors(path: gguf.path, tensors: ["rope_freqs.weight": tensor])
                    .floats("rope_freqs.weight")
            else {
                keys.note("the tensor rope_freqs.weight can't be read")
                return .none
            }
            return .frequencyFactors(factors)
        }
        switch keys.string("rope.scaling.type") ?? "none" {
        case "none": return .none
        case "linear": return keys.double("rope.scaling.factor").map { $0 == 0 ? .none : .linear(factor: $0) } ?? .none
        case let type:
            keys.note("rope.scaling.type is \(CheckpointError.quoted(type)); emlab computes none and linear")
            return .none
        }
    }
}

extension ModelFamily {
    init?(ggufArchitecture: String) {
        switch ggufArchitecture {
        case "llama", "qwen2", "qwen3", "gemma3": self.init(rawValue: ggufArchitecture)
        default: return nil
        }
    }
}

/// Typed access to the keys of one architecture, noting every mistake.
struct GGUFKeys {
    let metadata: [String: GGUFValue]
    let architecture: String
    private(set) var mistakes: [String] = []

    init(metadata: [String: GGUFValue], architecture: String) {
        self.metadata = metadata
        self.architecture = architecture
    }

    mutating func note(_ mistake: String) { mistakes.append("\(architecture).\(mistake)") }

    private mutating func read<T>(_ key: String, _ what: String, _ convert: (GGUFValue) -> T?) -> T? {
        guard let value = metadata["\(architecture).\(key)"] else { return nil }
        guard let converted = convert(value) else {
            note("\(key) is \(value.kind); \(what) is needed")
            return nil
        }
        return converted
    }

    mutating func optionalInteger(_ key: String) -> Int? {
        read(key, "a whole number") { value in
            // Per-layer lists are used by models that emlab doesn't run, unless all layers agree.
            if let list = value.integers, let first = list.first, list.allSatisfy({ $0 == first }) {
                return Int(exactly: first)
            }
            return value.integer
        }
    }

    mutating func integer(_ key: String, default value: Int? = nil) -> Int {
        if let found = optionalInteger(key) { return found }
        if let value { return value }
        if metadata["\(architecture).\(key)"] == nil { note("\(key) is missing") }
        return 0
    }

    mutating func double(_ key: String) -> Double? { read(key, "a number", \.double) }
    mutating func string(_ key: String) -> String? { read(key, "a string", \.string) }

    /// A float32 as the shortest decimal that means it: GGUF stores 1e-5 as 9.999999747e-06, which
    /// Hugging Face's configuration had as 1e-5.
    mutating func roundedDouble(_ key: String) -> Double? {
        double(key).map { value in
            let single = Float(value)
            return Double(single) == value ? Double(single.description) ?? value : value
        }
    }

    /// GGUF's key for a Hugging Face one, for messages.
    static func name(_ key: String, architecture: String) -> String {
        let names = [
            "vocab_size": "vocab_size", "hidden_size": "embedding_length",
            "intermediate_size": "feed_forward_length", "num_hidden_layers": "block_count",
            "num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv",
            "head_dim": "attention.key_length", "max_position_embeddings": "context_length",
            "rms_norm_eps": "attention.layer_norm_rms_epsilon", "rope_theta": "rope.freq_base",
            "rope_local_base_freq": "rope.freq_base_swa", "sliding_window": "attention.sliding_window",
            "rope_parameters.factor": "rope.scaling.factor",
            "attn_logit_softcapping": "attn_logit_softcapping",
            "final_logit_softcapping": "final_logit_softcapping",
        ]
        return architecture + "." + (names[key] ?? key)
    }
}
