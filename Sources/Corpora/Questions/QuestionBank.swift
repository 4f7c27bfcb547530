import Foundation
import Yams

/// Questions from YAML: the published files as they are, and emlab's own banks in the same form.
public enum QuestionBank {
    /// A question file has some 20 KB; what is larger than this isn't one.
    static let sizeLimit = 16_000_000
    /// Deeper nesting than this is refused before the parser, which recurses, sees it.
    static let depthLimit = 50
    /// Texts may hold a few brackets that are never closed.
    static let bracketLimit = 400

    /// Reads all questions of a file.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit. Unknown keys are mistakes, with the nearest
    ///   known key; every key of the published files is known.
    public static func read(_ url: URL) throws -> [Question] {
        let file = url.relativePath
        let text = try contents(url, file: file)
        var mistakes = MistakeList(file: file)
        guard let root = compose(text, &mistakes) else {
            try mistakes.throwIfAny()
            return []
        }
        guard case .sequence(let items) = root else {
            mistakes.note(
                line: root.mark?.line ?? 1, "the file is \(kind(of: root)), a list of questions is needed",
                "start each question with \"- id: …\"")
            try mistakes.throwIfAny()
            return []
        }
        var questions: [Question] = []
        var firstLine: [String: Int] = [:]
        for item in items where !mistakes.isFull {
            var reader = QuestionReader(item, mistakes: mistakes)
            let question = reader.question()
            mistakes = reader.mistakes
            guard let question else { continue }
            if let first = firstLine.updateValue(reader.line, forKey: question.id) {
                mistakes.note(
                    line: reader.line, "the id \"\(shortened(question.id))\" is already that of line \(first)",
                    "ids must differ")
            }
            questions.append(question)
        }
        if items.isEmpty { mistakes.note(line: nil, "the file holds no questions", "start each with \"- id: …\"") }
        try mistakes.throwIfAny()
        return questions
    }

    package static func contents(_ url: URL, file: String) throws -> String {
        func refusal(_ what: String, _ remedy: String) -> CorpusError {
            CorpusError(mistakes: [.init(file: file, line: nil, what: what, remedy: remedy)])
        }
        let handle = try openForReading(url, file: file)
        let data: Data
        do {
            data = try handle.read(upToCount: sizeLimit + 1) ?? Data()
        } catch {
            throw refusal("the file can't be read", "check the disk and the file")
        }
        guard !data.isEmpty else { throw refusal("the file is empty", "it needs a list of questions") }
        guard data.count <= sizeLimit else {
            throw refusal("the file is larger than \(sizeLimit / 1_000_000) MB", "question files are small: is it one?")
        }
        if let offset = JSONLines.firstInvalidUTF8(data) {
            let line = data.prefix(offset).count { $0 == 0x0A } + 1
            throw CorpusError(mistakes: [
                .init(file: file, line: line, what: "the line is not valid UTF-8", remedy: "save the file as UTF-8")
            ])
        }
        let text = String(decoding: data, as: UTF8.self)
        return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    }

    static func compose(_ text: String, _ mistakes: inout MistakeList) -> Node? {
        if let line = tooDeep(text) {
            mistakes.note(line: line, "YAML nested more than \(depthLimit) deep", "a question nests three levels")
            return nil
        }
        do {
            if let node = try Yams.compose(yaml: text) { return node }
            mistakes.note(line: nil, "the file holds no questions", "start each with \"- id: …\"")
        } catch let error as YamlError {
            let (line, what) = described(error)
            mistakes.note(line: line, "not valid YAML (\(what))", "mend the line or the one before it")
        } catch {
            mistakes.note(line: nil, "not valid YAML", "check the file with a YAML checker")
        }
        return nil
    }

    /// The first line on which flow brackets or block levels could nest deeper than the limits, if there is one.
    ///
    /// Knows nothing of YAML's quoting, so it may only see too much: neither so many unclosed brackets nor so many
    /// steps of indentation occur in a file of questions.
    package static func tooDeep(_ text: String) -> Int? {
        var (brackets, number) = (0, 0)
        var indents: [Int] = []
        for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let indent = line.prefix { $0 == 0x20 }.count
            if indent < line.count {
                while let last = indents.last, last >= indent { indents.removeLast() }
                indents.append(indent)
            }
            var dashes = 0
            var atStart = true
            for (place, byte) in zip(line.indices, line) {
                switch byte {
                case 0x5B, 0x7B: brackets += 1
                case 0x5D, 0x7D: brackets = max(0, brackets - 1)
                case 0x2D, 0x3F, 0x3A:
                    let next = line.index(after: place)
                    let opens = next == line.endIndex || line[next] == 0x20 || line[next] == 0x09
                    dashes += atStart && opens ? 1 : 0
                case 0x20, 0x09: break
                default: atStart = false
                }
            }
            if brackets > bracketLimit || indents.count + dashes > depthLimit { return number }
        }
        return nil
    }

    private static func described(_ error: YamlError) -> (Int?, String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return (mark.line, ([context?.text, problem].compactMap { $0 }).joined(separator: ", "))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return (context.mark.line, "the key \(names) occurs twice")
        case .reader(let problem, _, _, _): return (nil, problem)
        default: return (nil, "it can't be parsed")
        }
    }
}

/// What a YAML node is, in words.
func kind(of node: Node) -> String {
    switch node {
    case .scalar: "text"
    case .mapping: "a mapping"
    case .sequence: "a list"
    default: "an alias"
    }
}
