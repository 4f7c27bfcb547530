/// A metadata value of a GGUF file.
package enum GGUFValue: Sendable, Hashable {
    case integer(Int64)
    /// Beyond Int64.
    case large(UInt64)
    case number(Double)
    case bool(Bool)
    case string(String)
    case integers([Int64])
    case numbers([Double])
    case bools([Bool])
    case strings([String])
    case arrays([GGUFValue])

    package var integer: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .large(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var strings: [String]? { if case .strings(let texts) = self { texts } else { nil } }
    package var integers: [Int64]? { if case .integers(let values) = self { values } else { nil } }
    package var numbers: [Double]? { if case .numbers(let values) = self { values } else { nil } }

    var kind: String {
        switch self {
        case .integer, .large, .number: "a number"
        case .bool: "true or false"
        case .string: "a string"
        case .integers, .numbers, .bools, .strings, .arrays: "a list"
        }
    }
}
