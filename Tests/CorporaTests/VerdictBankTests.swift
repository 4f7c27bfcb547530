import Corpora
import Foundation
import Testing

@Suite("Ways to ask for a verdict")
struct VerdictBankTests {
    let scratch: Scratch
    static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Data/sensitivity")

    init() throws { scratch = try Scratch() }

    @Test("the laboratory's own are of three kinds, and the same for every program but for its place")
    func own() throws {
        let bank = try VerdictBank.read(Self.data.appending(path: "verdicts.yaml"))
        #expect(bank.count >= 6)
        #expect(Set(bank.map(\.bias)) == Set(VerdictPhrasing.Bias.allCases))
        #expect(bank.contains { $0.isSampled })
        for form in bank.flatMap(\.forms) {
            #expect(form.ask.hasPrefix("{program}\n\n"), "questions share what stands before them")
            let question = form.question(about: "<program>")
            #expect(question.hasPrefix("<program>") && !question.contains("{"))
        }
        let texts = try Documents.read(Self.data.appending(path: "no-code.jsonl"))
        #expect(texts.count == 40 && Set(texts.map(\.text)).count == 40)
    }

    @Test(
        "what is wrong with a bank is said",
        arguments: [
            ("- id: a\n  bias: colour\n  forms: []", "none of order, yes-no, letter"),
            ("- id: a\n  bias: order\n  forms: [{ask: '{program}', vulnerable: x, safe: y}]", "no list of two"),
            (
                "- id: a\n  bias: order\n  forms: [{ask: '{program}', vulnerable: x, safe: y}, {ask: '{program}', vulnerable: y, safe: x}]",
                "differ between its forms"
            ),
            (
                "- id: a\n  bias: letter\n  forms: [{ask: '{program}', vulnerable: A, safe: B}, {ask: '{program}', vulnerable: A, safe: B}]",
                "don't change sides between its forms"
            ),
            (
                "- id: a\n  bias: order\n  forms: [{ask: 'no', vulnerable: x, safe: y}, {ask: '{program}', vulnerable: x, safe: y}]",
                "holds {program} 0 times"
            ),
            (
                "- id: a\n  bias: order\n  forms: [{ask: '{program}', vulnerable: safe, safe: safely}, {ask: '{program}', vulnerable: x, safe: y}]",
                "begins \"safely\""
            ),
            ("- id: a\n  biass: order", "the key \"biass\" is unknown; did you mean \"bias\"?"),
            ("a: b", "a list of them is needed"),
        ])
    func wrong(text: String, message: String) throws {
        let found = mistakes { try VerdictBank.read(try scratch.file(text, name: "bank.yaml")) }
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test("files of a folder are read by name, each id with its file")
    func folders() throws {
        let row = #"{"func_src_before":"a","func_src_after":"b","file_name":"f.c","vul_type":"cwe-125"}"#
        let first = try scratch.file(row, name: "x.jsonl")
        _ = try scratch.file(row, name: "a.jsonl")
        let files = try ProgramSet.files(at: first.deletingLastPathComponent()).filter {
            ["a.jsonl", "x.jsonl"].contains($0.lastPathComponent)
        }
        #expect(files.map(\.lastPathComponent) == ["a.jsonl", "x.jsonl"])
        let sets = try ProgramSet.readEach(files)
        #expect(sets.map(\.name) == ["a", "x"])
        #expect(sets.flatMap(\.set.pairs).map(\.id) == ["a/0", "x/0"])
        #expect(try ProgramSet.files(at: first) == [first])
    }
}
