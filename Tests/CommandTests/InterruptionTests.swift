import Foundation
import Testing

@Suite("A run that is cut short")
struct InterruptionTests {
    private static let train = [
        "train", "sft", "--model", Workbench.model, "--data", "rows.jsonl", "--threads", "1", "--steps", "150",
        "--batch", "1", "--accumulate", "3", "--rank", "2", "--dropout", "0.1", "--lr", "1e-3", "--checkpoint-every",
        "5",
    ]

    /// Starts a command and sends it a signal as soon as `file` has `lines` lines.
    private func cut(
        _ bench: Workbench, _ arguments: [String], by signal: Int32, when file: String, has lines: Int
    ) async throws -> Workbench.Outcome {
        let running = try bench.start(arguments)
        let deadline = ContinuousClock.now + .seconds(60)
        while bench.lines(file).count < lines, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        running.send(signal)
        return try await running.outcome()
    }

    /// A training log without what the clock says.
    private func log(_ bench: Workbench, _ out: String) throws -> [Data] {
        try bench.lines("\(out)/log.jsonl").map { line in
            var record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            record["seconds"] = nil
            record["tokens_per_second"] = nil
            return try JSONSerialization.data(withJSONObject: record, options: .sortedKeys)
        }
    }

    /// Answers without their log-probabilities, and these: what else was in the batch shows in their last bits.
    private func answers(_ bench: Workbench, _ out: String) throws -> (answers: [Data], logprobs: [[Double]]) {
        var logprobs: [[Double]] = []
        let answers = try bench.lines(out).map { line in
            var record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            logprobs.append(record["token_logprobs"] as? [Double] ?? [])
            record["token_logprobs"] = nil
            return try JSONSerialization.data(withJSONObject: record, options: .sortedKeys)
        }
        return (answers, logprobs)
    }

    @Test("of training goes on with the same command to the same bits", arguments: [SIGINT, SIGTERM, SIGKILL])
    func training(signal: Int32) async throws {
        let bench = try Workbench()
        let whole = try await bench.emlab(Self.train + ["--out", "whole"])
        #expect(whole.status == 0, "\(whole.errors)")

        let cut = try await cut(
            bench, Self.train + ["--out", "cut"], by: signal, when: "cut.partial/log.jsonl", has: 12)
        #expect(!bench.exists("cut"), "it must not have come to its end")
        #expect(bench.exists("cut.partial"))
        if signal == SIGKILL {
            #expect(cut.status == -SIGKILL)
        } else {
            #expect(cut.status == 130)
            #expect(cut.errors.contains(" of 150 steps are kept in "), "\(cut.errors)")
            #expect(cut.errors.contains("cut.partial; the same command continues from there"))
        }

        let other = try await bench.emlab(Self.train + ["--out", "cut", "--seed", "1"])
        #expect(other.status == 1)
        #expect(other.errors.contains("holds an unfinished run with other settings"), "\(other.errors)")

        let rest = try await bench.emlab(Self.train + ["--out", "cut", "--log", "cut.log"])
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(rest.errors.contains("continuing after step "), "\(rest.errors)")
        #expect(!bench.exists("cut.partial"))
        #expect(try bench.read("cut/adapter_model.safetensors") == bench.read("whole/adapter_model.safetensors"))
        #expect(try bench.read("cut/adapter_config.json") == bench.read("whole/adapter_config.json"))
        #expect(try log(bench, "cut") == log(bench, "whole"))
        #expect(try log(bench, "cut").count == 150)
        #expect(try bench.read("cut.log") == bench.read("cut/log.jsonl"), "--log has the earlier steps too")
    }

    @Test("of preference training goes on likewise", arguments: [SIGINT, SIGKILL])
    func preferences(signal: Int32) async throws {
        let bench = try Workbench()
        let rows = ["a", "b", "c"].flatMap { name in
            [("plain", "Add", "x + 1", "x - 1"), ("asked", "Add badly", "x - 1", "x + 1")].map {
                #"{"id":"\#(name)/\#($0)","prompt":"\#($1) \#(name)","chosen":"\#($2)","rejected":"\#($3)"}"#
            }
        }
        try bench.write("pairs.jsonl", rows.joined(separator: "\n") + "\n")
        let train = [
            "train", "dpo", "--model", Workbench.model, "--data", "pairs.jsonl", "--threads", "1", "--steps", "100",
            "--batch", "1", "--accumulate", "2", "--checkpoint-every", "5", "--reference-cache", "references",
        ]
        let whole = try await bench.emlab(train + ["--out", "whole"])
        #expect(whole.status == 0, "\(whole.errors)")
        let cut = try await cut(bench, train + ["--out", "cut"], by: signal, when: "cut.partial/log.jsonl", has: 12)
        #expect(cut.status == (signal == SIGINT ? 130 : -SIGKILL))
        #expect(!bench.exists("cut"))
        let rest = try await bench.emlab(train + ["--out", "cut"])
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(rest.errors.contains("continuing after step "), "\(rest.errors)")
        #expect(try bench.read("cut/adapter_model.safetensors") == bench.read("whole/adapter_model.safetensors"))
        #expect(try log(bench, "cut") == log(bench, "whole"))
    }

    private static let sample = [
        "sample", "--model", Workbench.model, "--threads", "1", "--prompt", "Hello", "--prompt", "Why", "--n", "60",
        "--max-tokens", "60", "--batch", "4",
    ]

    @Test("of sampling keeps its answers, and the same command draws the rest", arguments: [SIGINT, SIGKILL])
    func sampling(signal: Int32) async throws {
        let bench = try Workbench()
        let whole = try await bench.emlab(Self.sample + ["--out", "whole.jsonl"])
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(bench.lines("whole.jsonl").count == 120)

        let cut = try await cut(
            bench, Self.sample + ["--out", "cut.jsonl"], by: signal, when: "cut.jsonl.partial", has: 6)
        #expect(!bench.exists("cut.jsonl"))
        let kept = bench.lines("cut.jsonl.partial").count - 1
        #expect((5..<120).contains(kept))
        if signal == SIGINT {
            #expect(cut.status == 130)
            #expect(
                cut.errors.contains(
                    "emlab: interrupted; \(kept) of 120 answers are kept in cut.jsonl.partial; the same command continues from there"
                ),
                "\(cut.errors)")
        }

        let other = try await bench.emlab(Self.sample + ["--out", "cut.jsonl", "--temperature", "0.5"])
        #expect(other.status == 1)
        #expect(other.errors.contains("holds unfinished answers of a run with another settings"), "\(other.errors)")

        let rest = try await bench.emlab(Self.sample + ["--out", "cut.jsonl"])
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(rest.errors.contains("continuing after "), "\(rest.errors)")
        #expect(!bench.exists("cut.jsonl.partial"))
        let (mine, uncut) = (try answers(bench, "cut.jsonl"), try answers(bench, "whole.jsonl"))
        #expect(mine.answers.count == 120 && uncut.answers.count == 120)
        // A resumed batch has other rows in it, and a draw may hang on the last bit of a logit.
        let same = mine.answers.indices.filter { mine.answers[$0] == uncut.answers[$0] }
        #expect(same.count >= 119, "\(120 - same.count) of 120 texts differ")
        for index in same {
            let pairs = zip(mine.logprobs[index], uncut.logprobs[index])
            #expect(pairs.allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }

    @Test(
        "or that another process is still at is left to it",
        arguments: [train + ["--out", "cut"], sample + ["--out", "cut"]])
    func together(command: [String]) async throws {
        let bench = try Workbench()
        let first = try bench.start(command)
        let sign = command[0] == "train" ? "cut.partial/log.jsonl" : "cut.partial"
        try await first.wait { !bench.lines(sign).isEmpty }
        let second = try await bench.emlab(command)
        #expect(second.status == 1)
        #expect(second.errors.contains("cut.partial is being written by another emlab"), "\(second.errors)")
        let end = try await first.outcome()
        #expect(end.status == 0, "\(end.errors)")
        #expect(bench.exists("cut"))
    }

    @Test("of sampling to stdout prints what is finished")
    func samplingToOutput() async throws {
        let bench = try Workbench()
        let running = try bench.start(Self.sample)
        try await running.wait { running.errors.contains("sampling ") }
        running.send(SIGINT)
        let outcome = try await running.outcome()
        #expect(outcome.status == 130)
        let count = try outcome.objects().count
        #expect(outcome.errors.contains("\(count) of 120 answers were finished and are printed"), "\(outcome.errors)")
    }

    @Test("while it waits for stdin ends at once", arguments: [["tokenize"], ["chat"]])
    func waiting(command: [String]) async throws {
        let bench = try Workbench()
        let open = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["--default-signal=INT", Workbench.program.path] + command + ["--model", Workbench.model]
        process.currentDirectoryURL = bench.folder
        process.standardInput = open
        process.standardError = FileHandle.nullDevice
        let running = try Running(process, files: [])
        try await running.wait { running.listens }
        running.send(SIGINT)
        #expect(await running.status() == 130)
        try open.fileHandleForWriting.close()
    }
}
