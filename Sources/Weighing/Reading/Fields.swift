import Corpora
import Foundation

/// One row's fields, from JSON or a table, under any of several names.
struct Fields {
    private let value: (String) -> Any?

    init(_ object: [String: Any]) { value = { object[$0] } }

    init(_ row: CommaSeparated.Row) { value = { row[$0] } }

    private func first(_ names: [String]) -> Any? {
        names.lazy.compactMap { value($0) }.first { !($0 is NSNull) }
    }

    /// Text, or a whole number as text.
    func text(_ names: String...) -> String? {
        switch first(names) {
        case let text as String: text.isEmpty ? nil : text
        // Large seeds are no Doubles: they are written as they are.
        case let other as NSNumber where wholeNumber(other) != nil: other.stringValue
        default: nil
        }
    }

    /// A finite number, or text that is one.
    func number(_ names: String...) -> Double? {
        let found: Double?
        switch first(names) {
        case let text as String: found = Double(text.trimmingCharacters(in: .whitespaces))
        case let number as NSNumber where !isTruth(number): found = number.doubleValue
        default: found = nil
        }
        return found.flatMap { $0.isFinite ? $0 : nil }
    }

    /// True where there is something under the name, whatever it is.
    func has(_ names: String...) -> Bool { first(names) != nil }

    private func isTruth(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
