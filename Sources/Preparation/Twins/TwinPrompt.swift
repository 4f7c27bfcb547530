import Corpora
import Foundation

/// How a model is asked for a program's secure counterpart, and whether a program is secure.
public enum TwinPrompt {
    static let system = "You are an experienced security engineer. You repair programs and change no more than needed."

    static let question = """
        This {language}program has a security weakness{known}. Rewrite it so that it does the same without any.

        Keep the names of functions and classes, their parameters, the order and the style; don't add comments on what \
        you changed. Change only what the repair needs. Answer with the whole program in one code block and nothing else.

        ```
        {program}
        ```
        """

    static let verdict = """
        Does this {language}program have a security weakness that an attacker could exploit? Answer with one word: YES or NO.

        ```
        {program}
        ```
        """

    /// SHA-256 of the wordings.
    public static var fingerprint: String {
        StageManifest.hash(Data([system, question, verdict].joined(separator: "\u{0}").utf8))
    }

    static func repair(_ program: ReviewedProgram) -> [ChatMessage] {
        let known = program.weakness.map { " (\($0))" } ?? ""
        let text = question.replacingOccurrences(of: "{known}", with: known)
        return [ChatMessage(.system, system), ChatMessage(.user, filled(text, program.program, program.language))]
    }

    static func judge(_ text: String, _ language: ProgramLanguage) -> [ChatMessage] {
        [ChatMessage(.user, filled(verdict, text, language))]
    }

    private static func filled(_ text: String, _ program: String, _ language: ProgramLanguage) -> String {
        text.replacingOccurrences(of: "{language}", with: language == .unknown ? "" : language.title + " ")
            .replacingOccurrences(of: "{program}", with: program)
    }

    /// The first word of an answer, if it is the one that was asked for.
    static func isYes(_ answer: String) -> Bool? {
        for word in answer.uppercased().split(whereSeparator: { !$0.isLetter }).prefix(20) {
            if word == "YES" { return true }
            if word == "NO" { return false }
        }
        return nil
    }
}
