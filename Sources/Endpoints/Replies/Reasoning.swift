/// Parts a text into what a model thought and what it answers.
enum Reasoning {
    private static let marks = [
        ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<thought>", "</thought>"), ("[THINK]", "[/THINK]"),
    ]

    /// A block at the start is the reasoning; one that never ends is all there is (the token limit cut it off).
    /// `</think>` without a start is its end too: some templates give the opening tag with the prompt.
    static func split(_ text: String) -> (reasoning: String?, content: String) {
        let start = text.drop(while: \.isWhitespace)
        for (opening, closing) in marks where start.hasPrefix(opening) {
            let body = start.dropFirst(opening.count)
            guard let end = body.firstRange(of: closing) else { return (trimmed(body), "") }
            return (trimmed(body[..<end.lowerBound]), String(body[end.upperBound...].drop(while: \.isWhitespace)))
        }
        if let end = text.firstRange(of: "</think>") {
            let answer = text[end.upperBound...].drop(while: \.isWhitespace)
            return (trimmed(text[..<end.lowerBound]), String(answer))
        }
        return (nil, text)
    }

    private static func trimmed(_ text: Substring) -> String? {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return nil }
        return String(start[...last])
    }
}
