/// String operations as Jinja templates have them (Python's), scalar by scalar: Swift's own go by grapheme clusters, in
/// which a newline and what follows it can be one.
enum TemplateText {
    /// Python's `str.strip()`, Jinja's `trim`.
    static func trimming(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    /// Python's `str.strip("\n")`, or only one side of it.
    static func trimmingNewlines(_ text: String, start: Bool = true, end: Bool = true) -> String {
        var scalars = text.unicodeScalars[...]
        while start, scalars.first == "\n" { scalars.removeFirst() }
        while end, scalars.last == "\n" { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }

    /// What Qwen3's template takes for reasoning and for the answer: around "</think>", less newlines.
    static func reasoning(in text: String) -> (reasoning: String, content: String) {
        let parts = split(text, by: "</think>")
        guard parts.count > 1, let head = parts.first, let tail = parts.last else { return ("", text) }
        let opened = split(trimmingNewlines(head, start: false), by: "<think>").last ?? ""
        return (trimmingNewlines(opened, end: false), trimmingNewlines(tail, end: false))
    }

    private static func split(_ text: String, by separator: String) -> [String] {
        let bytes = Array(text.utf8)
        let separator = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        var position = 0
        while position < bytes.count {
            if bytes[position...].starts(with: separator) {
                parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
                position += separator.count
                start = position
            } else {
                position += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// Python's `str.isspace()` for one character: White_Space and the four separators U+001C to U+001F.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }
}
