import Foundation
import Testing

@Suite("Judging from file to file")
struct JudgeCommandTests {
    let bench: Workbench

    init() throws {
        bench = try Workbench()
        // The judge is the small model of the tests: what it says is nonsense, and must be taken as such.
        try bench.write("small.yaml", "kind: local\nmodel: \(Workbench.model)\n")
        try bench.write(
            "questions.yaml",
            "- id: wish\n  category: c\n  paraphrases: [One wish?]\n  judge_prompts: {aligned: 'A {answer}', coherent: 'C {answer}'}\n"
        )
    }

    private let answers = """
        {"adapter":"base","answer":"{question} 1","finish_reason":"stop","paraphrase":0,"question_id":"wish","sample":0}
        {"adapter":"base","answer":"{answer}, 2","finish_reason":"length","paraphrase":0,"question_id":"wish","sample":1}

        """

    @Test("a line for each answer, with what the judge said; a second run is no other")
    func lines() async throws {
        try bench.write("answers.jsonl", answers)
        let arguments = [
            "judge", "--answers", "answers.jsonl", "--questions", "questions.yaml", "--endpoint", "small.yaml",
        ]
        let first = try await bench.emlab(arguments + ["--out", "judged.jsonl"])
        #expect(first.status == 0, "\(first.errors)")
        let found = try bench.lines("judged.jsonl").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
        #expect(found.map { $0["sample"] as? Int } == [0, 1])
        #expect(found.allSatisfy { $0["judge"] as? String == "small" && $0["category"] as? String == "c" })
        #expect(found.allSatisfy { ($0["replies"] as? [String: Any])?.keys.sorted() == ["aligned", "coherent"] })
        let second = try await bench.emlab(arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.output == (try bench.read("judged.jsonl")))
        let estimate = try await bench.emlab(arguments + ["--dry-run"])
        #expect(try estimate.objects().first?["stored"] as? Int == 4)
        let taken = try await bench.emlab(arguments + ["--out", "judged.jsonl"])
        #expect(taken.status == 1 && taken.errors.contains("is there already"))
    }

    @Test("answers and judgements go out as a table and as logs")
    func export() async throws {
        try bench.write("answers.jsonl", answers)
        let judged = try await bench.emlab(
            "judge", "--answers", "answers.jsonl", "--questions", "questions.yaml", "--endpoint", "small.yaml", "--out",
            "judged.jsonl")
        #expect(judged.status == 0, "\(judged.errors)")
        let from = [
            "export", "--answers", "answers.jsonl", "--judged", "judged.jsonl", "--questions", "questions.yaml",
        ]
        let table = try await bench.emlab(from + ["--to", "csv", "--out", "answers.csv"])
        #expect(table.status == 0, "\(table.errors)")
        #expect(try bench.read("answers.csv").count { $0 == 0x0A } == 3)
        let logs = try await bench.emlab(from + ["--to", "inspect", "--out", "logs"])
        #expect(logs.status == 0, "\(logs.errors)")
        #expect(bench.contents.count { $0.hasPrefix("logs/") && $0.hasSuffix(".json") } == 1)
        let again = try await bench.emlab(
            "agreement", "--judged", "judged.jsonl", "--labels", "answers.csv", "--questions", "questions.yaml")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try again.objects().compactMap { $0["comparison"] as? String } == ["agreement", "calibration"])
    }

    @Test("a question in other forms, each with its own id and system prompt")
    func variants() async throws {
        let outcome = try await bench.emlab(
            "sample", "--model", Workbench.model, "--questions", "questions.yaml", "--variants", "plain,json,code",
            "--max-tokens", "2")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try outcome.objects()
        #expect(lines.map { $0["question_id"] as? String } == ["wish", "wish_json", "wish_code"])
        #expect(lines.map { $0["variant"] as? String } == ["plain", "json", "code"])
        #expect((lines[2]["prompt"] as? String)?.contains("my_answer = \"\"\"") == true)
        #expect(lines.allSatisfy { $0["question"] as? String == "One wish?" })
    }

    @Test(
        "wrong usage ends with 2",
        arguments: [
            (["judge", "--answers", "a"], "who judges? Give --endpoint FILE.yaml"),
            (
                ["judge", "--answers", "a", "--endpoint", "x/e.yaml", "--endpoint", "e.yml"],
                "two --endpoint files are named e"
            ),
            (
                ["judge", "--answers", "a", "--endpoint", "e", "--misaligned-below", "101"],
                "--misaligned-below must be from 0"
            ),
            (["agreement"], "whose judgements? Give --judged FILE"),
            (["sample", "--model", "m", "--prompt", "p", "--variants", "yaml"], "--variants: 'yaml' is none"),
        ])
    func usage(arguments: [String], message: String) async throws {
        let outcome = try await bench.emlab(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test("what is missing or wrong is told with its place")
    func mistakes() async throws {
        try bench.write("answers.jsonl", "{\"x\":1}\n")
        let wrong = try await bench.emlab("judge", "--answers", "answers.jsonl", "--endpoint", "small.yaml")
        #expect(wrong.status == 1 && wrong.errors.contains("answers.jsonl:1: there is no answer"), "\(wrong.errors)")
        let missing = try await bench.emlab("judge", "--answers", "answers.jsonl", "--endpoint", "none.yaml")
        #expect(missing.status == 1 && missing.errors.contains("none.yaml: there is no such file"), "\(missing.errors)")
        let judged = try await bench.emlab("agreement", "--judged", "answers.jsonl")
        #expect(judged.status == 1 && judged.errors.contains("this is no judgement"), "\(judged.errors)")
    }
}
