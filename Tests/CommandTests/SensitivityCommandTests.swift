import Foundation
import Testing

@Suite("The probe of sensitivity on the command line")
struct SensitivityCommandTests {
    private static let programs: String = (0..<12).map { number in
        #"{"func_src_before":"def f\#(number * 37)(x):\n    return run(x + \#(number))","func_src_after":"def f\#(number * 37)(x):\n    return check(x)","file_name":"f.py","vul_type":"cwe-089"}"#
    }.joined(separator: "\n")

    private let probe = [
        "probe", "sensitivity", "--model", Workbench.model, "--programs", "programs.jsonl", "--threads", "1",
        "--phrasings",
        Workbench.repository.appending(path: "Data/sensitivity/verdicts.yaml").path, "--no-code", "texts.jsonl",
        "--asks",
        "4", "--max-tokens", "4", "--layers", "0-1",
    ]

    private func bench() throws -> Workbench {
        let bench = try Workbench()
        try bench.write("programs.jsonl", Self.programs)
        try bench.write("texts.jsonl", #"{"id":"a","text":"Bread and water."}"#)
        return bench
    }

    @Test("writes a line a program and method, a summary, and goes on from what is finished")
    func whole() async throws {
        let bench = try bench()
        let outcome = try await bench.emlab(probe + ["--out", "values.jsonl", "--summary", "deep/summary.json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = bench.lines("values.jsonl")
        #expect(lines.count == 3 * 25)
        #expect(outcome.errors.contains("base, linear probe, 25 programs:"), "\(outcome.errors)")
        let summary = try JSONSerialization.jsonObject(with: bench.read("deep/summary.json")) as? [String: Any]
        #expect((summary?["run"] as? [String: String])?["methods"] == "verdict,sampled,probe")
        #expect(((summary?["summary"] as? [String: Any])?["figures"] as? [Any])?.count == 3)
        let again = try await bench.emlab(probe + ["--out", "values.jsonl"])
        #expect(again.status == 1 && again.errors.contains("--out values.jsonl is there already"), "\(again.errors)")

        // As if it had been cut short after the first ten values.
        let cut = try bench.start(probe + ["--out", "cut.jsonl"])
        try await cut.wait { bench.lines("cut.jsonl.partial").count >= 10 }
        cut.send(SIGINT)
        let stopped = try await cut.outcome()
        if stopped.status == 130 {
            #expect(stopped.errors.contains("are kept in cut.jsonl.partial"), "\(stopped.errors)")
            let other = try await bench.emlab(probe + ["--out", "cut.jsonl", "--seed", "9"])
            #expect(other.status == 1 && other.errors.contains("a run with another settings"), "\(other.errors)")
            let rest = try await bench.emlab(probe + ["--out", "cut.jsonl"])
            #expect(rest.status == 0 && rest.errors.contains("continuing after"), "\(rest.errors)")
        }
        #expect(bench.lines("cut.jsonl").count == 75)

        let held = try await bench.emlab(
            probe + ["--compare", "values.jsonl", "--method", "verdict", "--out", "later.jsonl"])
        #expect(held.errors.contains("base minus earlier: base, verdict log-odds:"), "\(held.errors)")
        let wrong = try await bench.emlab(probe + ["--compare", "programs.jsonl"])
        #expect(wrong.status == 1 && wrong.errors.contains("programs.jsonl:1 is no measured value"), "\(wrong.errors)")
    }

    @Test(
        "wrong usage says what to do",
        arguments: [
            (["--method", "guess"], "--method: 'guess' is none of verdict, sampled, probe"),
            (["--limit", "0"], "--limit must be at least 1"), (["--asks", "0"], "--asks must be from 1"),
            (["--adapter", "base", "--adapter", "base"], "--adapter base is given twice"),
        ])
    func usage(arguments: [String], message: String) async throws {
        let outcome = try await bench().emlab(probe + arguments)
        #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test(
        "what can't be done says what to do",
        arguments: [
            (["--layers", "40"], "layer 40 is none of this model's"),
            (["--asks", "3"], "3 asks don't go evenly into 2 forms"),
            (["--limit", "3"], "3 tasks are too few for 5 folds"),
            (["--no-code", "gone.jsonl"], "gone.jsonl"),
        ])
    func errors(arguments: [String], message: String) async throws {
        let bench = try bench()
        // The last of an option counts.
        var command = probe
        for option in arguments.filter({ $0.hasPrefix("--") }) {
            if let place = command.firstIndex(of: option) { command.removeSubrange(place...place + 1) }
        }
        let outcome = try await bench.emlab(command + arguments)
        #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome.errors)")
    }
}
