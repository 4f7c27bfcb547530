import Checkpoint
import Foundation
import Testing

@Suite("A Hugging Face folder")
struct ModelFolderTests {
    private func with<T>(
        _ model: TinyModel, shardBytes: Int = 5_000_000_000, _ body: (URL) throws -> T
    ) throws -> T {
        try Fixture.withTemporaryFolder { folder in
            try model.write(to: folder, shardBytes: shardBytes)
            return try body(folder)
        }
    }

    @Test("opens the same in one file and in shards")
    func shards() throws {
        let model = try TinyModel()
        let whole = try with(model) { folder in
            let opened = try ModelFiles.open(folder)
            #expect(opened.endTokens == [2])
            return try opened.weights.names.map { try opened.weights.floats($0) }
        }
        try with(model, shardBytes: 900) { folder in
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.filter { $0.hasPrefix("model-0") }.count > 3)
            let opened = try ModelFiles.open(folder)
            #expect(try opened.weights.names.map { try opened.weights.floats($0) } == whole)
            #expect(opened.weights.mapped("model.norm.weight") != nil)
            let before = try opened.fingerprint()
            #expect(before.count == 64)
            let shard = folder.appendingPathComponent(names.filter { $0.hasPrefix("model-0") }.sorted()[0])
            var bytes = try Data(contentsOf: shard)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: shard)
            #expect(try ModelFiles.open(folder).fingerprint() != before)
        }
    }

    @Test("lists all missing and misshapen tensors at once, and names those of no use")
    func validation() throws {
        var model = try TinyModel()
        model.tensors.removeAll { $0.name == "model.layers.0.mlp.up_proj.weight" || $0.name == "lm_head.weight" }
        model.tensors.append(.init(name: "model.extra", shape: [1], floats: [1]))
        model.config["intermediate_size"] = 16
        try with(model) { folder in
            let message = Fixture.message { _ = try ModelFiles.open(folder) }
            #expect(message.contains("tensor lm_head.weight is missing; its shape should be [12, 8]"))
            #expect(message.contains("tensor model.layers.0.mlp.up_proj.weight is missing"))
            #expect(
                message.contains(
                    "model.layers.1.mlp.down_proj.weight has the shape [8, 12]; the configuration asks for [8, 16]"))
        }
        model = try TinyModel()
        model.tensors.append(.init(name: "model.extra", shape: [1], floats: [1]))
        let unused = try with(model) { try ModelFiles.open($0).unusedTensors }
        #expect(unused == ["model.extra"])
    }

    @Test("with weights of a type that isn't floating point is an error")
    func integers() throws {
        var model = try TinyModel()
        model.tensors[0] = .init(name: model.tensors[0].name, shape: [12, 8], type: .i8, bytes: Data(count: 96))
        try with(model) { folder in
            #expect(Fixture.message { _ = try ModelFiles.open(folder) }.contains("of type I8"))
        }
    }

    @Test("with Gemma 3 inside a model with vision opens as the text model", arguments: [4, 5])
    func wrapped(version: Int) throws {
        let gemma = try ModelFiles.open(Fixture.url("gguf/gemma3.gguf"))
        try Fixture.withTemporaryFolder { folder in
            var tensors = try gemma.weights.names.map { name in
                let inner = name.dropFirst("model.".count)
                return Safetensors.Tensor(
                    name: (version == 4 ? "language_model.model." : "model.language_model.") + inner,
                    shape: gemma.weights.record(name)?.shape ?? [], floats: try gemma.weights.floats(name))
            }
            tensors.append(.init(name: "vision_tower.patch.weight", shape: [2], floats: [1, 2]))
            try Safetensors.writeModel(tensors, to: folder)
            let config: JSON = [
                "model_type": "gemma3", "vision_config": [:],
                "text_config": [
                    "model_type": "gemma3_text", "vocab_size": 20, "hidden_size": 32, "intermediate_size": 64,
                    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 16,
                ],
            ]
            try Data(config.text.utf8).write(to: folder.appendingPathComponent("config.json"))
            let opened = try ModelFiles.open(folder)
            #expect(opened.unusedTensors == ["vision_tower.patch.weight"])
            let name = "model.layers.1.self_attn.k_norm.weight"
            #expect(try opened.weights.floats(name) == gemma.weights.floats(name))
        }
    }

    @Test("takes its chat template and end tokens from where they are")
    func smallFiles() throws {
        try with(TinyModel()) { folder in
            func write(_ text: String, _ name: String) throws {
                try Data(text.utf8).write(to: folder.appendingPathComponent(name))
            }
            try write(#"{"chat_template": "from config", "eos_token": {"content": "</s>"}}"#, "tokenizer_config.json")
            try write(#"{"eos_token_id": [2, 7]}"#, "generation_config.json")
            var model = try ModelFiles.open(folder)
            #expect(model.chatTemplate == "from config")
            #expect(model.endTokens == [2, 7])
            #expect(model.eosToken == "</s>")
            try write("from its own file", "chat_template.jinja")
            model = try ModelFiles.open(folder)
            #expect(model.chatTemplate == "from its own file")
            #expect(Fixture.message { _ = try model.tokenizer() }.contains("tokenizer.json"))
        }
    }

    @Test("whose index leaves the folder, or whose shards are missing, is an error")
    func hostileIndex() throws {
        for name in ["../secret.safetensors", "/etc/passwd", "a/b.safetensors", "", "..", "x.bin"] {
            try with(TinyModel(), shardBytes: 900) { folder in
                let index: JSON = ["weight_map": ["model.norm.weight": .string(name)]]
                try Data(index.text.utf8).write(to: folder.appendingPathComponent("model.safetensors.index.json"))
                let message = Fixture.message { _ = try ModelFiles.open(folder) }
                #expect(message.contains("isn't the name of a file in the folder"), "\(message)")
            }
        }
        try with(TinyModel(), shardBytes: 900) { folder in
            let shard = try #require(
                FileManager.default.contentsOfDirectory(atPath: folder.path).first { $0.hasPrefix("model-00002") })
            try FileManager.default.removeItem(at: folder.appendingPathComponent(shard))
            #expect(Fixture.message { _ = try ModelFiles.open(folder) }.contains("\(shard) is missing"))
        }
    }

    @Test("that isn't one is an error that says what to name")
    func notAModel() throws {
        try Fixture.withTemporaryFolder { folder in
            #expect(Fixture.message { _ = try ModelFiles.open(folder) }.contains("no config.json"))
            let file = folder.appendingPathComponent("x.gguf")
            #expect(Fixture.message { _ = try ModelFiles.open(file) }.contains("no such file"))
            try Data().write(to: file)
            #expect(Fixture.message { _ = try ModelFiles.open(file) }.contains("is empty"))
            try Data("hello".utf8).write(to: file)
            #expect(Fixture.message { _ = try ModelFiles.open(file) }.contains("isn't a GGUF file"))
        }
    }
}
