/// adapter_config.json as PEFT 0.21 reads it.
struct PEFTKeys {
    private let reader: ConfigurationReader
    private let file: String

    /// - Throws: ``CheckpointError`` that lists everything in it that emlab can't honour.
    init(_ members: [String: JSON], file: String) throws {
        var reader = ConfigurationReader(members)
        self.file = file
        let type = reader.string("peft_type")
        if type != "LORA" {
            throw CheckpointError(
                file: file, place: "peft_type",
                reason: type.map { "\(CheckpointError.quoted($0)) isn't supported; emlab runs LORA" } ?? "is missing")
        }
        if let task = reader.string("task_type"), task != "CAUSAL_LM" {
            reader.note("task_type is \(CheckpointError.quoted(task)); emlab runs CAUSAL_LM")
        }
        if let bias = reader.string("bias"), bias != "none" {
            reader.note("bias is \(CheckpointError.quoted(bias)); adapters with biases aren't supported")
        }
        for key in ["lora_bias", "use_dora", "fan_in_fan_out", "use_qalora"] where reader.bool(key) == true {
            reader.note("\(key): true isn't supported")
        }
        for key in Self.refused {
            guard let value = reader.value(key), value != .array([]), value != .object([:]), value != .bool(false)
            else { continue }
            reader.note("\(key) isn't supported")
        }
        if let name = reader.value("init_lora_weights")?.string?.lowercased(),
            Self.initialisationsThatChangeTheBase.contains(where: { name.hasPrefix($0) })
        {
            reader.note(
                "init_lora_weights is \(CheckpointError.quoted(name)), which changes the base model's weights; save "
                    + "it with PEFT's path_initial_model_for_weight_conversion")
        }
        if let pattern = reader.value("layers_pattern"), pattern != .array([]), pattern != .string("") {
            let names = pattern.array?.compactMap(\.string) ?? [pattern.string ?? ""]
            if !names.contains("layers") {
                reader.note("layers_pattern doesn't name \"layers\", where the layers of emlab's models are")
            }
        }
        self.reader = reader
    }

    private static let refused = [
        "modules_to_save", "trainable_token_indices", "target_parameters", "layer_replication", "use_bdlora",
        "alora_invocation_tokens", "arrow_config", "kasa_config", "velora_config", "monteclora_config",
        "megatron_config",
    ]
    private static let initialisationsThatChangeTheBase = ["pissa", "olora", "corda", "loftq", "lora_ga", "mica"]

    /// - Parameter modules: those that have weights. A regular expression for `target_modules`, or `exclude_modules`,
    ///   is replaced by the list of the modules that it means.
    func configuration(modules: [String]) throws -> AdapterConfiguration {
        var reader = reader
        let rank = reader.integer("r", default: 8)
        let alpha = reader.double("lora_alpha") ?? 8
        let dropout = reader.double("lora_dropout") ?? 0
        if !(1...1 << 20).contains(rank) { reader.note("r is \(rank); a rank is at least 1") }
        if !(0..<1).contains(dropout) { reader.note("lora_dropout is \(dropout); 0 up to 1 is possible") }
        var rankPattern: [String: Int] = [:]
        for (key, value) in reader.object("rank_pattern") ?? [:] {
            if let rank = value.integer, (1...1 << 20).contains(rank) {
                rankPattern[key] = rank
            } else {
                reader.note("rank_pattern.\(CheckpointError.quoted(key)) isn't a rank of at least 1")
            }
        }
        var alphaPattern: [String: Double] = [:]
        for (key, value) in reader.object("alpha_pattern") ?? [:] {
            if let alpha = value.double {
                alphaPattern[key] = alpha
            } else {
                reader.note("alpha_pattern.\(CheckpointError.quoted(key)) isn't a number")
            }
        }
        let layers = layers(&reader)
        let targets = try targets(&reader, modules: modules)
        guard reader.mistakes.isEmpty else { throw CheckpointError.all(reader.mistakes, file: file) }
        return AdapterConfiguration(
            rank: rank, alpha: alpha, rslora: reader.bool("use_rslora") ?? false, targetModules: targets,
            layers: layers, rankPattern: rankPattern, alphaPattern: alphaPattern, dropout: dropout,
            baseModel: reader.string("base_model_name_or_path"))
    }

    private func layers(_ reader: inout ConfigurationReader) -> [Int]? {
        guard let value = reader.value("layers_to_transform") else { return nil }
        if let one = value.integer, one >= 0 { return [one] }
        let list = value.array?.compactMap(\.integer) ?? []
        guard let count = value.array?.count, count == list.count, list.allSatisfy({ $0 >= 0 }) else {
            reader.note("layers_to_transform must be a layer's number or a list of them")
            return nil
        }
        // PEFT takes an empty list as all layers.
        return list.isEmpty ? nil : list
    }

    private func targets(_ reader: inout ConfigurationReader, modules: [String]) throws -> [String] {
        let excluded: Set<String> =
            switch reader.value("exclude_modules") {
            case .string(let pattern)?: Set(try modules.filter { try ModulePattern.matchesAll(of: $0, pattern) })
            case .array(let names)?:
                Set(
                    modules.filter { module in
                        names.compactMap(\.string).contains { module == $0 || module.hasSuffix("." + $0) }
                    })
            default: []
            }
        switch reader.value("target_modules") {
        case .string(let word)? where word.lowercased() == "all-linear":
            return AdaptedModule.names.map { String($0.split(separator: ".")[1]) }.sorted()
        case .string(let pattern)?:
            return try modules.filter { try !excluded.contains($0) && ModulePattern.matchesAll(of: $0, pattern) }
        case .array(let values)?:
            let names = values.compactMap(\.string)
            guard names.count == values.count else { break }
            let own = AdapterConfiguration(rank: 1, alpha: 1, targetModules: names, layers: layers(&reader))
            // What is excluded can only be said by listing the rest.
            return reader.value("exclude_modules") == nil
                ? names.sorted() : modules.filter { !excluded.contains($0) && own.targets($0) }
        default: break
        }
        reader.note("target_modules must be a list of names, a regular expression or \"all-linear\"")
        return []
    }
}

extension AdapterConfiguration {
    /// adapter_config.json with the keys that PEFT 0.21 writes for a LoRA.
    var peft: JSON {
        [
            "alpha_pattern": .object(alphaPattern.mapValues(Self.number)),
            "auto_mapping": .null,
            "base_model_name_or_path": baseModel.map { .string($0) } ?? .null,
            "bias": "none",
            "exclude_modules": .null,
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "layer_replication": .null,
            "layers_pattern": .null,
            "layers_to_transform": layers.map { .array($0.map { .integer($0) }) } ?? .null,
            "loftq_config": [:],
            "lora_alpha": Self.number(alpha),
            "lora_bias": false,
            "lora_dropout": .number(dropout),
            "megatron_config": .null,
            "megatron_core": "megatron.core",
            "modules_to_save": .null,
            "peft_type": "LORA",
            "r": .integer(rank),
            "rank_pattern": .object(rankPattern.mapValues { .integer($0) }),
            "revision": .null,
            "target_modules": .array(targetModules.sorted().map { .string($0) }),
            "task_type": "CAUSAL_LM",
            "trainable_token_indices": .null,
            "use_dora": false,
            "use_rslora": .bool(rslora),
        ]
    }

    /// PEFT's alpha is a whole number wherever it is one.
    private static func number(_ value: Double) -> JSON {
        Int(exactly: value).map { .integer($0) } ?? .number(value)
    }
}
