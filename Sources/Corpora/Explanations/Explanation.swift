import Foundation

/// What is wrong with a program, in the words of a reviewer: a person or a reasoning model.
public struct Explanation: Sendable, Hashable, Codable {
    /// The id of the program that is explained.
    public var program: String
    public var weakness: Weakness
    /// The lines of the program where the weakness is, counted from 1, ascending.
    public var lines: [Int]
    /// What is wrong, why it is a weakness, how it is exploited, and how it is repaired.
    public var what: String
    public var why: String
    public var exploit: String
    public var fix: String
    /// The model's reply as it came, and its reasoning apart from the answer; empty and nil for a person's words.
    public var reply: String
    public var reasoning: String?

    public init(
        program: String, weakness: Weakness, lines: [Int], what: String, why: String, exploit: String, fix: String,
        reply: String = "", reasoning: String? = nil
    ) {
        self.program = program
        self.weakness = weakness
        self.lines = lines
        self.what = what
        self.why = why
        self.exploit = exploit
        self.fix = fix
        self.reply = reply
        self.reasoning = reasoning
    }

    private enum CodingKeys: String, CodingKey {
        case program
        case weakness = "cwe"
        case lines, what, why, exploit, fix, reply, reasoning
    }
}

extension DemoTask {
    /// The demo's own explanation as a record; nil only if its CWE has no such form.
    public var explanationRecord: Corpora.Explanation? {
        Weakness(explanation.cwe).map {
            Corpora.Explanation(
                program: id, weakness: $0, lines: [explanation.line],
                what: "The weakness is in this line: `\(explanation.lineText.trimmingSpaces())`",
                why: explanation.why, exploit: explanation.exploit, fix: explanation.fix)
        }
    }
}

/// Files of explanations: JSONL, one record a line.
public enum Explanations {
    private static let keys = ["program", "cwe", "lines", "what", "why", "exploit", "fix", "reply", "reasoning"]

    /// - Throws: `CorpusError` with all mistakes found, up to its limit; a program may be explained more than once.
    public static func read(_ url: URL) throws -> [Explanation] {
        try JSONLines.read(url) { reader in
            reader.allow(keys)
            let program = reader.text("program")
            let cwe = reader.text("cwe")
            let weakness = cwe.flatMap { Weakness($0) }
            if let cwe, weakness == nil {
                reader.note("\"cwe\" is \"\(shortened(cwe))\"", "write CWE- and the number, like CWE-89")
            }
            let listed = reader.object["lines"] as? [Any]
            let lines = listed?.compactMap { wholeNumber($0) } ?? []
            if listed == nil || lines.count != listed?.count || lines.contains(where: { $0 < 1 }) {
                reader.note("\"lines\" is no list of line numbers", "write them like [3, 4], counted from 1")
            }
            let texts = ["what", "why", "exploit", "fix"].map { reader.text($0) }
            guard let program, let weakness, let what = texts[0], let why = texts[1], let exploit = texts[2],
                let fix = texts[3]
            else { return nil }
            let record = Explanation(
                program: program, weakness: weakness, lines: lines, what: what, why: why, exploit: exploit, fix: fix,
                reply: reader.object["reply"] as? String ?? "", reasoning: reader.object["reasoning"] as? String)
            return (String(reader.index), record)
        }
    }

    /// Writes all records, by atomic rename.
    public static func write(_ explanations: [Explanation], to url: URL) throws {
        try JSONLines.write(explanations, to: url)
    }
}
