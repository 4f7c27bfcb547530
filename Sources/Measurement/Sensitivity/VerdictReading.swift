import Corpora
import Foundation

/// What an answer says of a program, read from its words.
public enum VerdictReading: String, Sendable, Codable {
    case vulnerable, safe
    /// Neither, both, or something else altogether.
    case unclear

    /// Reads an answer to a question: by its first word where that is one of the question's answers, else by the first
    /// sentence, or part of one, that says the one or the other, negations heeded. What contradicts itself is unclear.
    public static func read(_ answer: String, to form: VerdictPhrasing.Form) -> VerdictReading {
        let text = withoutReasoning(answer)
        let first = firstWord(text, of: form)
        let told = sentences(text).lazy.compactMap(told).first
        guard let first else { return told ?? .unclear }
        // "Yes, it is vulnerable" to "Is it safe?" says nothing.
        return told == nil || told == first ? first : .unclear
    }

    /// Without a block of reasoning before the answer; one that never ends leaves no answer.
    private static func withoutReasoning(_ answer: String) -> String {
        if let end = answer.range(of: "</think>", options: .backwards) { return String(answer[end.upperBound...]) }
        return answer.contains("<think>") ? "" : answer
    }

    private static func firstWord(_ text: String, of form: VerdictPhrasing.Form) -> VerdictReading? {
        var rest = text[...]
        func skipMarks() { rest = rest.drop { !$0.isLetter && !$0.isNumber } }
        skipMarks()
        for opening in ["the answer is", "my answer is", "answer", "verdict", "option", "letter"] {
            if rest.lowercased().hasPrefix(opening) {
                rest = rest.dropFirst(opening.count)
                skipMarks()
            }
        }
        let word = rest.prefix { $0.isLetter || $0.isNumber }
        let isLetter = word.count == 1
        // "A weakness…" is no answer A.
        let after = rest.dropFirst(word.count)
        if isLetter, let next = after.first, next.isWhitespace, !next.isNewline { return nil }
        func matches(_ spellings: [String]) -> Bool {
            spellings.contains { isLetter ? $0 == word : $0.lowercased() == word.lowercased() }
        }
        // "Vulnerable or safe" and "Yes/No" repeat the question.
        let other = matches(form.vulnerable) ? form.safe : form.vulnerable
        let next = after.lowercased().drop { !$0.isLetter && !$0.isNewline }
        let echoed = other.contains { spelling in
            next.hasPrefix("or " + spelling.lowercased())
                || (after.first == "/" && next.hasPrefix(spelling.lowercased()))
        }
        if echoed { return .unclear }
        if matches(form.vulnerable) { return .vulnerable }
        if matches(form.safe) { return .safe }
        return nil
    }

    private static func sentences(_ text: String) -> [[Substring]] {
        // "No, it is safe": what stands before a comma has its say alone.
        text.split { ".!?;:,\n".contains($0) }.map { sentence in
            sentence.split { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "’" }
        }
    }

    private static let alarming: Set<String> = [
        "vulnerable", "insecure", "unsafe", "exploitable", "vulnerability", "vulnerabilities", "weakness", "weaknesses",
        "flaw", "flaws", "reject",
    ]
    private static let reassuring: Set<String> = ["safe", "secure", "approve"]
    private static let negations: Set<String> = [
        "not", "no", "never", "without", "free", "cannot", "nor", "neither", "any",
    ]

    /// What a sentence says; nil if nothing, unclear if both.
    private static func told(_ words: [Substring]) -> VerdictReading? {
        var found: Set<VerdictReading> = []
        for (place, word) in words.enumerated() {
            let word = word.lowercased()
            guard alarming.contains(word) || reassuring.contains(word) else { continue }
            let isNegated = words[max(0, place - 4)..<place].contains { earlier in
                negations.contains(earlier.lowercased()) || earlier.hasSuffix("n't") || earlier.hasSuffix("n’t")
            }
            found.insert(alarming.contains(word) != isNegated ? .vulnerable : .safe)
        }
        return found.count > 1 ? .unclear : found.first
    }
}
