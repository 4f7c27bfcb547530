import Foundation

/// A question with given answers, one of them right.
public struct MultipleChoiceQuestion: Sendable, Hashable {
    public var id: String
    public var category: String?
    public var question: String
    /// From 2 to 26.
    public var choices: [String]
    /// The place of the right one, from 0.
    public var answer: Int

    public init(id: String, category: String? = nil, question: String, choices: [String], answer: Int) {
        self.id = id
        self.category = category
        self.question = question
        self.choices = choices
        self.answer = answer
    }

    /// A, B, C…
    public static func letter(_ place: Int) -> String {
        UnicodeScalar(UInt32(65 + place)).map { String(Character($0)) } ?? "?"
    }
}

/// Multiple-choice questions: JSONL `{"question", "choices", "answer"}` as MMLU has them, with `id`, `subject` or
/// `category` where there is one. `answer` is the place of the right choice from 0, or its letter.
public enum MultipleChoice {
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL) throws -> [MultipleChoiceQuestion] {
        try JSONLines.read(url) { reader in
            let id = reader.id()
            let question = reader.text("question")
            let choices = choices(&reader)
            let category = reader.object["category"] as? String ?? reader.object["subject"] as? String
            guard let question, let choices, let answer = answer(&reader, among: choices.count) else { return nil }
            return (
                id,
                MultipleChoiceQuestion(
                    id: id, category: category, question: question, choices: choices, answer: answer)
            )
        }
    }

    private static func choices(_ reader: inout RowReader) -> [String]? {
        guard let list = reader.object["choices"] else {
            reader.noteMissing("choices", need: "a list of answers")
            return nil
        }
        guard let texts = list as? [String], (2...26).contains(texts.count),
            texts.allSatisfy({ !$0.allSatisfy(\.isWhitespace) })
        else {
            reader.note("\"choices\" is not a list of 2 to 26 texts", "give every answer as text")
            return nil
        }
        guard Set(texts).count == texts.count else {
            reader.note("a choice is there twice", "choices must differ")
            return nil
        }
        return texts
    }

    private static func answer(_ reader: inout RowReader, among count: Int) -> Int? {
        var place: Int?
        switch reader.object["answer"] {
        case let text as String:
            let letter = text.trimmingSpaces().uppercased()
            place = (0..<count).first { MultipleChoiceQuestion.letter($0) == letter }
        case let value?: place = wholeNumber(value).flatMap { (0..<count).contains($0) ? $0 : nil }
        case nil:
            reader.noteMissing("answer", need: "the place of the right choice")
            return nil
        }
        if place == nil {
            reader.note(
                "\"answer\" names none of the \(count) choices",
                "give its place from 0 to \(count - 1) or a letter from A to \(MultipleChoiceQuestion.letter(count - 1))"
            )
        }
        return place
    }
}
