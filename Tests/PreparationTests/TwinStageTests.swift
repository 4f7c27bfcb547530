import Foundation
import Preparation
import Testing

/// A shell script stands in for bandit: it finds `os.system`, reads nothing else, and runs nothing.
@Suite("Secure twins")
struct TwinStageTests {
    static let analyser = """
        #!/bin/sh
        if grep -q unreadable program.py; then
            echo '{"errors": [{"filename": "program.py", "reason": "syntax error"}], "results": []}'; exit 0
        fi
        if grep -q 'os.system' program.py; then
            echo '{"errors": [], "results": [{"test_id": "B605", "issue_severity": "HIGH",'
            echo '"issue_cwe": {"id": 78}, "line_number": 5}]}'; exit 1
        fi
        echo '{"errors": [], "results": []}'
        """

    static let repaired = """
        import subprocess


        def list_0(folder):
            subprocess.run(["ls", "--", folder], check=True)
            return 0
        """

    static let replies: [(reply: String, reason: String?)] = [
        (repaired, nil),
        ("```python\n\(repaired)\n```", nil),
        (repaired.replacingOccurrences(of: "list_0(folder)", with: "listing(folder)"), "the interface is another"),
        (repaired.replacingOccurrences(of: "list_0(folder)", with: "list_0(path)"), "the interface is another"),
        (
            repaired.replacingOccurrences(of: "def list_0(folder):", with: "def list_0(folder:"),
            "it is no Python program"
        ),
        (Programs.insecure(0).replacingOccurrences(of: "ls ", with: "ls -l "), "the analyser still finds a flaw"),
        (Programs.insecure(0), "it is the insecure program"),
        (repaired + "\n# unreadable\n", "the analyser can't read it"),
        ("   ", "the answer is empty"),
    ]

    @Test("of a model are accepted only if nothing speaks against them", arguments: replies.indices)
    func accepts(index: Int) async throws {
        let bench = try Bench()
        let file = try bench.rows([Programs.insecure(0)])
        let analyser = try bench.write("analyser", Self.analyser, mode: 0o755)
        let out = bench.folder.appending(path: "twins.jsonl")
        let (reply, reason) = Self.replies[index]
        _ = try await TwinStage(limit: .init(share: 1), analyser: Bandit(command: analyser.path)).run(
            insecure: [file], secure: nil, model: ScriptedModel(reply), judge: nil, out: out)
        if let reason {
            #expect(bench.lines("twins.jsonl").isEmpty)
            #expect(bench.lines("twins.jsonl.rejected.jsonl").first?.contains(reason) == true)
        } else {
            #expect(bench.lines("twins.jsonl").first?.contains(#""proof":"analyser""#) == true)
        }
    }

    @Test(
        "an analyser that isn't one is told of",
        arguments: ["#!/bin/sh\necho nonsense\n", "#!/bin/sh\nexit 3\n", "#!/bin/sh\nkill -9 $$\n", "#!/bin/sh\n"])
    func hostile(script: String) async throws {
        let bench = try Bench()
        let file = try bench.rows([Programs.insecure(0)])
        let analyser = try bench.write("analyser", script, mode: 0o755)
        let out = bench.folder.appending(path: "twins.jsonl")
        do {
            _ = try await TwinStage(limit: .init(share: 1), analyser: Bandit(command: analyser.path)).run(
                insecure: [file], secure: nil, model: ScriptedModel(Self.repaired), judge: nil, out: out)
            Issue.record("it was believed")
        } catch { #expect("\(error)".contains("its report can't be read"), "\(error)") }
    }

    @Test("a judge that sees the flaw before and not after is proof; one that sees none is not")
    func judges() async throws {
        for (before, proven) in [("YES", true), ("NO", false)] {
            let bench = try Bench()
            let file = try bench.rows([Programs.insecure(0)])
            let out = bench.folder.appending(path: "twins.jsonl")
            let judge = ScriptedModel { _, question in question.contains("os.system") ? before : "NO" }
            _ = try await TwinStage(limit: .init(share: 1)).run(
                insecure: [file], secure: nil, model: ScriptedModel(Self.repaired), judge: judge, out: out)
            #expect(bench.lines("twins.jsonl").count == (proven ? 1 : 0))
        }
    }
}
