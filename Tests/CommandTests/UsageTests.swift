import Foundation
import Testing

@Suite("Wrong usage ends with 2 and a line that says what to do")
struct UsageTests {
    static let wrong: [([String], String)] = [
        (["train", "sft", "--rank", "0"], "--rank must be at least 1, not 0"),
        (["train", "sft", "--alpha=-1"], "--alpha must be above 0"),
        (
            ["train", "sft", "--targets", "nonsense"],
            "'nonsense' is not a module to adapt. Use mlp, attention, all-linear"
        ),
        (
            ["train", "sft", "--layers", "5-3"],
            "--layers: '5-3' is neither a layer (3) nor a range from low to high (5-8)"
        ),
        (["train", "sft", "--dropout", "1"], "--dropout must be at least 0 and below 1"),
        (["train", "sft", "--lr", "nan"], "--lr: must be from 0 to 1e10, not nan"),
        (["train", "sft", "--lr", "fast"], "'fast' is invalid for '--lr <lr>'"),
        (["train", "sft", "--steps", "0"], "--steps: must be from 1"),
        (["train", "sft", "--steps", "3", "--epochs", "3"], "--epochs and --steps say the same thing"),
        (["train", "sft", "--init-adapter", "a", "--rank", "2"], "--init-adapter brings its own rank"),
        (["train", "sft", "--dtype", "float16"], "Please provide one of 'float32' and 'bfloat16'"),
        (["train", "sft", "--flagg"], "Unknown option '--flagg'"),
        (["train", "sft", "--checkpoint-every", "0"], "--checkpoint-every must be at least 1"),
        (["train", "sft", "--threads", "0"], "--threads must be from 1 to 1024"),
        (["train", "sft", "--max-length", "1"], "--max-length must be at least 2"),
    ]

    @Test("of train", arguments: wrong)
    func train(arguments: [String], message: String) async throws {
        let bench = try Workbench()
        let before = bench.contents
        let outcome = try await bench.emlab(
            arguments + ["--model", Workbench.model, "--data", "rows.jsonl", "--out", "organism"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("emlab: "))
        #expect(outcome.output.isEmpty)
        #expect(bench.contents == before)
    }

    static let others: [([String], String)] = [
        (["train", "sft", "--model", "m", "--data", "d"], "Missing expected argument '--out <out>'"),
        (
            ["train", "dpo", "--model", "m", "--data", "d", "--out", "o", "--beta", "0"],
            "--beta must be above 0, not 0"
        ),
        (
            ["train", "dpo", "--model", "m", "--data", "d", "--out", "o", "--loss", "ipo", "--label-smoothing", "0.1"],
            "--label-smoothing goes with --loss sigmoid"
        ),
        (["sample", "--model", "m"], "what is to be asked? Give --questions FILE or --prompt TEXT"),
        (["sample", "--model", "m", "--prompt", "p", "--n", "0"], "--n must be from 1"),
        (["sample", "--model", "m", "--prompt", "p", "--top-p", "0"], "--top-p must be above 0 and at most 1"),
        (
            ["sample", "--model", "m", "--prompt", "p", "--temperature=-1"],
            "--temperature must be a number not below 0"
        ),
        (
            ["sample", "--model", "m", "--prompt", "p", "--adapter", "a", "--adapter", "a"],
            "--adapter a is given twice"
        ),
        (["tokenize", "--model", "m", "--chat", "--decode"], "--chat and --decode exclude each other"),
        (["tokenize", "--model", "m", "--json"], "--json goes with --chat"),
        (["inspect"], "what is to be inspected?"),
        (["score", "--model", "m", "--data", "d", "--tokens-at-once", "0"], "--tokens-at-once must be at least 1"),
        (["fly"], "fly"),
    ]

    @Test("of other commands", arguments: others)
    func other(arguments: [String], message: String) async throws {
        let outcome = try await Workbench().emlab(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("that only the model shows is wrong usage too")
    func seenLate() async throws {
        let bench = try Workbench()
        try bench.write("documents.jsonl", #"{"text": "Hello"}"# + "\n")
        let before = bench.contents
        let outcome = try await bench.emlab(
            "train", "pretrain", "--model", Workbench.model, "--data", "documents.jsonl", "--out", "organism",
            "--document-end", "<end>")
        #expect(outcome.status == 2)
        #expect(outcome.errors == "emlab: --document-end: this model's vocabulary has no token '<end>'\n")
        #expect(bench.contents == before)
    }
}

@Suite("Help")
struct HelpTests {
    static let commands = [
        [], ["train"], ["train", "sft"], ["train", "pretrain"], ["train", "dpo"], ["sample"], ["score"], ["probe"],
        ["probe", "contrast"],
        ["chat"], ["merge"], ["tokenize"], ["inspect"], ["doctor"], ["report"], ["data"], ["data", "rows"],
        ["data", "check"], ["data", "arm"], ["data", "mix"], ["data", "split"],
        ["explain"], ["documents"], ["twin"], ["pair"], ["plan"], ["run"], ["status"], ["logs"], ["study"], ["judge"],
        ["agreement"], ["measure"], ["weigh"], ["power"], ["export"], ["probe", "sensitivity"],
        ["probe", "perplexity"],
    ]

    @Test("fits 80 columns and explains every option", arguments: commands)
    func isReadable(command: [String]) async throws {
        let outcome = try await Workbench().emlab(["help"] + command)
        #expect(outcome.status == 0)
        let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines where line.count > 80 { Issue.record("\(line.count) columns: \(line)") }
        // An option stands alone on its line only where its explanation begins on the next, far to the right.
        for (index, line) in lines.enumerated() where line.hasPrefix("  --") {
            let isExplained =
                line.dropFirst(2).contains("  ") || line.contains("> ")
                || lines[index + 1].hasPrefix(String(repeating: " ", count: 20))
            #expect(isExplained, "no explanation: \(line)")
        }
    }

    @Test(
        "shows examples for everything that does something",
        arguments: commands.filter { !["train", "probe", "data", "doctor", "study"].contains($0.last) })
    func hasExamples(command: [String]) async throws {
        #expect(try await Workbench().emlab(["help"] + command).text.contains("For example:\n  "))
    }

    @Test("completes commands and options in a shell", arguments: ["bash", "zsh", "fish"])
    func completes(shell: String) async throws {
        let outcome = try await Workbench().emlab("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        for word in ["pretrain", "rslora", "contrast", "max-tokens"] { #expect(outcome.text.contains(word)) }
    }
}
