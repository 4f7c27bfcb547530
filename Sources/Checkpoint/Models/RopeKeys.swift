/// The rotary embedding's part of a config.json: `rope_parameters` as transformers 5 writes it (for Gemma 3 one per
/// kind of layer), or `rope_theta`, `rope_scaling` and `rope_local_base_freq` as transformers 4 did.
struct RopeKeys {
    var theta: Double
    var scaling: RopeScaling
    var localTheta: Double?

    init(_ reader: inout ConfigurationReader, family: ModelFamily, maxPositions: Int) {
        self =
            family == .gemma3
            ? RopeKeys(gemma3: &reader, maxPositions: maxPositions)
            : RopeKeys(uniform: &reader, family: family, maxPositions: maxPositions)
    }

    private init(uniform reader: inout ConfigurationReader, family: ModelFamily, maxPositions: Int) {
        let (key, parameters) = Self.parameters(&reader)
        var own = ConfigurationReader(parameters, prefix: "\(reader.prefix)\(key).")
        let kinds = ["full_attention", "sliding_attention"].filter { parameters[$0]?.object != nil }
        if let first = kinds.first, family == .qwen2 || family == .qwen3 {
            if kinds.count == 2, parameters[kinds[0]] != parameters[kinds[1]] {
                reader.note("\(own.prefix)*: different rotary embeddings per layer aren't supported for this family")
            }
            own = ConfigurationReader(parameters[first]?.object ?? [:], prefix: "\(own.prefix)\(first).")
        }
        // The dictionary's own base comes first, then the top level's, then transformers' default.
        theta = own.double("rope_theta") ?? reader.double("rope_theta") ?? 10_000
        scaling = Self.scaling(&own, maxPositions: maxPositions)
        if let factor = own.double("partial_rotary_factor") ?? reader.double("partial_rotary_factor"), factor != 1 {
            own.note("\(reader.prefix)partial_rotary_factor is \(factor); only whole heads can be rotated")
        }
        own.mistakes.forEach { reader.note($0) }
    }

    private init(gemma3 reader: inout ConfigurationReader, maxPositions: Int) {
        let parameters = reader.object("rope_parameters") ?? [:]
        let prefix = "\(reader.prefix)rope_parameters."
        if !parameters.isEmpty, parameters["full_attention"] == nil, parameters["sliding_attention"] == nil {
            reader.note("\(prefix)* must have full_attention and sliding_attention for a Gemma 3 model")
        }
        var fullMembers = parameters["full_attention"]?.object ?? [:]
        if let old = reader.object("rope_scaling") { fullMembers.merge(old) { $1 } }
        var full = ConfigurationReader(fullMembers, prefix: prefix + "full_attention.")
        var sliding = ConfigurationReader(
            parameters["sliding_attention"]?.object ?? [:], prefix: prefix + "sliding_attention.")
        theta = full.double("rope_theta") ?? reader.double("rope_theta") ?? 1_000_000
        localTheta = sliding.double("rope_theta") ?? reader.double("rope_local_base_freq") ?? 10_000
        scaling = Self.scaling(&full, maxPositions: maxPositions)
        if Self.scaling(&sliding, maxPositions: maxPositions) != .none {
            sliding.note("\(sliding.prefix)rope_type: sliding layers can't be scaled")
        }
        (full.mistakes + sliding.mistakes).forEach { reader.note($0) }
    }

    /// The old key wins where both are there, as in transformers; an empty one counts as absent.
    private static func parameters(_ reader: inout ConfigurationReader) -> (key: String, [String: JSON]) {
        if let old = reader.object("rope_scaling"), !old.isEmpty { return ("rope_scaling", old) }
        return ("rope_parameters", reader.object("rope_parameters") ?? [:])
    }

    private static func scaling(_ reader: inout ConfigurationReader, maxPositions: Int) -> RopeScaling {
        func needed(_ key: String) -> Double {
            if let value = reader.double(key) { return value }
            if reader.value(key) == nil { reader.note("\(reader.prefix)\(key) is missing") }
            return 1
        }
        let type = reader.string("rope_type") ?? reader.string("type") ?? "default"
        switch type {
        case "default": return .none
        case "linear": return .linear(factor: needed("factor"))
        case "llama3":
            return .llama3(
                factor: needed("factor"), lowFrequencyFactor: needed("low_freq_factor"),
                highFrequencyFactor: needed("high_freq_factor"),
                originalMaxPositions: reader.integer("original_max_position_embeddings") ?? maxPositions)
        default:
            reader.note(
                "\(reader.prefix)rope_type is \(CheckpointError.quoted(type)); "
                    + "emlab computes default, linear and llama3")
            return .none
        }
    }
}
