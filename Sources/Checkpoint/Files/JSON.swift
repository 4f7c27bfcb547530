import Foundation

/// A JSON value as files of strangers give it: size and depth are bounded, a key given twice is an error and whole
/// numbers stay exact. Foundation's parsers keep one of two equal keys without a word, and two tensors of one name
/// are just what a hostile header has.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])
    /// An object to be written, in order, whose keys differ as bytes but not always as Swift's strings: a vocabulary.
    case ordered([Member])

    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: JSON
    }

    package subscript(key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
    package var object: [String: JSON]? { if case .object(let members) = self { members } else { nil } }
    package var isNull: Bool { self == .null }

    /// A whole number, also when written as `2.0`.
    package var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The kind of value, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object, .ordered: "an object"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}

extension JSON {
    /// The value as text with sorted keys, indented by two spaces as the Hugging Face libraries write it.
    package var text: String {
        var out = ""
        write(into: &out, indent: 0)
        return out
    }

    /// The value on one line without spaces.
    package var compactText: String {
        var out = ""
        write(into: &out, indent: nil)
        return out
    }

    private func write(into out: inout String, indent: Int?) {
        let inner = indent.map { "\n" + String(repeating: " ", count: ($0 + 1) * 2) } ?? ""
        let outer = indent.map { "\n" + String(repeating: " ", count: $0 * 2) } ?? ""
        switch self {
        case .null: out += "null"
        case .bool(let flag): out += flag ? "true" : "false"
        case .integer(let value): out += String(value)
        case .number(let value): out += value.isFinite ? value.description : "null"
        case .string(let text): Self.write(text, into: &out)
        case .array(let elements):
            if elements.isEmpty { return out += "[]" }
            out += "["
            for (index, element) in elements.enumerated() {
                out += (index == 0 ? "" : ",") + inner
                element.write(into: &out, indent: indent.map { $0 + 1 })
            }
            out += outer + "]"
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            JSON.ordered(sorted.map { Member(key: $0.key, value: $0.value) }).write(into: &out, indent: indent)
        case .ordered(let members):
            if members.isEmpty { return out += "{}" }
            out += "{"
            for (index, member) in members.enumerated() {
                out += (index == 0 ? "" : ",") + inner
                Self.write(member.key, into: &out)
                out += indent == nil ? ":" : ": "
                member.value.write(into: &out, indent: indent.map { $0 + 1 })
            }
            out += outer + "}"
        }
    }

    private static func write(_ text: String, into out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7f {
                    let digits = String(scalar.value, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        out += "\""
    }
}
