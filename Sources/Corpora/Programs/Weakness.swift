/// A weakness of the Common Weakness Enumeration, by its number.
public struct Weakness: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    public let number: Int

    /// Nil unless the number is one that the enumeration could have: 1 to 9999.
    public init?(number: Int) {
        guard (1...9999).contains(number) else { return nil }
        self.number = number
    }

    /// Reads the ways in which data sets and models write it: `CWE-89`, `cwe-089`, `CWE 89`, `89`, `CWE-89: SQL …`.
    public init?(_ text: String) {
        var rest = text.trimmingSpaces().lowercased()[...]
        if rest.hasPrefix("cwe") { rest = rest.dropFirst(3).drop { "-_: ".contains($0) } }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        if let next = rest.dropFirst(digits.count).first, next.isLetter || next.isNumber { return nil }
        guard let number = Int(digits) else { return nil }
        self.init(number: number)
    }

    /// `CWE-` and the number without leading zeros: the one form that emlab writes.
    public var description: String { "CWE-\(number)" }

    public static func < (a: Weakness, b: Weakness) -> Bool { a.number < b.number }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let weakness = Weakness(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\"\(shortened(text))\" is no CWE number"))
        }
        self = weakness
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
