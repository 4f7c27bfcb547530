import Checkpoint
import Foundation
import Testing

@Suite("A PEFT adapter")
struct AdapterTests {
    static let names = ["rank1-mlp", "patterns", "regex", "all-linear", "one-layer"]

    /// The base that References/checkpoint/peft_adapters.py adapts.
    static func base() throws -> ModelConfiguration {
        try ModelConfiguration(
            config: [
                "model_type": "llama", "vocab_size": 32, "hidden_size": 8, "intermediate_size": 12,
                "num_hidden_layers": 3, "num_attention_heads": 2, "num_key_value_heads": 1,
            ], file: "base")
    }

    @Test("made by PEFT has PEFT's modules, ranks, scales and weights", arguments: names)
    func reading(name: String) throws {
        let adapter = try AdapterFiles.read(Fixture.url("adapters/\(name)"), base: Self.base())
        let expected = try #require(Fixture.json("adapters/\(name)/expected.json").object)
        #expect(adapter.modules.keys.sorted() == expected.keys.sorted())
        for (module, values) in expected {
            let pair = try #require(adapter.modules[module])
            #expect(pair.rank == values["rank"]?.integer)
            #expect(try adapter.configuration.rank(of: module) == values["rank"]?.integer)
            #expect(try adapter.configuration.scale(of: module) == values["scale"]?.double)
            #expect(pair.a.map(Double.init) == values["a"]?.array?.compactMap(\.double))
            #expect(pair.b.map(Double.init) == values["b"]?.array?.compactMap(\.double))
        }
    }

    @Test("comes back the same after writing", arguments: names)
    func writing(name: String) throws {
        let adapter = try AdapterFiles.read(Fixture.url("adapters/\(name)"))
        try Fixture.withTemporaryFolder { folder in
            // For `peft_adapters.py DIR/…` to load in PEFT.
            let url = (Fixture.kept ?? folder).appendingPathComponent(name)
            try adapter.write(to: url)
            try adapter.write(to: url)
            #expect(try AdapterFiles.read(url, base: Self.base()) == adapter)
            #expect(try FileManager.default.contentsOfDirectory(atPath: url.path).count == 2)
        }
    }

    private func edited(_ name: String, _ edits: [String: JSON], base: ModelConfiguration? = nil) throws -> String {
        try Fixture.withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("adapter")
            try FileManager.default.copyItem(at: Fixture.url("adapters/\(name)"), to: url)
            var config = try #require(Fixture.json("adapters/\(name)/adapter_config.json").object)
            config.merge(edits) { $1 }
            try Data(JSON.object(config).text.utf8).write(to: url.appendingPathComponent("adapter_config.json"))
            return Fixture.message { _ = try AdapterFiles.read(url, base: base) }
        }
    }

    @Test(
        "that emlab can't honour is an error naming the key",
        arguments: [
            ("peft_type", "IA3"), ("task_type", "SEQ_CLS"), ("bias", "all"), ("lora_bias", true), ("use_dora", true),
            ("fan_in_fan_out", true), ("modules_to_save", ["lm_head"]), ("init_lora_weights", "pissa_niter_4"),
            ("layers_pattern", "blocks"), ("r", 0), ("r", 2), ("r", "x"), ("rank_pattern", ["down_proj": 0]),
            ("layers_to_transform", [-1]), ("trainable_token_indices", [1]), ("lora_dropout", 1.5),
            ("layer_replication", [[0, 1]]), ("target_modules", 3), ("target_modules", ["q_proj"]),
        ] as [(String, JSON)])
    func refusals(key: String, value: JSON) throws {
        let message = try edited("rank1-mlp", [key: value])
        let word = key == "r" && value == 2 ? "rank of 2" : key == "target_modules" && value != 3 ? "target" : key
        #expect(message.contains(word), "\(message)")
    }

    @Test("with a pattern that would take forever, or is none, is an error")
    func hostilePatterns() throws {
        let slow = "(a|b|.+)*" + String(repeating: "(.+)+", count: 8) + "X"
        for pattern in [slow, "(", ".*)|(.*", String(repeating: "(", count: 100_000)] {
            let start = ContinuousClock().now
            #expect(try edited("rank1-mlp", ["target_modules": .string(pattern)]).contains("pattern"))
            #expect(try edited("rank1-mlp", ["rank_pattern": .object([pattern: 1])]).contains("pattern"))
            #expect(ContinuousClock().now - start < .seconds(5))
        }
    }

    @Test("has the ranks of PEFT's patterns: the end of a path, from a dot, a dot being any character")
    func patterns() throws {
        let module = "model.layers.11.mlp.down_proj"
        let cases: [(String, Bool)] = [
            ("down_proj", true), ("own_proj", false), ("mlp.down_proj", true), ("mlp_down_proj", false),
            ("1.mlp.down_proj", false), ("11.mlp.down_proj", true), ("11\\.mlp\\.down_proj", true),
            ("model.layers.11.mlp.down_proj", true), ("mlp", false), ("layers.1.*", true), ("x|down_proj", true),
            (".model.layers.11.mlp.down_proj", false), ("[0-9]+.mlp.(up|down)_proj", true), ("down.proj", true),
            ("mlp\\.down.proj", true), ("", false),
        ]
        for (pattern, isMatch) in cases {
            var configuration = AdapterConfiguration(rank: 4, alpha: 8, targetModules: ["down_proj"])
            configuration.rankPattern = [pattern: 2]
            #expect(try configuration.rank(of: module) == (isMatch ? 2 : 4), "\(pattern)")
        }
    }

    @Test("of another model is an error with the shapes")
    func otherModel() throws {
        var base = try Self.base()
        base.intermediateSize = 16
        #expect(try edited("rank1-mlp", [:], base: base).contains("[8, 12]"))
        base = try Self.base()
        base.layerCount = 2
        #expect(try edited("rank1-mlp", [:], base: base).contains("no module model.layers.2.mlp.down_proj"))
        base.layerCount = 4
        #expect(try edited("rank1-mlp", [:], base: base).contains("model.layers.3.mlp.down_proj is targeted"))
        #expect(try edited("rank1-mlp", [:], base: Self.base()) == "")
    }

    @Test("with excluded modules targets the rest")
    func excluded() throws {
        // An excluded module that has weights contradicts itself.
        #expect(try edited("rank1-mlp", ["exclude_modules": ["up_proj"]]).contains("up_proj has weights"))
        #expect(try edited("rank1-mlp", ["exclude_modules": ["q_proj"]], base: Self.base()) == "")
    }

    @Test("holding NaN is an error")
    func notANumber() throws {
        var adapter = try AdapterFiles.read(Fixture.url("adapters/one-layer"))
        adapter.modules["model.layers.1.mlp.down_proj"]?.a[3] = .nan
        try Fixture.withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("adapter")
            try adapter.write(to: url)
            #expect(Fixture.message { _ = try AdapterFiles.read(url) }.contains("NaN"))
        }
    }

    @Test("that contradicts its configuration isn't written")
    func contradiction() throws {
        var adapter = try AdapterFiles.read(Fixture.url("adapters/one-layer"))
        adapter.configuration.rank = 3
        try Fixture.withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("adapter")
            #expect(throws: CheckpointError.self) { try adapter.write(to: url) }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }
}
