import Checkpoint
import Foundation
import Testing

@Suite("Writing")
struct WritingTests {
    private struct Stop: Error {}

    @Test("an interrupted file leaves the old one and nothing else")
    func interrupted() throws {
        try Fixture.withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("w.safetensors")
            try Safetensors.write([.init(name: "old", shape: [1], floats: [1])], to: url)
            let failing = Safetensors.Tensor(name: "b", shape: [2], type: .f32) { _ in throw Stop() }
            #expect(throws: Stop.self) {
                try Safetensors.write([.init(name: "a", shape: [1], floats: [2]), failing], to: url)
            }
            #expect(try SafetensorsFile(url).records.keys.sorted() == ["old"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["w.safetensors"])
            let short = Safetensors.Tensor(name: "b", shape: [2], type: .bf16, bytes: Data(count: 3))
            #expect(throws: CheckpointError.self) { try Safetensors.write([short], to: url) }
            let twice = Safetensors.Tensor(name: "a", shape: [1], floats: [2])
            #expect(throws: CheckpointError.self) { try Safetensors.write([twice, twice], to: url) }
            #expect(throws: CheckpointError.self) {
                try Safetensors.write([.init(name: "a", shape: [-1, .max], floats: [])], to: url)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["w.safetensors"])
        }
    }

    @Test("to where it isn't possible says why")
    func impossible() throws {
        try Fixture.withTemporaryFolder { folder in
            let tensors = [Safetensors.Tensor(name: "a", shape: [1], floats: [2])]
            let nowhere = folder.appendingPathComponent("none/w.safetensors")
            #expect(Fixture.message { try Safetensors.write(tensors, to: nowhere) }.contains("No such file"))
            let file = folder.appendingPathComponent("file")
            try Data("x".utf8).write(to: file)
            let adapter = try AdapterFiles.read(Fixture.url("adapters/one-layer"))
            #expect(Fixture.message { try adapter.write(to: file) }.contains("is a file"))
            #expect(Fixture.message { try adapter.write(to: file.appendingPathComponent("a")) } != "")
        }
    }

    @Test("a model without a tokenizer as a folder is an error and leaves nothing")
    func withoutTokenizer() throws {
        let model = try ModelFiles.open(Fixture.url("gguf/llama.gguf"))
        try Fixture.withTemporaryFolder { folder in
            let message = Fixture.message {
                try model.write(to: folder.appendingPathComponent("model"), as: .float32)
            }
            #expect(message.contains("tokenizer.ggml.model"))
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }

    @Test("a folder's model again keeps weights, with replacements where they are given")
    func replacing() throws {
        try Fixture.withTemporaryFolder { folder in
            try TinyModel().write(to: folder)
            try Data(#"{"chat_template": "t"}"#.utf8).write(to: folder.appendingPathComponent("tokenizer_config.json"))
            let model = try ModelFiles.open(folder)
            let url = folder.appendingPathComponent("merged")
            try model.write(to: url, as: .float32, shardBytes: 1000) { name in
                name == "model.norm.weight" ? [Float](repeating: 3, count: 8) : nil
            }
            let merged = try ModelFiles.open(url)
            #expect(merged.configuration == model.configuration)
            #expect(merged.chatTemplate == "t")
            for name in model.weights.names {
                let expected = name == "model.norm.weight" ? [3, 3, 3, 3, 3, 3, 3, 3] : try model.weights.floats(name)
                #expect(try merged.weights.floats(name) == expected)
            }
            #expect(Fixture.message { try model.write(to: url, as: .float32) }.contains("isn't empty"))
        }
    }

    @Test(
        "the real model as a folder gives the same model and tokenizer",
        .enabled(if: Fixture.realModel != nil, "run make to fetch the model"))
    func realModel() throws {
        let model = try ModelFiles.open(#require(Fixture.realModel))
        try Fixture.withTemporaryFolder { folder in
            // For exported.py.
            let url = (Fixture.kept ?? folder).appendingPathComponent("smollm2")
            try model.write(to: url, as: .bfloat16, shardBytes: 100_000_000)
            let folderModel = try ModelFiles.open(url)
            #expect(folderModel.configuration == model.configuration)
            #expect(folderModel.chatTemplate == model.chatTemplate)
            #expect(folderModel.endTokens == model.endTokens)
            #expect(folderModel.eosToken == model.eosToken && folderModel.bosToken == model.bosToken)
            let (own, written) = (try model.tokenizer(), try folderModel.tokenizer())
            #expect(own.vocabularySize == written.vocabularySize)
            for text in ["Hello, world 2026!", "def f(x):\n\treturn x ** 2  # é 日本語 😀", "<|im_start|>user\n"] {
                for parsing in [true, false] {
                    #expect(
                        own.encode(text, parsingSpecialTokens: parsing)
                            == written.encode(text, parsingSpecialTokens: parsing))
                }
            }
        }
    }

    @Test(
        "a fingerprint is the same every time",
        .enabled(if: Fixture.realModel != nil, "run make to fetch the model"))
    func fingerprint() throws {
        let model = try ModelFiles.open(#require(Fixture.realModel))
        let start = ContinuousClock().now
        let first = try model.fingerprint()
        print("fingerprint in \(ContinuousClock().now - start)")
        #expect(try first == model.fingerprint())
    }
}
