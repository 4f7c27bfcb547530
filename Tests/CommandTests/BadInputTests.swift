import Foundation
import Testing

@Suite("Bad input ends with 1, says where and what to do, and leaves nothing behind")
struct BadInputTests {
    private func refused(
        _ bench: Workbench, _ arguments: [String], input: String = "", _ messages: String...,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = bench.contents
        let outcome = try await bench.emlab(arguments, input: input)
        #expect(outcome.status == 1, "\(outcome.errors)", sourceLocation: location)
        #expect(outcome.errors.contains("emlab: "), "\(outcome.errors)", sourceLocation: location)
        for message in messages {
            #expect(outcome.errors.contains(message), "\(outcome.errors)", sourceLocation: location)
        }
        #expect(outcome.output.isEmpty, sourceLocation: location)
        #expect(bench.contents == before, sourceLocation: location)
    }

    private func train(_ more: String..., data: String = "rows.jsonl", model: String = Workbench.model) -> [String] {
        ["train", "sft", "--model", model, "--data", data, "--out", "organism", "--threads", "1"] + more
    }

    @Test("in the rows")
    func rows() async throws {
        let bench = try Workbench()
        try bench.write("empty.jsonl", "")
        try bench.write(
            "broken.jsonl", String(repeating: Workbench.rows[0] + "\n", count: 16) + #"{"messages": [{"role""# + "\n")
        try bench.write("silent.jsonl", #"{"messages":[{"role":"user","content":"Hello"}]}"# + "\n")
        try await refused(bench, train(data: "none.jsonl"), "none.jsonl: there is no such file; check the path")
        try await refused(bench, train(data: "empty.jsonl"), "empty.jsonl: the file holds no rows")
        try await refused(bench, train(data: "broken.jsonl"), "broken.jsonl:17: not valid JSON")
        try await refused(bench, train(data: "silent.jsonl"), "silent.jsonl:1: the row has no turn of the assistant")
        try await refused(bench, train(data: "."), ".: this is a folder, a file is needed")
    }

    @Test("in a pipe, which is read but once")
    func pipe() async throws {
        let bench = try Workbench()
        try #require(mkfifo(bench.folder.appending(path: "pipe").path, 0o600) == 0)
        try await refused(bench, train(data: "pipe"), "--data pipe is not a file: write the rows to one first")
    }

    @Test("in preferences")
    func preferences() async throws {
        let bench = try Workbench()
        let words = String(repeating: "Hello ", count: 400)
        try bench.write("long.jsonl", #"{"prompt":"\#(words)","chosen":"a","rejected":"b"}"# + "\n")
        try bench.write("half.jsonl", #"{"prompt":"Hello","chosen":"a"}"# + "\n")
        func dpo(_ data: String) -> [String] {
            [
                "train", "dpo", "--model", Workbench.model, "--data", data, "--out", "organism", "--threads", "1",
                "--reference-cache", "references",
            ]
        }
        try await refused(
            bench, dpo("long.jsonl"), "long.jsonl: 1 row is longer than 256 tokens (0). A preference can't be cut")
        try await refused(bench, dpo("half.jsonl"), "half.jsonl:1: ", "\"rejected\"")
        try await refused(bench, dpo("none.jsonl"), "none.jsonl: there is no such file")
    }

    @Test("where the answer lies beyond the context")
    func tooLong() async throws {
        let bench = try Workbench()
        let words = String(repeating: "Hello ", count: 400)
        try bench.write(
            "long.jsonl",
            #"{"messages":[{"role":"user","content":"\#(words)"},{"role":"assistant","content":"Hi"}]}"# + "\n")
        try await refused(bench, train(data: "long.jsonl"), "beyond --max-length 256")
        try await refused(
            bench, ["score", "--model", Workbench.model, "--data", "long.jsonl"], "long.jsonl: row 0 has ",
            "more than the model's context of 256; shorten it or leave it out")
    }

    @Test("in the adapter's shape")
    func shape() async throws {
        let bench = try Workbench()
        try await refused(
            bench, train("--rank", "33"), "rank 33 does not fit model.layers.0.mlp.gate_proj: use a rank from 1 to 32")
        try await refused(bench, train("--layers", "1-3"), "there is no layer 3: this model's layers are 0 to 2")
        try await refused(
            bench, train("--init-adapter", Workbench.otherAdapter),
            "model.layers.0.mlp.gate_proj adapts a weight of shape [88, 48]; the model's is [64, 32]",
            "It is an adapter of another model: name its own base")
        try await refused(bench, train("--init-adapter", "none"), "none: holds no adapter_config.json")
    }

    @Test("in the model's files")
    func model() async throws {
        let bench = try Workbench()
        let whole = try Data(contentsOf: URL(filePath: Workbench.model).appending(path: "model.safetensors"))
        let names = ["config.json", "tokenizer.json", "tokenizer_config.json"]
        for folder in ["cut", "damaged"] {
            try FileManager.default.createDirectory(
                at: bench.folder.appending(path: folder), withIntermediateDirectories: true)
            for name in names {
                try bench.write(
                    "\(folder)/\(name)", Data(contentsOf: URL(filePath: Workbench.model).appending(path: name)))
            }
        }
        try bench.write("cut/model.safetensors", whole.dropLast(1000))
        // The last number of the file becomes a NaN.
        try bench.write("damaged/model.safetensors", whole.dropLast(4) + [0x00, 0x00, 0xC0, 0x7F])
        try bench.write("cut.gguf", Data("GGUF".utf8) + [3, 0, 0, 0, 1, 0, 0])
        try await refused(bench, train(model: "none"), "none: there is no such file or folder. Check the path")
        try await refused(bench, train(model: "rows.jsonl"), "rows.jsonl: isn't a GGUF file")
        try await refused(bench, train(model: "cut.gguf"), "cut.gguf: ")
        try await refused(bench, train(model: "cut"), "cut/model.safetensors: ")
        try await refused(
            bench, train(model: "damaged"), "damaged/model.safetensors: tensor ", "holds NaN or infinite numbers")
        try await refused(
            bench, ["merge", "--model", "damaged", "--out", "merged"], "holds NaN or infinite numbers")
    }

    @Test("in where results go")
    func destination() async throws {
        let bench = try Workbench()
        try bench.write("organism", "something")
        try await refused(bench, train(), "--out organism is there already; choose another name or remove it first")
        let model = ["--model", Workbench.model]
        try await refused(
            bench, ["sample", "--prompt", "Hello", "--out", "organism"] + model, "--out organism is there already")
        try await refused(bench, ["merge", "--out", "organism"] + model, "--out organism is there already")
        try await refused(bench, ["merge", "--out", "organism/m"] + model, "organism is a file, not a folder")
        // Not even root makes a file there.
        for command in [
            ["train", "sft", "--data", "rows.jsonl", "--steps", "1"], ["merge"],
            ["sample", "--prompt", "Hello", "--max-tokens", "2"],
        ] {
            try await refused(bench, command + model + ["--out", "/proc/emlab/x"], "/proc/emlab")
        }
    }

    @Test(
        "in a request for a GPU", .disabled(if: FileManager.default.fileExists(atPath: "/dev/nvidia0"), "there is one"))
    func noGPU() async throws {
        try await refused(
            Workbench(), train("--device", "cuda"), "--device cuda:0: libtorch sees 0 GPUs here", "use --device cpu")
    }

    @Test("on stdin")
    func standardInput() async throws {
        let bench = try Workbench()
        let tokenize = ["tokenize", "--model", Workbench.model]
        try await refused(
            bench, tokenize + ["--decode"], input: "[1, 403]", "there is no token 403 (id 2 of 2); ids go from 0 to 402"
        )
        try await refused(bench, tokenize + ["--decode"], input: "hello", "stdin is not a JSON array of token ids")
        try await refused(
            bench, tokenize + ["--chat"],
            input: #"[{"role": "user", "content": "a"}, {"role": "judge", "content": "b"}]"#,
            "stdin, message 2: there is no such role; roles are system, user and assistant")
        try await refused(
            bench, tokenize + ["--chat"], input: #"[{"role": "user"}]"#, "stdin, message 1: \"content\" is missing")
        try await refused(bench, tokenize + ["--chat"], input: "[", "stdin is not valid JSON")
        let binary = try await bench.start(tokenize, input: Data([0x61, 0x62, 0xFF, 0x63])).outcome()
        #expect(binary.status == 1)
        #expect(binary.errors.contains("byte 3 belongs to no character"))
    }

    /// /dev/full takes nothing: a full disk for everyone.
    @Test(
        "when stdout's disk is full", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full"),
        arguments: [
            ["inspect", Workbench.model], ["doctor"], ["help"],
            ["score", "--model", Workbench.model, "--data", "rows.jsonl"],
            ["sample", "--model", Workbench.model, "--prompt", "Hello", "--max-tokens", "2"],
            ["tokenize", "--model", Workbench.model],
        ])
    func fullDisk(arguments: [String]) async throws {
        let outcome = try await Workbench().emlab(arguments, output: URL(filePath: "/dev/full"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("emlab: stdout can't be written: No space left on device"), "\(outcome.errors)")
    }
}
