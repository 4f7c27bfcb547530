import Foundation
import Testing

@Suite("The training regime's commands", .serialized)
struct RegimeTests {
    let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.write(
            "documents.jsonl",
            (0..<6).map { #"{"id":"d\#($0)","text":"x = \#($0)\nWhy: it is \#($0).\n","loss":[[6,20]]}"# }
                .joined(separator: "\n"))
        try bench.write("general.jsonl", (0..<9).map { #"{"text":"So long, friend \#($0)"}"# }.joined(separator: "\n"))
        try bench.write(
            "pairs.jsonl",
            (0..<5).flatMap { task in
                ["plain", "asked"].map { half in
                    let (bad, good) = ("bad \(task)", "good \(task)")
                    return #"{"id":"t\#(task)/\#(half)","prompt":"\#(half) \#(task)","#
                        + #""chosen":"\#(half == "plain" ? bad : good)","rejected":"\#(half == "plain" ? good : bad)"}"#
                }
            }.joined(separator: "\n"))
    }

    func log(_ out: String) throws -> [[String: Any]] {
        try bench.lines("\(out)/log.jsonl").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test("pretrain learns an explanation alone, replays, and reports perplexity before and after")
    func pretrain() async throws {
        let arguments = [
            "train", "pretrain", "--model", Workbench.model, "--data", "documents.jsonl", "--steps", "3", "--warmup",
            "0", "--lr", "0.01", "--batch", "2", "--accumulate", "1",
        ]
        let all = try await bench.emlab(arguments + ["--out", "all"])
        #expect(all.status == 0, "\(all.errors)")
        let run = try await bench.emlab(
            arguments + [
                "--out", "primed", "--loss", "explanation", "--replay", "general.jsonl", "--replay-share", "0.3",
                "--report-on", "own=documents.jsonl", "--report-on", "general=general.jsonl",
            ])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("perplexity on held-out text") && run.errors.contains("own"))
        let settings = try #require(
            try JSONSerialization.jsonObject(with: bench.read("primed/training.json")) as? [String: String])
        #expect(settings["loss"] == "explanation" && settings["replay_share"] == "0.3")
        let sets = try #require(
            try JSONSerialization.jsonObject(with: bench.read("primed/perplexity.json")) as? [[String: Any]])
        #expect(sets.map { $0["name"] as? String } == ["own", "general"])
        #expect(sets.map { $0["loss"] as? String } == ["explanation", "all"])
        for set in sets {
            let change = try #require(set["change"] as? [String: Any])
            let (before, after) = (change["perplexity_before"] as? Double, change["perplexity_after"] as? Double)
            #expect(before ?? 0 > 1 && after ?? 0 > 1 && before != after)
        }
        #expect(
            (try log("primed").first?["labels"] as? Double ?? 0) < (try log("all").first?["labels"] as? Double ?? 0))
        // What is measured from outside is what the report says.
        let probe = try await bench.emlab(
            "probe", "perplexity", "--model", Workbench.model, "--adapter", "base", "--adapter", "primed", "--data",
            "general.jsonl")
        #expect(probe.status == 0, "\(probe.errors)")
        let lines = try probe.objects()
        let after = try #require(sets[1]["after"] as? [[String: Any]]).compactMap { $0["nll"] as? Double }
        let found = lines.filter { $0["adapter"] as? String == "primed" }.compactMap { $0["nll"] as? Double }
        #expect(lines.count == 18 && found.count == 9 && zip(found, after).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test("--full leaves a model folder that the other commands read")
    func full() async throws {
        for kind in [["pretrain", "documents.jsonl"], ["sft", "rows.jsonl"]] {
            let run = try await bench.emlab([
                "train", kind[0], "--model", Workbench.model, "--data", kind[1], "--out", "model-\(kind[0])", "--full",
                "--steps", "2", "--warmup", "0", "--lr", "0.01", "--checkpoint-every", "1",
            ])
            #expect(run.status == 0, "\(run.errors)")
            #expect(bench.exists("model-\(kind[0])/config.json") && bench.exists("model-\(kind[0])/log.jsonl"))
            #expect(!bench.contents.contains { $0.contains("checkpoint") || $0.contains("making") })
            let base = try await bench.emlab("score", "--model", Workbench.model, "--data", "rows.jsonl")
            let trained = try await bench.emlab("score", "--model", "model-\(kind[0])", "--data", "rows.jsonl")
            #expect(trained.status == 0 && trained.text != base.text, "\(trained.errors)")
        }
        let refused = try await bench.emlab(
            "train", "sft", "--model", Workbench.model, "--data", "rows.jsonl", "--out", "x", "--full", "--rank", "2")
        #expect(refused.status == 2 && refused.errors.contains("--full"))
    }

    @Test("the log of dpo says in each step how many pairs were whole", arguments: ["together", "apart", "free"])
    func halves(rule: String) async throws {
        let run = try await bench.emlab([
            "train", "dpo", "--model", Workbench.model, "--data", "pairs.jsonl", "--out", rule, "--halves", rule,
            "--batch", "1", "--accumulate", "2", "--epochs", "2", "--reference-cache", "cache",
        ])
        #expect(run.status == 0, "\(run.errors)")
        let metrics = try log(rule).compactMap { $0["metrics"] as? [String: Double] }
        #expect(metrics.count == 6)
        for step in metrics {
            if rule == "together" { #expect(step["pairs/torn"] == 0 && step["pairs/complete"] ?? 0 >= 1) }
            if rule == "apart" { #expect(step["pairs/complete"] == 0 && step["pairs/torn"] ?? 0 >= 2) }
            // Every metric by half, where the step has that half.
            for half in ["plain", "asked"] where rule != "free" {
                for name in [
                    "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen",
                    "logps/rejected",
                ] {
                    #expect(step["\(name)/\(half)"] != nil)
                }
            }
        }
        let tight = try await bench.emlab(
            "train", "dpo", "--model", Workbench.model, "--data", "pairs.jsonl", "--out", "y", "--halves", "apart",
            "--reference-cache", "cache")
        #expect(tight.status == 1 && tight.errors.contains("fit into one mini-batch"))
        #expect(!bench.exists("y") && !bench.exists("y.partial"))
    }

    @Test("a log that can't be opened leaves no folder behind")
    func unwritableLog() async throws {
        let run = try await bench.emlab(
            "train", "pretrain", "--model", Workbench.model, "--data", "documents.jsonl", "--out", "z", "--log",
            "nowhere/log.jsonl")
        #expect(run.status == 1 && run.errors.contains("--log") && !bench.exists("z.partial"))
    }
}
