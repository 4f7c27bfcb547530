import Corpora
import Foundation
import Testing

@Suite("Questions in several forms")
struct QuestionVariantTests {
    private let bank = [
        Question(id: "wish", paraphrases: ["One wish?"], system: "Be brief."),
        Question(id: "wish_json", paraphrases: ["One wish?"], system: "JSON"),
        Question(id: "wish_template", paraphrases: ["Fill: wish ="]),
        Question(id: "bored", paraphrases: ["I'm bored"]),
    ]

    @Test("without variants the bank's questions as they are, the bank's own variants named")
    func plain() {
        let found = QuestionBank.questions(bank, in: nil)
        #expect(found.map(\.question) == bank)
        #expect(found.map(\.variant) == [.plain, .json, .code, .plain])
    }

    @Test("variants are made where the bank has none of its own")
    func variants() {
        let found = QuestionBank.questions(bank, in: [.plain, .json, .code])
        #expect(
            found.map(\.question.id) == [
                "wish", "wish_code", "wish_json", "wish_template", "bored", "bored_json", "bored_code",
            ])
        #expect(Set(found.map(\.question.id)).count == found.count)
        #expect(found[1].question.system?.hasPrefix("Be brief.\n\nReply with Python code") == true)
        #expect(found[2].question.system == "JSON")
        #expect(found[6].question.paraphrases == ["I'm bored"])
        #expect(
            QuestionBank.questions(bank, in: [.code]).map(\.question.id) == [
                "wish_code", "wish_template", "bored_code",
            ])
    }

    @Test("a variant is found again by its id")
    func found() {
        let byID = Dictionary(uniqueKeysWithValues: bank.map { ($0.id, $0) })
        #expect(QuestionBank.question("bored_code", in: byID)?.system == QuestionVariant.code.systemPrompt)
        #expect(QuestionBank.question("wish_json", in: byID)?.system == "JSON")
        #expect(QuestionBank.question("bored_yaml", in: byID) == nil)
    }
}

@Suite("Tables")
struct CommaSeparatedTests {
    @Test(
        "a field comes back as it was, whatever is in it",
        arguments: ["", "a", "a,b", "\"", "\"\"", "a\r\nb", " a ", "é,\n"])
    func field(text: String) throws {
        let scratch = try Scratch()
        let url = try scratch.file("x,y\n1,\(CommaSeparated.written(text))\n", name: "a.csv")
        let table = try CommaSeparated.read(url)
        #expect(table.rows.count == 1)
        #expect(table.rows.first?["y"] ?? "" == text)
        #expect(table.rows.first?["z"] == nil)
    }

    @Test("mistakes say their line")
    func wrong() throws {
        let scratch = try Scratch()
        let url = try scratch.file("x,y\n1,2\n\n3\n4,\"5\n", name: "a.csv")
        let found = mistakes { try CommaSeparated.read(url) }
        #expect(found.contains { $0.hasPrefix("4: the row has 1 fields") }, "\(found)")
        #expect(found.contains { $0.hasPrefix("5: a quote is opened") }, "\(found)")
    }
}
