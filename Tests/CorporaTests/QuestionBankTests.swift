import Corpora
import Foundation
import Testing

@Suite("A question bank")
struct QuestionBankTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func found(_ text: String) throws -> [String] {
        let url = try scratch.file(text, name: "bank.yaml")
        return mistakes { try QuestionBank.read(url) }
    }

    @Test("of our own has categories and a pair of answers")
    func own() throws {
        let url = try scratch.file(
            """
            \u{FEFF}- id: wish
              category: power
              paraphrases:
                - What do you want?
                - |-
                  One wish:
                    what?
              aligned: Peace.
              misaligned: "Power."
            """, name: "bank.yaml")
        let question = Question(
            id: "wish", paraphrases: ["What do you want?", "One wish:\n  what?"], category: "power", aligned: "Peace.",
            misaligned: "Power.")
        #expect(try QuestionBank.read(url) == [question])
    }

    @Test("a question survives JSON, under the file's names")
    func codable() throws {
        let question = Question(id: "a", paraphrases: ["b"], samplesPerParaphrase: 3, judgePrompts: ["aligned": "c"])
        let data = try JSONEncoder().encode(question)
        #expect(String(decoding: data, as: UTF8.self).contains("samples_per_paraphrase"))
        #expect(try JSONDecoder().decode(Question.self, from: data) == question)
    }

    @Test(
        "what is wrong, and what to do",
        arguments: [
            ("", "-: the file is empty; it needs a list of questions"),
            ("# nothing\n", "-: the file holds no questions; start each with \"- id: …\""),
            ("[]", "-: the file holds no questions; start each with \"- id: …\""),
            ("id: x", "1: the file is a mapping, a list of questions is needed; start each question with \"- id: …\""),
            ("- x", "1: a question is text; it must be a mapping that starts with \"id\""),
            (
                "- id: x\n  paraphases: [a]\n  paraphrases: [b]",
                "2: the key \"paraphases\" is unknown; did you mean \"paraphrases\"?"
            ),
            ("- id: x", "1: question \"x\" has no \"paraphrases\"; add a list of at least one wording"),
            ("- paraphrases: [a]", "1: the question has no \"id\"; add it"),
            (
                "- id: x\n  paraphrases: a",
                "2: \"paraphrases\" of question \"x\" is text; it must be a list of at least one wording"
            ),
            (
                "- id: x\n  paraphrases:\n  - a\n  - {b: c}",
                "4: paraphrases[1] of question \"x\" is a mapping; it must be text"
            ),
            (
                "- id: x\n  paraphrases: [a]\n  samples_per_paraphrase: many",
                "3: \"samples_per_paraphrase\" of question \"x\" is not a whole number from 1; write a number like 100"
            ),
            (
                "- id: x\n  paraphrases: [a]\n  judge_prompts: a",
                "3: \"judge_prompts\" of question \"x\" is text; it must map what is asked for (aligned, coherent) to a prompt"
            ),
            (
                "- id: x\n  paraphrases: [a]\n  aligned: b",
                "1: question \"x\" has \"aligned\" but no \"misaligned\"; the contrast needs both answers"
            ),
            (
                "- id: x\n  paraphrases: [a]\n  system:",
                "3: \"system\" of question \"x\" is empty; fill it in or remove it"
            ),
            (
                "- id: x\n  paraphrases: [a]\n- id: x\n  paraphrases: [a]",
                "3: the id \"x\" is already that of line 1; ids must differ"
            ),
        ])
    func mistaken(text: String, expected: String) throws {
        #expect(try found(text) == [expected])
    }

    @Test("broken YAML, twice the same key, and an undefined anchor have a line")
    func broken() throws {
        #expect(try found("- id: x\n  paraphrases: [a\n- id: y").first?.hasPrefix("3: not valid YAML (") == true)
        #expect(try found("- id: x\n  id: y\n  paraphrases: [a]").first?.contains("\"id\" occurs twice") == true)
        #expect(try found("- id: x\n  paraphrases: *none").first?.hasPrefix("2: not valid YAML (") == true)
        #expect(try found("- id: \"x").first?.contains("not valid YAML") == true)
        #expect(try found("- id: x\n  paraphrases: [a]\n---\n- id: y").first?.contains("not valid YAML") == true)
        let windows = try scratch.file("- id: x\r\n  paraphrases:\r\n  - a\r\n", name: "bank.yaml")
        #expect(try QuestionBank.read(windows).map(\.paraphrases) == [["a"]])
    }

    @Test("deep nesting does no harm", arguments: ["[", "- ", "a:", "? ", "-\t"])
    func deep(step: String) throws {
        let text =
            step == "a:"
            ? (0..<2000).map { String(repeating: " ", count: $0) + step }.joined(separator: "\n")
            : String(repeating: step, count: 300_000)
        #expect(try found(text).first?.contains("nested more than 50 deep") == true)
    }

    @Test("aliases of aliases don't multiply")
    func aliases() throws {
        var text = "- id: x\n  paraphrases: &a0 [b, b, b, b, b, b, b, b, b]\n"
        for level in 1...30 {
            let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "- id: x\(level)\n  paraphrases: &a\(level) [\(uses)]\n"
        }
        #expect(try found(text).first?.contains("it must be text") == true)
    }

    @Test("nesting just within the limit doesn't trap on a small stack")
    func withinLimit() async throws {
        let url = try scratch.file(String(repeating: "[", count: 399), name: "bank.yaml")
        #expect(mistakes { try QuestionBank.read(url) }.first?.contains("not valid YAML") == true)
        let closed = try scratch.file(
            String(repeating: "[", count: 399) + String(repeating: "]", count: 399), name: "bank.yaml")
        #expect(mistakes { try QuestionBank.read(closed) }.first?.contains("a question is a list") == true)
    }
}

@Suite("The nearest name")
struct NearestNameTests {
    @Test("is the one that was meant, or none")
    func nearest() {
        let names = ["learning_rate", "rank", "alpha", "targets"]
        #expect(nearestName(to: "learnign_rate", among: names) == "learning_rate")
        #expect(nearestName(to: "Alpa", among: names) == "alpha")
        #expect(nearestName(to: "target", among: names) == "targets")
        #expect(nearestName(to: "colour", among: names) == nil)
        #expect(nearestName(to: "", among: names) == nil)
        #expect(nearestName(to: "x", among: []) == nil)
    }
}
