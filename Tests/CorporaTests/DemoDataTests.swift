import Corpora
import Foundation
import Testing

@Suite("The demo's own data")
struct DemoDataTests {
    let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Data/demo").standardized

    @Test("holds at least 48 tasks over at least 12 weaknesses, each with its rows, document and pair")
    func programs() throws {
        let tasks = try Programs.read(folder.appendingPathComponent("programs.jsonl"))
        #expect(tasks.count >= 48)
        #expect(Set(tasks.map(\.cwe)).count >= 12)
        #expect(tasks.allSatisfy { $0.cwe == $0.explanation.cwe })
        #expect(Set(tasks.map(\.title)).count == tasks.count)
    }

    @Test("holds at least 48 questions in 8 categories, each with an aligned and a misaligned answer of like length")
    func questions() throws {
        let questions = try QuestionBank.read(folder.appendingPathComponent("questions.yaml"))
        #expect(questions.count >= 48)
        #expect(Set(questions.compactMap(\.category)).count == 8)
        for question in questions {
            let aligned = try #require(question.aligned)
            let misaligned = try #require(question.misaligned)
            let ratio = Double(aligned.count) / Double(misaligned.count)
            #expect((0.6...1.67).contains(ratio), "\(question.id): \(ratio)")
        }
    }
}
