import Crypto
import Foundation

/// One text for one value, so that its SHA-256 names it: members sorted by the UTF-8 bytes of their names, no white
/// space, whole numbers without a point (3.0 is 3), other numbers as the shortest decimal that reads back the same.
public enum CanonicalJSON {
    public static func text(_ value: Value) -> String {
        var text = ""
        append(value, to: &text)
        return text
    }

    /// SHA-256 of the canonical text, 64 hexadecimal digits.
    public static func hash(_ value: Value) -> String { hash(Data(text(value).utf8)) }

    public static func hash(_ data: some DataProtocol) -> String { hexadecimal(SHA256.hash(data: data)) }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// SHA-256 of a file's bytes, read a piece at a time.
    static func hash(ofFile url: URL) throws -> String {
        let handle = try FileHandle(forReadingFrom: url)
        defer { try? handle.close() }
        var hash = SHA256()
        while let piece = try handle.read(upToCount: 1 << 22), !piece.isEmpty { hash.update(data: piece) }
        return hexadecimal(hash.finalize())
    }

    static func text(_ number: Double) -> String {
        if let whole = Int(exactly: number) { return String(whole) }
        return "\(number)"
    }

    private static func append(_ value: Value, to text: inout String) {
        switch value {
        case .null: text += "null"
        case .flag(let value): text += value ? "true" : "false"
        case .whole(let value): text += String(value)
        case .number(let value): text += Self.text(value)
        case .text(let value): append(value, to: &text)
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                append(value, to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { text += "," }
                append(member.key, to: &text)
                text += ":"
                append(member.value, to: &text)
            }
            text += "}"
        }
    }

    private static func append(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
