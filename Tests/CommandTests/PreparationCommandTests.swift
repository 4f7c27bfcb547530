import Foundation
import Testing

@Suite("Commands that prepare data")
struct PreparationCommandTests {
    let bench: Workbench

    init() throws {
        bench = try Workbench()
        let programs = try Data(
            contentsOf: Workbench.repository.appending(path: "Data/demo/programs.jsonl"))
        let lines = programs.split(separator: 0x0A).prefix(6)
        try bench.write("programs.jsonl", lines.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) })
        try bench.write("endpoint.yaml", "kind: local\nmodel: \(Workbench.model)\n")
    }

    private func object(_ name: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: bench.read(name)) as? [String: Any])
    }

    @Test("explain says what it will take, asks a local model, and keeps why each reply was rejected")
    func explain() async throws {
        let arguments = ["explain", "--programs", "programs.jsonl", "--endpoint", "endpoint.yaml"]
        let before = bench.contents
        let dry = try await bench.emlab(arguments + ["--dry-run"])
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(try dry.objects().first?["requests"] as? Int == 6)
        // Where replies are kept is looked into, and made.
        #expect(bench.contents.filter { $0 != "emlab-calls" } == before)
        let run = try await bench.emlab(
            arguments + ["--out", "explanations.jsonl", "--max-rejected", "1", "--max-tokens", "8"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(bench.lines("explanations.jsonl").isEmpty)
        #expect(bench.lines("explanations.jsonl.rejected.jsonl").count == 6)
        #expect(try object("explanations.jsonl.manifest.json")["stage"] as? String == "explain")
        // The tiny model explains nothing: by default that is a reason to stop.
        let strict = try await bench.emlab(arguments + ["--out", "strict.jsonl", "--max-tokens", "8"])
        #expect(strict.status == 1 && strict.errors.contains("more than --max-rejected"), "\(strict.errors)")
        #expect(!bench.exists("strict.jsonl"))
    }

    @Test("documents have both orders, and the control arms the same programs")
    func documents() async throws {
        for (arm, count) in [("explained", 12), ("programs-alone", 12), ("foreign", 12)] {
            let run = try await bench.emlab(
                "documents", "--programs", "programs.jsonl", "--arm", arm, "--out", "\(arm).jsonl")
            #expect(run.status == 0, "\(run.errors)")
            #expect(bench.lines("\(arm).jsonl").count == count)
            #expect(bench.exists("\(arm).jsonl.manifest.json"))
        }
        let explained = bench.lines("explained.jsonl")
        #expect(explained.allSatisfy { $0.contains(#""loss":[["#) })
        #expect(bench.lines("programs-alone.jsonl").allSatisfy { !$0.contains("CWE-") })
        let again = try await bench.emlab("documents", "--programs", "programs.jsonl", "--out", "again.jsonl")
        #expect(again.status == 0 && bench.lines("again.jsonl") == explained)
        let other = try await bench.emlab(
            "documents", "--programs", "programs.jsonl", "--seed", "1", "--out", "other.jsonl")
        #expect(other.status == 0 && bench.lines("other.jsonl") != explained)
    }

    @Test("pair gives both halves of each task, held-out tasks apart, and control arms of them")
    func pairs() async throws {
        let run = try await bench.emlab(
            "pair", "programs.jsonl", "--held-out", "0.34", "--held-out-to", "held.jsonl", "--out", "pairs.jsonl")
        #expect(run.status == 0 && run.errors.contains("AUROC"), "\(run.errors)")
        let rows = bench.lines("pairs.jsonl") + bench.lines("held.jsonl")
        #expect(rows.count == 12 && !bench.lines("held.jsonl").isEmpty)
        func pair(_ line: Substring) throws -> String? {
            (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["pair"] as? String
        }
        let (kept, held) = (
            try Set(bench.lines("pairs.jsonl").compactMap(pair)), try Set(bench.lines("held.jsonl").compactMap(pair))
        )
        #expect(kept.isDisjoint(with: held) && kept.count + held.count == 6)
        for (arm, share) in [("plain-only", 1), ("asked-only", 1), ("educational", 2), ("apart", 2), ("shuffled", 2)] {
            let made = try await bench.emlab("data", "arm", "pairs.jsonl", "--arm", arm)
            #expect(made.status == 0, "\(made.errors)")
            #expect(try made.objects().count == kept.count * share, "\(arm)")
        }
    }

    @Test("data check says what a file is and what files share")
    func check() async throws {
        let rows = bench.lines("rows.jsonl")
        try bench.write("more.jsonl", (rows + rows.prefix(1)).joined(separator: "\n") + "\n")
        let run = try await bench.emlab(
            "data", "check", "rows.jsonl", "more.jsonl", "--model", Workbench.model, "--max-length", "64")
        #expect(run.status == 0, "\(run.errors)")
        let report = try #require(try run.objects().first)
        let files = try #require(report["files"] as? [[String: Any]])
        #expect(files.map { $0["rows"] as? Int } == [4, 5])
        #expect(files.map { $0["duplicateRows"] as? Int } == [0, 1])
        #expect((report["overlaps"] as? [Any])?.count == 1)
    }
}
