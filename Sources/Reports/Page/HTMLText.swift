/// Text from models and files as HTML, where nothing of it can act: markup is escaped, and characters that reorder or
/// hide text (bidirectional controls, zero-width and tag characters, other controls) are shown by their code points.
enum HTMLText {
    /// For element content.
    static func content(_ text: String) -> String {
        var html = ""
        html.reserveCapacity(text.utf8.count + text.utf8.count / 8)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            case "'": html += "&#39;"
            case "\n", "\t": html.unicodeScalars.append(scalar)
            case "\r": html += ""
            default:
                if isHidden(scalar) {
                    html += "<span class=\"hidden-character\" title=\"\(name(scalar))\">U+\(code(scalar))</span>"
                } else {
                    html.unicodeScalars.append(scalar)
                }
            }
        }
        return html
    }

    /// For attribute values in double quotes, and titles: hidden characters become their code points in brackets.
    static func attribute(_ text: String) -> String { content(plain(text)) }

    /// Plain text for plots and attributes, hidden characters as `[U+202E]`.
    static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isHidden($0) }) else { return text }
        var plain = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar), scalar != "\r" {
                plain += "[U+\(code(scalar))]"
            } else {
                plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }

    /// Characters that change how the text around them is seen, or aren't seen at all.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB:
            true
        case 0xE0000...0xE007F: true
        default: false
        }
    }

    private static func name(_ scalar: Unicode.Scalar) -> String {
        scalar.properties.name ?? scalar.properties.nameAlias ?? "control character"
    }

    private static func code(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    }
}
