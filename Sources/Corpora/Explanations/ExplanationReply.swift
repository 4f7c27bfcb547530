import Foundation

/// A model's reply to "explain this program", read tolerantly: models fence, rename, number and quote as they like.
public enum ExplanationReply {
    /// Why a reply is no explanation.
    public struct Unreadable: Error, Sendable, Hashable, CustomStringConvertible {
        public var reasons: [String]
        public var description: String { reasons.joined(separator: "; ") }
    }

    /// A reply is some kilobytes; of a longer one only so much is searched.
    static let sizeLimit = 1_000_000

    private static let names: [String: [String]] = [
        "cwe": ["cwe", "cweid", "weakness", "cwenumber", "vulnerabilitytype"],
        "lines": ["lines", "line", "linenumbers", "linenumber", "vulnerablelines", "affectedlines"],
        "what": ["what", "whatiswrong", "vulnerability", "description", "summary", "issue", "problem"],
        "why": ["why", "reason", "whyisitaweakness", "explanation", "cause", "rootcause"],
        "exploit": ["exploit", "exploitation", "howisitexploited", "attack", "exploitscenario", "impact"],
        "fix": ["fix", "remediation", "repair", "howtofix", "mitigation", "recommendation", "solution"],
    ]

    /// Finds the record in a reply: the last JSON object in it that has enough of the keys, in a fence or not.
    ///
    /// Understands `<think>` blocks (kept as reasoning), other spellings of the keys, CWE numbers in any form, lines as
    /// numbers, texts and ranges ("12-14"), trailing commas, and raw line feeds inside of texts.
    ///
    /// - Throws: `Unreadable` with all reasons. What it returns is well formed; whether it is true of the program is
    ///   for `ExplanationCheck`.
    public static func read(_ reply: String, program: String, reasoning: String? = nil) throws -> Explanation {
        let (thought, answer) = parted(reply)
        let objects = jsonObjects(String(answer.prefix(sizeLimit)))
        guard !objects.isEmpty else { throw Unreadable(reasons: ["the reply holds no JSON object"]) }
        let candidates = objects.map(named)
        guard let fields = candidates.last(where: { $0.count >= 4 }) ?? candidates.last else {
            throw Unreadable(reasons: ["the reply holds no JSON object"])
        }
        var reasons: [String] = []
        let weakness = fields["cwe"].flatMap(weakness)
        if fields["cwe"] == nil {
            reasons.append("there is no \"cwe\"")
        } else if weakness == nil {
            reasons.append("\"cwe\" has no CWE number")
        }
        let lines = fields["lines"].map(lineNumbers)
        if fields["lines"] == nil {
            reasons.append("there is no \"lines\"")
        } else if lines == nil || lines == .some(nil) {
            reasons.append("\"lines\" has no line numbers")
        }
        var texts: [String: String] = [:]
        for key in ["what", "why", "exploit", "fix"] {
            guard let text = fields[key].flatMap(text), !text.allSatisfy(\.isWhitespace) else {
                reasons.append("there is no \"\(key)\"")
                continue
            }
            texts[key] = text.trimmingSpaces()
        }
        guard reasons.isEmpty, let weakness, let lines = lines ?? nil, let what = texts["what"],
            let why = texts["why"], let exploit = texts["exploit"], let fix = texts["fix"]
        else { throw Unreadable(reasons: reasons) }
        return Explanation(
            program: program, weakness: weakness, lines: lines, what: what, why: why, exploit: exploit, fix: fix,
            reply: reply, reasoning: reasoning ?? thought)
    }

    /// Splits off `<think>…</think>`; a block that never ends is all reasoning.
    private static func parted(_ reply: String) -> (reasoning: String?, answer: String) {
        guard let end = reply.range(of: "</think>", options: .backwards) else {
            guard let start = reply.range(of: "<think>") else { return (nil, reply) }
            return (String(reply[start.upperBound...]), String(reply[..<start.lowerBound]))
        }
        var thought = reply[..<end.lowerBound]
        if let start = thought.range(of: "<think>") { thought = thought[start.upperBound...] }
        return (thought.trimmingSpaces(), String(reply[end.upperBound...]))
    }

    private static func named(_ object: [String: Any]) -> [String: Any] {
        var fields: [String: Any] = [:]
        let plain = Dictionary(
            object.map { ($0.key.lowercased().filter(\.isLetter), $0.value) }, uniquingKeysWith: { first, _ in first })
        for (name, spellings) in names {
            fields[name] = spellings.lazy.compactMap { plain[$0] }.first { !($0 is NSNull) }
        }
        return fields
    }

    private static func text(_ value: Any) -> String? {
        if let text = value as? String { return text }
        guard let list = value as? [Any] else { return nil }
        let texts = list.compactMap { $0 as? String }
        return texts.count == list.count && !texts.isEmpty ? texts.joined(separator: "\n") : nil
    }

    private static func weakness(_ value: Any) -> Weakness? {
        if let number = wholeNumber(value) { return Weakness(number: number) }
        if let list = value as? [Any] { return list.first.flatMap(weakness) }
        guard let text = value as? String else { return nil }
        if let weakness = Weakness(text) { return weakness }
        guard let place = text.range(of: "cwe", options: .caseInsensitive) else { return nil }
        return Weakness(String(text[place.lowerBound...].prefix(12)))
    }

    /// Numbers and ranges in a number, a text or a list of them; nil if there are none.
    static func lineNumbers(_ value: Any) -> [Int]? {
        if let number = wholeNumber(value) { return [number] }
        if let list = value as? [Any] {
            let found = list.map(lineNumbers)
            guard !list.isEmpty, found.allSatisfy({ $0 != nil }) else { return nil }
            return Set(found.compactMap(\.self).joined()).sorted()
        }
        guard let text = value as? String else { return nil }
        let ranges = LineMention.ranges(in: text)
        guard !ranges.isEmpty else { return nil }
        return Set(ranges.joined()).sorted()
    }
}

/// Line numbers in words: "3", "12-14", "lines 3 and 5".
enum LineMention {
    /// A range names no more lines than this: what names more names none.
    static let rangeLimit = 1000

    /// All numbers and ranges of a text that holds nothing but these.
    static func ranges(in text: some StringProtocol) -> [ClosedRange<Int>] {
        var found: [ClosedRange<Int>] = []
        var rest = Substring(text)
        while let start = rest.firstIndex(where: { $0.isASCII && $0.isNumber }) {
            rest = rest[start...]
            guard let first = takeNumber(&rest) else { return [] }
            var after = rest.drop { $0 == " " }
            let isRange = after.first.map { "-–—".contains($0) } ?? false || after.hasPrefix("to ")
            if isRange {
                after = after.dropFirst(after.hasPrefix("to ") ? 3 : 1).drop { $0 == " " || $0 == "L" }
                if let last = takeNumber(&after) {
                    rest = after
                    guard last >= first, last - first < rangeLimit else { return [] }
                    found.append(first...last)
                    continue
                }
            }
            found.append(first...first)
        }
        return found
    }

    /// The line numbers that prose speaks of: after "line" or "lines".
    static func mentions(in prose: String) -> [Int] {
        var found: [Int] = []
        for match in prose.matches(of: #/(?i)\blines?\s+(\d[\d\s,\-–]*(?:(?:and|to|or)\s+\d+)?)/#) {
            found += ranges(in: match.1).joined()
        }
        return found
    }

    private static func takeNumber(_ rest: inout Substring) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest[digits.endIndex...]
        return digits.count <= 7 ? Int(digits) : nil
    }
}
