/// A setting of a study: what YAML and JSON can say.
public enum Value: Hashable, Sendable {
    case null
    case flag(Bool)
    case whole(Int)
    /// Finite.
    case number(Double)
    case text(String)
    case list([Value])
    case object([String: Value])

    public subscript(key: String) -> Value? { object?[key] }

    public var flag: Bool? { if case .flag(let value) = self { value } else { nil } }
    public var text: String? { if case .text(let value) = self { value } else { nil } }
    public var list: [Value]? { if case .list(let value) = self { value } else { nil } }
    public var object: [String: Value]? { if case .object(let value) = self { value } else { nil } }

    /// A whole number, also where it was written like 3.0.
    public var whole: Int? {
        switch self {
        case .whole(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    public var number: Double? {
        switch self {
        case .whole(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// Short, for people: text without quotes, numbers as they are usually written.
    public var shown: String {
        switch self {
        case .null: "none"
        case .flag(let value): value ? "yes" : "no"
        case .whole(let value): String(value)
        case .number(let value): CanonicalJSON.text(value)
        case .text(let value): value
        case .list(let values): values.map(\.shown).joined(separator: ",")
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.shown)" }.joined(separator: " ")
        }
    }
}

extension Value: Codable {
    public init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: Name.self) {
            var members: [String: Value] = [:]
            for key in keyed.allKeys { members[key.stringValue] = try keyed.decode(Value.self, forKey: key) }
            self = .object(members)
            return
        }
        if var list = try? decoder.unkeyedContainer() {
            var elements: [Value] = []
            while !list.isAtEnd { elements.append(try list.decode(Value.self)) }
            self = .list(elements)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let value = try? single.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? single.decode(Int.self) {
            self = .whole(value)
        } else if let value = try? single.decode(Double.self) {
            self = .number(value)
        } else {
            self = .text(try single.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var single = encoder.singleValueContainer()
            try single.encodeNil()
        case .flag(let value): try value.encode(to: encoder)
        case .whole(let value): try value.encode(to: encoder)
        case .number(let value): try value.encode(to: encoder)
        case .text(let value): try value.encode(to: encoder)
        case .list(let values): try values.encode(to: encoder)
        case .object(let members): try members.encode(to: encoder)
        }
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .whole(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    public init(arrayLiteral elements: Value...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}
