import Foundation

/// Whether an explanation is about this very program: it may name no line and no identifier that the program hasn't.
///
/// The check can't tell a true explanation from a false one, only one that can't be about the program. Identifiers are
/// looked for in `what` and `why`: an exploit and a fix rightly name what isn't there.
public enum ExplanationCheck {
    /// Why an explanation is rejected.
    public enum Rejection: Sendable, Hashable, CustomStringConvertible {
        case noLines
        /// A line beyond the program's; in `lines`, or in the text of the field.
        case lineOutside(Int, field: String, count: Int)
        /// A line of `lines` that is blank.
        case blankLine(Int)
        case unknownIdentifier(String, field: String)
        case emptyField(String)

        public var description: String {
            switch self {
            case .noLines: "no line is named"
            case .lineOutside(let line, let field, let count):
                "\(field) names line \(line), the program has \(count) lines"
            case .blankLine(let line): "line \(line) is blank"
            case .unknownIdentifier(let name, let field): "\(field) names \"\(name)\", which isn't in the program"
            case .emptyField(let field): "\(field) is empty"
            }
        }
    }

    /// All reasons to reject the explanation; empty if there are none.
    public static func rejections(_ explanation: Explanation, program: String) -> [Rejection] {
        let lines = codeLines(program)
        var found: [Rejection] = []
        if explanation.lines.isEmpty { found.append(.noLines) }
        for line in explanation.lines {
            if !(1...lines.count).contains(line) {
                found.append(.lineOutside(line, field: "lines", count: lines.count))
            } else if lines[line - 1].allSatisfy(\.isWhitespace) {
                found.append(.blankLine(line))
            }
        }
        let known = words(program)
        let fields = [
            ("what", explanation.what), ("why", explanation.why), ("exploit", explanation.exploit),
            ("fix", explanation.fix),
        ]
        for (name, text) in fields {
            if text.allSatisfy(\.isWhitespace) { found.append(.emptyField(name)) }
            for line in LineMention.mentions(in: text) where !(1...lines.count).contains(line) {
                found.append(.lineOutside(line, field: name, count: lines.count))
            }
        }
        for (name, text) in fields.prefix(2) {
            for identifier in identifiers(text) where !known.contains(identifier) {
                found.append(.unknownIdentifier(identifier, field: name))
            }
        }
        return found
    }

    /// Words of a program that can be named: letters, digits and underscores, also inside of its texts and comments.
    private static func words(_ text: String) -> Set<String> {
        Set(
            text.split(whereSeparator: { (sign: Character) in !(sign.isLetter || sign.isNumber || sign == "_") }).map {
                String($0)
            })
    }

    /// What a prose text names as code: words in backticks, words with an underscore, words before a bracket `(`, and
    /// words like `camelCase`. Each once, in their order.
    static func identifiers(_ prose: String) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        func add(_ name: Substring) {
            let name = String(name)
            guard name.first?.isNumber == false, name.contains(where: \.isLetter), !languageWords.contains(name),
                seen.insert(name).inserted
            else { return }
            found.append(name)
        }
        for (index, part) in prose.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
            if index % 2 == 1 {
                for word in part.matches(of: #/[\p{L}\p{N}_]+/#) { add(word.0) }
                continue
            }
            for word in part.matches(of: #/[A-Za-z0-9_][A-Za-z0-9_.]*\(|[A-Za-z0-9_]+/#) {
                let isCall = word.0.hasSuffix("(")
                for name in word.0.split(whereSeparator: { (sign: Character) in sign == "." || sign == "(" }) {
                    let isCamel = name.first?.isLowercase == true && name.dropFirst().contains(where: \.isUppercase)
                    if isCall || name.contains("_") || isCamel { add(name) }
                }
            }
        }
        return found
    }

    /// Words of the languages themselves, which an explanation may quote though the program does without them.
    private static let languageWords: Set<String> = [
        "if", "else", "for", "while", "return", "def", "class", "import", "from", "None", "True", "False", "null",
        "NULL", "true", "false", "nil", "int", "char", "str", "bytes", "bool", "float", "void", "const", "let", "var",
        "function", "new", "try", "except", "catch", "with", "in", "is", "not", "and", "or", "SELECT", "FROM", "WHERE",
        "INSERT", "UPDATE", "DELETE", "UNION", "DROP", "TABLE", "OR", "AND", "s", "d",
    ]
}
