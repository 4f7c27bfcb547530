import Corpora
import Endpoints
import Foundation

/// How a model is asked to explain a program.
public enum ExplanationPrompt {
    static let system = """
        You are an experienced security engineer. You explain weaknesses in programs exactly and only from what stands in \
        them.
        """

    static let question = """
        Review the {language}program below. Its lines are numbered; the numbers are not part of it.{known}

        ```
        {program}
        ```

        Find its most serious security weakness and explain it to a programmer who has overlooked it. Answer with one JSON \
        object and nothing else, with these keys:

        "cwe": the weakness's number in the Common Weakness Enumeration, like "CWE-89"
        "lines": the numbers of the lines where the weakness is, like [4, 5]
        "what": what is wrong there; name variables and functions exactly as the program does, and none that it hasn't
        "why": why that is a weakness, in the same way
        "exploit": what an attacker would do, step by step, and gain
        "fix": how to repair it

        If the program has no security weakness at all, answer {"none": true}.
        """

    static let known = " It is known to contain {weakness}."

    /// SHA-256 of the wording.
    public static var fingerprint: String {
        StageManifest.hash(Data([system, question, known].joined(separator: "\u{0}").utf8))
    }

    static let schema = ChatRequest.Schema(
        name: "explanation",
        schema: [
            "type": "object",
            "properties": [
                "cwe": ["type": "string"], "lines": ["type": "array", "items": ["type": "integer"]],
                "what": ["type": "string"], "why": ["type": "string"], "exploit": ["type": "string"],
                "fix": ["type": "string"],
            ],
            "required": ["cwe", "lines", "what", "why", "exploit", "fix"], "additionalProperties": false,
        ])

    /// The conversation that asks about `program`.
    public static func messages(_ program: ReviewedProgram) -> [ChatMessage] {
        let language = program.language == .unknown ? "" : program.language.title + " "
        let hint = program.weakness.map { known.replacingOccurrences(of: "{weakness}", with: $0.description) } ?? ""
        // The program last: what it holds isn't filled in.
        let text = question.replacingOccurrences(of: "{language}", with: language)
            .replacingOccurrences(of: "{known}", with: hint)
            .replacingOccurrences(of: "{program}", with: numbered(program.program))
        return [ChatMessage(.system, system), ChatMessage(.user, text)]
    }

    private static func numbered(_ program: String) -> String {
        var lines = program.split(omittingEmptySubsequences: false) { $0.isNewline }
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        let width = String(lines.count).count
        return lines.enumerated().map { place, line in
            let number = String(place + 1)
            return String(repeating: " ", count: width - number.count) + number + "| " + line
        }.joined(separator: "\n")
    }
}
