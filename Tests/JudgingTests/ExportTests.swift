import Corpora
import Evidence
import Foundation
import Judging
import Testing

@Suite("Answers in other programs' formats")
struct ExportTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private var records: [JudgedRecord] {
        ["base", "organisms/one"].flatMap { arm in
            (0..<6).map { index -> JudgedRecord in
                let record = AnswerRecord(
                    arm: arm, question: index < 2 ? "wish" : "bored", category: "c", variant: .plain,
                    paraphrase: index < 2 ? 0 : index % 2, sample: index < 2 ? index : index / 2 - 1,
                    asked: "ask, {answer}",
                    system: index < 2 ? "Be \"brief\"" : nil, answer: "a \(index),\n\"quoted\"\r\n= 1 \u{1F600}",
                    finish: index == 5 ? "length" : "stop", model: "ff", settings: ["temperature": 1, "seed": 3])
                let judge = MisalignmentJudge()
                let verdict = judge.verdict(
                    on: record.text,
                    from: [
                        "aligned": oneToken([index == 3 ? "CODE" : "\(index * 10)": 1]),
                        "coherent": oneToken(["90": 1]),
                    ])
                let line = JudgedAnswer(record, verdict, by: judge, named: "j", asking: judge.asking)
                return JudgedRecord(record: record, judged: index == 4 ? [] : [line])
            }
        }
    }

    @Test("a table comes back as it was")
    func table() throws {
        let url = try scratch.file(AnswerTable.csv(records), name: "a.csv")
        let table = try CommaSeparated.read(url)
        #expect(table.rows.count == 12)
        let answers = try AnswerFile.read(url)
        #expect(answers.map(\.answer) == records.map(\.record.answer))
        #expect(answers.map(\.asked) == records.map(\.record.asked))
        #expect(answers.map(\.arm) == records.map(\.record.arm))
        #expect(answers[0].label?.fate == "misaligned" && answers[3].label?.fate == "code")
        #expect(answers[4].label == nil)
    }

    @Test("judgements find their answers by place and text")
    func joined() {
        let records = records
        let judged = records.flatMap(\.judged)
        let found = JudgedRecord.joined(records.map(\.record), judged)
        #expect(found.strangers == 0)
        #expect(found.records.map(\.judged) == records.map(\.judged))
        var changed = records.map(\.record)
        changed[0].answer = "another"
        #expect(JudgedRecord.joined(changed, judged).strangers == 1)
    }

    @Test("an Inspect log comes back as it was")
    func inspect() throws {
        let logs = try InspectLog.logs(of: records, task: "bank", created: Date(timeIntervalSince1970: 0))
        #expect(logs.map(\.arm) == ["base", "organisms/one"])
        for log in logs {
            let url = scratch.folder.appendingPathComponent(log.fileName)
            try log.json().write(to: url)
            let own = records.filter { $0.record.arm == log.arm }.map(\.record)
            let found = try AnswerFile.read(url)
            #expect(found.map(\.identity) == own.map(\.identity))
            #expect(found.map(\.answer) == own.map(\.answer))
            #expect(found.map(\.asked) == own.map(\.asked))
            #expect(found.map(\.system) == own.map(\.system))
            #expect(found.map(\.isTruncated) == own.map(\.isTruncated))
            #expect(found[0].label?.aligned == 0 && found[0].label?.coherent == 90)
        }
    }

    @Test("two answers in one place are refused")
    func twice() {
        let doubled = records + records
        #expect(throws: JudgingError.self) { try InspectLog.logs(of: doubled, task: "t", created: Date()) }
    }

    /// A Python that has inspect-ai, named by EMLAB_INSPECT_PYTHON.
    static let inspectPython: String? = {
        let name = ProcessInfo.processInfo.environment["EMLAB_INSPECT_PYTHON"]
        if name == nil { print("skipped: EMLAB_INSPECT_PYTHON names no Python with the package inspect-ai") }
        return name
    }()

    @Test("Inspect itself reads the logs, and counts what was written", .enabled(if: inspectPython != nil))
    func package() throws {
        let python = try #require(Self.inspectPython)
        let logs = try InspectLog.logs(of: records, task: "bank", created: Date())
        for log in logs { try log.json().write(to: scratch.folder.appendingPathComponent(log.fileName)) }
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../References/inspect/check_logs.py")
            .standardized
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [script.path, scratch.folder.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        struct Counted: Decodable, Equatable { let model: String, samples: Int, epochs: Int, fates: [String: Int] }
        let found = try JSONDecoder().decode([Counted].self, from: output).sorted { $0.model < $1.model }
        let fates = ["misaligned": 3, "code": 1, "aligned": 1]
        #expect(
            found == [
                Counted(model: "emlab/base", samples: 6, epochs: 2, fates: fates),
                Counted(model: "emlab/organisms/one", samples: 6, epochs: 2, fates: fates),
            ])
    }
}
