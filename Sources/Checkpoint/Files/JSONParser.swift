import Foundation

extension JSON {
    /// Reads one JSON value from all of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8; the caller bounds its size.
    ///   - depth: how deep lists and objects may lie in one another.
    /// - Throws: ``CheckpointError`` with the line of the first mistake.
    package static func parse(_ bytes: UnsafeRawBufferPointer, file: String, depth: Int = 64) throws -> JSON {
        var parser = JSONParser(bytes: bytes, file: file)
        return try parser.document(depth: depth)
    }

    package static func parse(_ data: Data, file: String, depth: Int = 64) throws -> JSON {
        try data.withUnsafeBytes { try parse($0, file: file, depth: depth) }
    }

    /// The JSON object in a file of at most `limit` bytes.
    static func object(at url: URL, limit: Int) throws -> [String: JSON] {
        let value = try parse(MappedFile.data(url, limit: limit), file: url.relativePath)
        guard let members = value.object else {
            throw CheckpointError(file: url.relativePath, reason: "holds \(value.kind) where a JSON object is needed")
        }
        return members
    }
}

struct JSONParser {
    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var at = 0

    init(bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    mutating func document(depth: Int) throws -> JSON {
        // A byte order mark is tolerated, as Foundation and Python's utf-8-sig do.
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { at = 3 }
        let value = try value(depth: depth)
        skipSpace()
        guard at == bytes.count else { throw error("there is more text after the JSON value") }
        return value
    }

    private func error(_ reason: String) -> CheckpointError {
        let before = bytes[..<min(at, bytes.count)]
        let line = before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
        return CheckpointError(file: file, place: "line \(line), byte \(at)", reason: "not valid JSON: " + reason)
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 {
            at += 1
        }
    }

    private mutating func value(depth: Int) throws -> JSON {
        skipSpace()
        guard at < bytes.count else { throw error("it ends too early") }
        switch bytes[at] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "N"), UInt8(ascii: "I"): throw error("NaN and Infinity are not numbers of JSON")
        default: throw error("a value is needed here")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[at...].starts(with: letters) else { throw error("a value is needed here") }
        at += letters.count
        return value
    }

    private mutating func object(depth: Int) throws -> JSON {
        guard depth > 0 else { throw error("objects and lists lie too deep in one another") }
        at += 1
        var members: [String: JSON] = [:]
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
            at += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw error("a key in quotes is needed") }
            let key = try string()
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw error("a colon is needed") }
            at += 1
            let value = try value(depth: depth - 1)
            guard members.updateValue(value, forKey: key) == nil else {
                throw error("the key \(CheckpointError.quoted(key)) is given twice")
            }
            if try closes(with: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array(depth: Int) throws -> JSON {
        guard depth > 0 else { throw error("objects and lists lie too deep in one another") }
        at += 1
        var elements: [JSON] = []
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
            at += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth - 1))
            if try closes(with: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    private mutating func closes(with end: UInt8) throws -> Bool {
        skipSpace()
        guard at < bytes.count else { throw error("it ends too early") }
        let byte = bytes[at]
        guard byte == end || byte == UInt8(ascii: ",") else { throw error("a comma or the closing bracket is needed") }
        at += 1
        return byte == end
    }

    private mutating func string() throws -> String {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
            at += 1
        }
        guard at < bytes.count else { throw error("a string isn't closed") }
        if bytes[at] == UInt8(ascii: "\"") {
            guard let text = String(validating: bytes[start..<at], as: UTF8.self) else {
                throw error("a string isn't UTF-8")
            }
            at += 1
            return text
        }
        return try stringWithEscapes(from: start)
    }

    private mutating func stringWithEscapes(from start: Int) throws -> String {
        var text = [UInt8](bytes[start..<at])
        while true {
            guard at < bytes.count else { throw error("a string isn't closed") }
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else { throw error("a string isn't UTF-8") }
                return valid
            case UInt8(ascii: "\\"):
                guard at < bytes.count else { throw error("a string isn't closed") }
                let escape = bytes[at]
                at += 1
                switch escape {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
                case UInt8(ascii: "b"): text.append(0x08)
                case UInt8(ascii: "f"): text.append(0x0C)
                case UInt8(ascii: "n"): text.append(0x0A)
                case UInt8(ascii: "r"): text.append(0x0D)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
                default: throw error("an unknown escape in a string")
                }
            case 0..<0x20: throw error("a control character in a string")
            default: text.append(byte)
            }
        }
    }

    /// After `\u`: one scalar, which may take a second `\u`; half a surrogate pair becomes U+FFFD.
    private mutating func escapedScalar() throws -> Unicode.Scalar {
        let first = try fourHexDigits()
        if (0xD800..<0xDC00).contains(first), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            let mark = at
            at += 2
            let second = try fourHexDigits()
            if (0xDC00..<0xE000).contains(second) {
                return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
            }
            at = mark
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func fourHexDigits() throws -> UInt32 {
        guard bytes.count - at >= 4 else { throw error("a string isn't closed") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue, bytes[at] < 0x80 else {
                throw error("\\u needs four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    private mutating func number() throws -> JSON {
        let start = at
        var isWhole = true
        if bytes[at] == UInt8(ascii: "-") { at += 1 }
        let digits = at
        skipDigits()
        guard at > digits, at == digits + 1 || bytes[digits] != UInt8(ascii: "0") else {
            throw error("a number is malformed")
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            let fraction = at
            skipDigits()
            guard at > fraction else { throw error("a number is malformed") }
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            skipDigits()
            guard at > exponent else { throw error("a number is malformed") }
        }
        guard at - start <= 512 else { throw error("a number is longer than 512 characters") }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isWhole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("the number \(text) is out of range") }
        return .number(value)
    }

    private mutating func skipDigits() {
        while at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) { at += 1 }
    }
}
