import Endpoints
import Foundation
import Preparation
import Testing

@Suite("Explaining programs")
struct ExplanationStageTests {
    struct Cut: Error {}

    @Test("keeps explanations that are true of their program, and rejects others with reasons")
    func checks() async throws {
        let bench = try Bench()
        let file = try bench.rows((0..<6).map(Programs.insecure))
        let model = ScriptedModel { _, question in
            for (number, reply) in [
                "",  // Nothing at all.
                Programs.explanation.replacingOccurrences(of: "[5]", with: "[50]"),
                Programs.explanation.replacingOccurrences(of: "os.system", with: "subprocess.call"),
                "I'd rather not.",
            ].enumerated() where question.contains("list_\(number)(") {
                return reply
            }
            return "Let me see.\n```json\n\(Programs.explanation)\n```"
        }
        let out = bench.folder.appending(path: "explanations.jsonl")
        _ = try await ExplanationStage(limit: .init(share: 1)).run([file], endpoint: model, out: out)
        #expect(bench.lines("explanations.jsonl").count == 2)
        let rejected = bench.lines("explanations.jsonl.rejected.jsonl")
        #expect(rejected.count == 4)
        #expect(rejected.contains { $0.contains("a line is named that the program hasn't") })
        #expect(rejected.contains { $0.contains("subprocess.call") })
        #expect(FileManager.default.fileExists(atPath: out.relativePath + ".manifest.json"))
    }

    @Test("a run that is cut goes on where it was, and ends the same")
    func resumes() async throws {
        let whole = try Bench()
        let cut = try Bench()
        let programs = (0..<8).map(Programs.insecure)
        let out = whole.folder.appending(path: "e.jsonl")
        _ = try await ExplanationStage().run(
            [try whole.rows(programs)], endpoint: ScriptedModel(Programs.explanation), out: out)
        let file = try cut.rows(programs)
        let other = cut.folder.appending(path: "e.jsonl")
        let breaking = ScriptedModel { number, _ in
            guard number <= 3 else { throw Cut() }
            return Programs.explanation
        }
        await #expect(throws: (any Error).self) {
            _ = try await ExplanationStage().run([file], endpoint: breaking, out: other)
        }
        #expect(!FileManager.default.fileExists(atPath: other.path))
        let rest = ScriptedModel(Programs.explanation)
        _ = try await ExplanationStage().run([file], endpoint: rest, out: other)
        #expect(rest.asked.withLock { $0 } == 5)
        #expect(cut.lines("e.jsonl") == whole.lines("e.jsonl") && whole.lines("e.jsonl").count == 8)
    }

    @Test("stops when more is rejected than is allowed, and says why")
    func limit() async throws {
        let bench = try Bench()
        let file = try bench.rows((0..<10).map(Programs.insecure))
        let out = bench.folder.appending(path: "e.jsonl")
        do {
            _ = try await ExplanationStage(limit: .init(share: 0.2)).run(
                [file], endpoint: ScriptedModel("no idea"), out: out)
            Issue.record("it went on")
        } catch {
            let message = "\(error)"
            #expect(message.contains("were rejected, more than --max-rejected 0.2 allows"), "\(message)")
            #expect(message.contains("the reply is no explanation"), "\(message)")
        }
        #expect(!FileManager.default.fileExists(atPath: out.path))
    }
}
