/// The tensors of adapter_model.safetensors by module.
struct AdapterTensors {
    private let file: StoredTensors
    private var names: [String: (a: String?, b: String?)] = [:]

    /// - Throws: ``CheckpointError`` for tensors that aren't LoRA matrices of a decoder's linear layers.
    init(_ safetensors: SafetensorsFile) throws {
        file = StoredTensors(
            path: safetensors.path,
            tensors: safetensors.records.mapValues { StoredTensor(record: $0, file: safetensors.file) })
        var mistakes: [String] = []
        for name in file.names {
            guard let (module, isA) = Self.split(name) else {
                mistakes.append("tensor \(CheckpointError.quoted(name)) isn't a LoRA matrix that emlab can use")
                continue
            }
            guard AdaptedModule(path: module) != nil else {
                mistakes.append(
                    "tensor \(CheckpointError.quoted(name)) adapts a module other than the linear layers of "
                        + "attention and MLP")
                continue
            }
            var pair = names[module] ?? (nil, nil)
            if (isA ? pair.a : pair.b) != nil {
                mistakes.append("tensor \(CheckpointError.quoted(name)) is there under two names")
            }
            if isA { pair.a = name } else { pair.b = name }
            names[module] = pair
        }
        if mistakes.isEmpty, names.isEmpty { mistakes.append("holds no LoRA matrices") }
        guard mistakes.isEmpty else { throw CheckpointError.all(mistakes, file: safetensors.path) }
    }

    var modules: [String] { names.keys.sorted() }

    /// The canonical module of a PEFT tensor name; Gemma 3 with vision has its text model inside.
    private static func split(_ name: String) -> (module: String, isA: Bool)? {
        let prefix = "base_model.model."
        guard name.hasPrefix(prefix) else { return nil }
        var module = String(name.dropFirst(prefix.count))
        let isA = module.hasSuffix(".lora_A.weight")
        guard isA || module.hasSuffix(".lora_B.weight") else { return nil }
        module.removeLast(".lora_A.weight".count)
        for outer in ["language_model.model.", "model.language_model."] where module.hasPrefix(outer) {
            module = "model." + module.dropFirst(outer.count)
        }
        return (module, isA)
    }

    /// The matrices of a module, which must have the rank that the configuration says; nil after noting a mistake.
    func pair(_ module: String, rank: Int, mistakes: inout [String]) throws -> LowRankPair? {
        guard let found = names[module], let nameA = found.a, let nameB = found.b,
            let recordA = file.record(nameA), let recordB = file.record(nameB)
        else {
            mistakes.append("\(module) has only one of lora_A and lora_B")
            return nil
        }
        let (shapeA, shapeB) = (recordA.shape, recordB.shape)
        guard shapeA.count == 2, shapeB.count == 2, shapeA[0] == rank, shapeB[1] == rank, shapeA[1] > 0, shapeB[0] > 0
        else {
            mistakes.append(
                "\(module) has lora_A of shape \(shapeA) and lora_B of shape \(shapeB); the configuration's rank of "
                    + "\(rank) asks for [\(rank), in] and [out, \(rank)]")
            return nil
        }
        let (a, b) = (try file.floats(nameA), try file.floats(nameB))
        for (name, values) in [(nameA, a), (nameB, b)] where !values.allSatisfy(\.isFinite) {
            mistakes.append("tensor \(name) holds NaN or infinite numbers")
        }
        return LowRankPair(rank: rank, inputs: shapeA[1], outputs: shapeB[0], a: a, b: b)
    }
}
