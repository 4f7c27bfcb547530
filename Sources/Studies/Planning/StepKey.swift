/// The name of a step's result: SHA-256 of what decides it, 64 hexadecimal digits.
public struct StepKey: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    public var digits: String

    public init(inputs: Value) { digits = CanonicalJSON.hash(inputs) }

    /// None for anything but 64 hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        digits = text
    }

    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let key = StepKey(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(quoted(text)) is no step's key"))
        }
        self = key
    }

    public func encode(to encoder: any Encoder) throws { try digits.encode(to: encoder) }

    public static func < (a: StepKey, b: StepKey) -> Bool { a.digits < b.digits }

    public var description: String { digits }
    /// Enough to tell it from others by eye.
    public var short: String { String(digits.prefix(10)) }
}
