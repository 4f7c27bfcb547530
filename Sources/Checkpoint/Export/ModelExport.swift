import Foundation

extension ModelFiles {
    /// Writes the model as a complete Hugging Face folder that transformers and vLLM load: config.json,
    /// generation_config.json, safetensors (sharded beyond `shardBytes`) and the tokenizer with its chat template.
    /// The folder appears when it is complete. Of a Gemma 3 with vision the text model is written.
    ///
    /// - Parameters:
    ///   - url: a folder that doesn't exist yet, or an empty one.
    ///   - type: what weights are stored as.
    ///   - replacement: asked for each tensor by name; what it returns is written instead, nil keeps the weight.
    /// - Throws: ``CheckpointError``, and what `replacement` throws.
    public func write(
        to url: URL, as type: FloatType, shardBytes: Int = 5_000_000_000,
        replacing replacement: @escaping (String) throws -> [Float]? = { _ in nil }
    ) throws {
        let present = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        guard present.isEmpty else {
            throw CheckpointError(
                file: url.relativePath, reason: "isn't empty", remedy: "Name a new folder for the model")
        }
        let config = try configJSON(type: type)
        let shapes = configuration.expectedTensors
        let tensors = configuration.orderedTensorNames.map { name in
            outgoing(name, shape: shapes[name] ?? [], as: type, replacing: replacement, to: url)
        }
        try OutgoingFolder.write(to: url) { folder in
            try Safetensors.writeModel(tensors, to: folder, shardBytes: shardBytes)
            try writeTokenizer(to: folder)
            try OutgoingFile.write(config.text + "\n", to: folder.appendingPathComponent("config.json"))
        }
    }

    private func outgoing(
        _ name: String, shape: [Int], as type: FloatType,
        replacing replacement: @escaping (String) throws -> [Float]?, to url: URL
    ) -> Safetensors.Tensor {
        let count = shape.reduce(1, &*)
        return Safetensors.Tensor(name: name, shape: shape, type: type == .float32 ? .f32 : .bf16) { [weights] write in
            guard let floats = try replacement(name) else {
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count * type.byteCount, alignment: 64)
                defer { buffer.deallocate() }
                try weights.read(name, as: type, into: buffer)
                return try write(UnsafeRawBufferPointer(buffer))
            }
            guard floats.count == count else {
                throw CheckpointError(
                    file: url.relativePath, place: "tensor \(name)",
                    reason: "is replaced by \(floats.count) numbers; its shape is \(shape)")
            }
            switch type {
            case .float32: try floats.withUnsafeBytes(write)
            case .bfloat16: try floats.map(HalfPrecision.bfloat).withUnsafeBytes(write)
            }
        }
    }

    /// The tokenizer's files and generation_config.json: a folder's own, or made from a GGUF file's metadata.
    private func writeTokenizer(to folder: URL) throws {
        func write(_ value: JSON, _ name: String) throws {
            try OutgoingFile.write(value.text + "\n", to: folder.appendingPathComponent(name))
        }
        switch source {
        case .folder(let own):
            for name in ModelFolder.tokenizerNames + ["generation_config.json"] {
                let file = own.url.appendingPathComponent(name)
                guard FileManager.default.fileExists(atPath: file.path) else { continue }
                var copy = try OutgoingFile(folder.appendingPathComponent(name))
                try MappedFile(file).withBytes { try copy.write($0) }
                try copy.commit()
            }
        case .gguf(let file):
            let source = try file.tokenizerSource()
            try write(HuggingFaceTokenizer(source: source, file: file.path).json(), "tokenizer.json")
            try write(tokenizerConfigJSON, "tokenizer_config.json")
            var generation: [String: JSON] = ["eos_token_id": tokenList]
            if let bos = source.bos { generation["bos_token_id"] = .integer(bos) }
            if let padding = source.padding { generation["pad_token_id"] = .integer(padding) }
            try write(.object(generation), "generation_config.json")
        }
    }

    private var tokenizerConfigJSON: JSON {
        var members: [String: JSON] = [
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": false,
            "model_max_length": .integer(configuration.maxPositions),
        ]
        for (key, token) in [("bos", bosToken), ("eos", eosToken), ("pad", padToken), ("unk", unknownToken)] {
            if let token { members["\(key)_token"] = .string(token) }
        }
        if let chatTemplate { members["chat_template"] = .string(chatTemplate) }
        return .object(members)
    }

    private var tokenList: JSON {
        endTokens.count == 1 ? .integer(endTokens[0]) : .array(endTokens.map { .integer($0) })
    }

    private func configJSON(type: FloatType) throws -> JSON {
        var members: [String: JSON]
        if case .folder(let folder) = source, folder.config["text_config"] == nil {
            members = folder.config
            // transformers 5 writes `dtype`, 4 wrote `torch_dtype`.
            members["torch_dtype"] = nil
        } else {
            members = try configuration.huggingFace(file: url.relativePath)
            if !endTokens.isEmpty { members["eos_token_id"] = tokenList }
            switch source {
            case .gguf(let file):
                for (key, name) in [("bos_token_id", "bos"), ("pad_token_id", "padding")] {
                    members[key] = file.metadata["tokenizer.ggml.\(name)_token_id"]?.integer.map { .integer($0) }
                }
            case .folder(let folder):
                for key in ["bos_token_id", "pad_token_id"] {
                    members[key] = folder.config["text_config"]?[key] ?? folder.config[key]
                }
            }
        }
        members["dtype"] = .string(type.rawValue)
        return .object(members)
    }
}

extension ModelConfiguration {
    /// All tensors in the order of the computation.
    var orderedTensorNames: [String] {
        func place(_ name: String) -> (Int, String) {
            if name.hasPrefix("model.embed_tokens") { return (-1, name) }
            let parts = name.split(separator: ".")
            if parts.count > 2, parts[1] == "layers", let layer = Int(parts[2]) { return (layer, name) }
            return (layerCount, name == "lm_head.weight" ? "z" : name)
        }
        return expectedTensors.keys.map { (place($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
