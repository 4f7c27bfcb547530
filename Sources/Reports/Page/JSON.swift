/// A JSON value, for plot specifications and their data.
enum JSON: Equatable, ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    /// In the order given.
    case object([(String, JSON)])

    init(stringLiteral value: String) { self = .text(value) }
    init(floatLiteral value: Double) { self = .number(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSON...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements) }

    static func == (a: JSON, b: JSON) -> Bool { a.inScript == b.inScript }

    /// A number, or null if it isn't finite.
    static func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

    /// The value as it can stand in a script element: `<`, `>`, `&` and the line separators that JavaScript knows are
    /// written by their code, so that no text can end the element or begin another.
    var inScript: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value):
            value.isFinite ? (Int(exactly: value).map(String.init) ?? String(value)) : "null"
        case .text(let text): Self.quoted(text)
        case .list(let values): "[" + values.map(\.inScript).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { Self.quoted($0.0) + ":" + $0.1.inScript }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\n": json += "\\n"
            case "\u{0}"..<" ", "<", ">", "&", "\u{7F}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
