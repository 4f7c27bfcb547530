import Foundation

/// The JSON object in an answer that was asked for one but may say more: in a code fence, after an introduction,
/// before an explanation, with a trailing comma.
public enum EmbeddedJSON {
    /// Longer answers are not searched, only parsed as a whole.
    static let searchLimit = 1 << 20
    /// Opening braces that are tried before giving up.
    static let candidateLimit = 64

    /// The first of: the whole text, the content of a code fence, a balanced `{…}`, each if it parses as an object.
    /// What isn't strict JSON may still be JSON5 (trailing commas, single quotes, comments).
    public static func object(in text: String) -> JSONValue? {
        let bytes = [UInt8](text.utf8)
        if let whole = parse(bytes[...]) { return whole }
        guard bytes.count <= searchLimit else { return nil }
        for fenced in fences(in: text) {
            if let object = parse([UInt8](fenced.utf8)[...]) { return object }
        }
        var tried = 0
        var at = bytes.startIndex
        while tried < candidateLimit, let open = bytes[at...].firstIndex(of: UInt8(ascii: "{")) {
            tried += 1
            at = open + 1
            guard let close = balancedEnd(bytes[open...]) else { continue }
            if let object = parse(bytes[open...close]) { return object }
        }
        return nil
    }

    private static func parse(_ bytes: ArraySlice<UInt8>) -> JSONValue? {
        guard JSONBounds.depth(of: bytes) <= JSONBounds.depthLimit else { return nil }
        let data = Data(bytes)
        let decoder = JSONDecoder()
        var value = try? decoder.decode(JSONValue.self, from: data)
        // JSON5's single quotes hide brackets from the depth check: bound it by all opening brackets.
        if value == nil, bytes.count(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }) <= 256 {
            decoder.allowsJSON5 = true
            value = try? decoder.decode(JSONValue.self, from: data)
        }
        guard let value, case .object = value, value.isFinite else { return nil }
        return value
    }

    /// Where the brace that `bytes` starts with is closed.
    private static func balancedEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        var (depth, inText, escaped) = (0, false, false)
        for (index, byte) in zip(bytes.indices, bytes) {
            if inText {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inText = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }

    /// What stands between lines of three backticks, in order, up to eight.
    private static func fences(in text: String) -> [String] {
        var found: [String] = []
        var inside: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isFence = line.drop(while: { $0 == " " || $0 == "\t" }).hasPrefix("```")
            if isFence, let lines = inside {
                found.append(lines.joined(separator: "\n"))
                if found.count == 8 { break }
                inside = nil
            } else if isFence {
                inside = []
            } else {
                inside?.append(line)
            }
        }
        // A fence that was cut off by the token limit.
        if let inside { found.append(inside.joined(separator: "\n")) }
        return found
    }
}
