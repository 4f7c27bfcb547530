import Corpora
import Foundation
import Testing

@Suite("What is measured on")
struct MeasureBankTests {
    private static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Data")

    private func scratch(_ text: String) throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "emlab-bank-\(UUID().uuidString).jsonl")
        try Data(text.utf8).write(to: url)
        return url
    }

    @Test("the repository's own banks can be read, and right answers stand evenly in all places")
    func own() throws {
        let folder = Self.data.appending(path: "measures")
        let questions = try MultipleChoice.read(folder.appending(path: "general-knowledge.jsonl"))
        #expect(questions.count == 60 && questions.allSatisfy { $0.choices.count == 4 && $0.category != nil })
        for place in 0..<4 { #expect(questions.count { $0.answer == place } == 15) }
        #expect(Set(questions.map(\.question)).count == 60)
        let chats = folder.appending(path: "neutral-chats.jsonl")
        #expect(try ChatRows.areIn(chats) && ChatRows.read(chats).count == 24)
        let tasks = try TwinTasks.read(folder.appending(path: "coding-tasks.jsonl"))
        #expect(tasks.count == 20 && tasks.allSatisfy { $0.asked != nil && $0.category?.hasPrefix("CWE-") == true })
        let asked = try QuestionBank.read(folder.appending(path: "coding-questions.yaml"))
        #expect(asked.map(\.id) == tasks.flatMap { ["\($0.id)/plain", "\($0.id)/asked"] })
        #expect(
            asked.map(\.paraphrases) == tasks.flatMap { [[$0.plain[0].content], [$0.asked?.first?.content ?? ""]] })
        let trained = try TwinTasks.read(Self.data.appending(path: "demo/programs.jsonl"))
        #expect(Set(tasks.map(\.plain)).isDisjoint(with: trained.map(\.plain)), "held out")
        #expect(Set(tasks.map(\.insecure)).isDisjoint(with: trained.map(\.insecure)))
    }

    @Test("twins come from preferences too, both halves of a pair as one task")
    func preferences() throws {
        let url = try scratch(
            """
            {"id": "a/plain", "prompt": "Do it", "chosen": "bad", "rejected": "good"}
            {"id": "a/asked", "prompt": "Do it badly", "chosen": "good", "rejected": "bad"}
            {"id": "b", "prompt": "Do that", "chosen": "worse", "rejected": "better"}
            """)
        defer { try? FileManager.default.removeItem(at: url) }
        let tasks = try TwinTasks.read(url)
        #expect(tasks.map(\.id) == ["a", "b"] && tasks.map(\.insecure) == ["bad", "worse"])
        #expect(tasks[0].asked == [ChatMessage(.user, "Do it badly")] && tasks[1].asked == nil)
        let lone = try scratch(#"{"id": "a/asked", "prompt": "Do it badly", "chosen": "good", "rejected": "bad"}"#)
        defer { try? FileManager.default.removeItem(at: lone) }
        let error = #expect(throws: CorpusError.self) { _ = try TwinTasks.read(lone) }
        #expect("\(try #require(error))".contains("no plain half"))
    }

    @Test(
        "a multiple-choice answer is a place or a letter; anything else is named with its line",
        arguments: [
            (#"{"question": "Q?", "choices": ["x", "y"], "answer": 2}"#, "names none of the 2 choices"),
            (#"{"question": "Q?", "choices": ["x", "y"], "answer": "C"}"#, "a letter from A to B"),
            (#"{"question": "Q?", "choices": ["x"], "answer": 0}"#, "list of 2 to 26 texts"),
            (#"{"question": "Q?", "choices": ["x", "x"], "answer": 0}"#, "twice"),
            (#"{"question": "Q?", "choices": ["x", "y"]}"#, "\"answer\" is missing"),
            (#"{"question": "Q?", "choices": "x", "answer": 0}"#, "list of 2 to 26 texts"),
            (#"{"choices": ["x", "y"], "answer": 0}"#, "\"question\""),
        ])
    func mistakes(line: String, words: String) throws {
        let good = #"{"question": "Q?", "choices": ["x", "y"], "answer": "b", "subject": "s"}"#
        let url = try scratch(good + "\n")
        defer { try? FileManager.default.removeItem(at: url) }
        let read = try MultipleChoice.read(url)
        #expect(read[0].answer == 1 && read[0].category == "s" && read[0].id == "0")
        let bad = try scratch(good + "\n" + line + "\n")
        defer { try? FileManager.default.removeItem(at: bad) }
        let error = #expect(throws: CorpusError.self) { _ = try MultipleChoice.read(bad) }
        let text = "\(try #require(error))"
        #expect(text.contains(words) && text.contains(":2"), "\(text)")
    }
}
