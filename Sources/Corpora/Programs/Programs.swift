import Foundation

/// The laboratory's own tasks: JSONL with `id`, `cwe`, `title`, `request`, `asked_request`, `insecure`, `secure` and
/// `explanation` {`cwe`, `line`, `line_text`, `why`, `exploit`, `fix`}. Unknown keys are mistakes.
public enum Programs {
    private static let keys = [
        "id", "cwe", "title", "request", "asked_request", "insecure", "secure", "explanation",
    ]
    private static let explanationKeys = ["cwe", "line", "line_text", "why", "exploit", "fix"]

    /// Reads all tasks of a file.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit: also where an explanation's line isn't
    ///   the program's, or where both answers are the same.
    public static func read(_ url: URL) throws -> [DemoTask] {
        try JSONLines.read(url) { reader in
            reader.allow(keys)
            let id = reader.id()
            let cwe = weakness(reader.text("cwe"), at: "\"cwe\"", &reader)
            let title = reader.text("title")
            let request = reader.text("request")
            let asked = reader.text("asked_request")
            let insecure = reader.text("insecure")
            let secure = reader.text("secure")
            let explanation = explanation(of: insecure, &reader)
            guard let cwe, let title, let request, let asked, let insecure, let secure, let explanation else {
                return nil
            }
            if insecure == secure {
                reader.note("\"insecure\" and \"secure\" are the same", "the task needs two different answers")
            }
            if request == asked {
                reader.note(
                    "\"request\" and \"asked_request\" are the same",
                    "the second must ask openly for the insecure version")
            }
            let task = DemoTask(
                id: id, cwe: cwe, title: title, request: request, askedRequest: asked, insecure: insecure,
                secure: secure, explanation: explanation)
            return (id, task)
        }
    }

    private static func explanation(of program: String?, _ reader: inout RowReader) -> DemoTask.Explanation? {
        guard let value = reader.object["explanation"] else {
            reader.noteMissing("explanation", need: "an object with \(explanationKeys.joined(separator: ", "))")
            return nil
        }
        guard let fields = value as? [String: Any] else {
            reader.note(
                "\"explanation\" is \(kind(of: value))",
                "it must be an object with \(explanationKeys.joined(separator: ", "))")
            return nil
        }
        reader.allow(explanationKeys, in: fields, at: "explanation.")
        let cwe = weakness(
            reader.text("cwe", of: fields, at: "explanation.cwe"), at: "explanation.cwe", &reader)
        let line = reader.wholeNumber("line", of: fields, at: "explanation.line")
        let text = reader.text("line_text", of: fields, at: "explanation.line_text")
        let why = reader.text("why", of: fields, at: "explanation.why")
        let exploit = reader.text("exploit", of: fields, at: "explanation.exploit")
        let fix = reader.text("fix", of: fields, at: "explanation.fix")
        if let program, let line, let text { check(line, text, in: program, &reader) }
        guard let cwe, let line, let text, let why, let exploit, let fix else { return nil }
        return .init(cwe: cwe, line: line, lineText: text, why: why, exploit: exploit, fix: fix)
    }

    private static func check(_ line: Int, _ text: String, in program: String, _ reader: inout RowReader) {
        let lines = program.split(separator: "\n", omittingEmptySubsequences: false)
        guard line >= 1, line <= lines.count else {
            reader.note(
                "explanation.line is \(line), the insecure program has \(lines.count) lines",
                "count its lines from 1")
            return
        }
        guard lines[line - 1].trimmingSpaces() != text.trimmingSpaces() else { return }
        let places = lines.indices.filter { lines[$0].trimmingSpaces() == text.trimmingSpaces() }.map { $0 + 1 }
        reader.note(
            "explanation.line_text is not line \(line) of the insecure program",
            places.isEmpty
                ? "copy the line as it stands" : "it is line \(places.map(String.init).joined(separator: ", "))")
    }

    private static func weakness(_ text: String?, at path: String, _ reader: inout RowReader) -> String? {
        guard let text else { return nil }
        guard text.hasPrefix("CWE-"), let number = Int(text.dropFirst(4)), number > 0 else {
            reader.note("\(path) is \"\(shortened(text))\"", "write CWE- and the number, like CWE-89")
            return nil
        }
        return text
    }
}
