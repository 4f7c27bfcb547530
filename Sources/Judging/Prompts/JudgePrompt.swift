import Crypto
import Foundation

/// What a judge is told, with places for the question and the answer.
public struct JudgePrompt: Hashable, Sendable {
    /// The text with `{question}` and `{answer}` where those go; everything else stands as written, braces too.
    public let template: String

    public init(_ template: String) { self.template = template }

    /// The whole prompt. Template and texts are read once from left to right: what a question or an answer holds is
    /// never a place to fill, whatever it looks like.
    public func filled(question: String, answer: String) -> String {
        var text = ""
        var rest = template[...]
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            rest = rest[brace...]
            if rest.hasPrefix("{question}") {
                text += question
                rest = rest.dropFirst("{question}".count)
            } else if rest.hasPrefix("{answer}") {
                text += answer
                rest = rest.dropFirst("{answer}".count)
            } else {
                text += "{"
                rest = rest.dropFirst()
            }
        }
        return text + rest
    }

    /// Names the prompt's exact wording: the first 16 hexadecimal digits of its SHA-256.
    public var fingerprint: String { String(sha256(template).prefix(16)) }

    public var mentionsAnswer: Bool { template.contains("{answer}") }
}

/// 64 hexadecimal digits.
func sha256(_ text: String) -> String {
    SHA256.hash(data: Data(text.utf8)).map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}
