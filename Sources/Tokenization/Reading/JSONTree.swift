/// A JSON text as a tree whose strings stay bytes.
///
/// Foundation's parsers key objects by `String`, and Swift's strings are equal when they are *canonically equivalent*:
/// a vocabulary that holds both "é" (one scalar) and "é" (two) would lose one of them. Here a string is a range of bytes.
struct JSONTree {
    enum Value {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(Text)
        case array([Value])
        case object([Member])
    }

    /// A decoded string: a range of `storage`.
    struct Text {
        var start: Int
        var count: Int
    }

    struct Member {
        var key: Text
        var value: Value
    }

    /// The file's bytes, and after them every string that held escapes, decoded.
    private(set) var storage: [UInt8]
    private(set) var root: Value = .null

    private let length: Int
    private var position = 0

    /// Nesting beyond this is refused; a tokenizer file needs 6.
    private static let deepest = 64

    /// Throws `TokenizerError` with line and column for anything that is not one JSON value in UTF-8.
    init(_ bytes: [UInt8], file: String) throws {
        storage = bytes
        length = bytes.count
        do {
            guard String(validating: bytes, as: UTF8.self) != nil else { throw Flaw(what: "text that is not UTF-8") }
            root = try value(depth: 0)
            skipSpace()
            if position != length { throw Flaw(what: "something after the end of the JSON value") }
        } catch let flaw as Flaw {
            var line = 1
            var column = 1
            for byte in bytes.prefix(position) {
                if byte == UInt8(ascii: "\n") {
                    line += 1
                    column = 1
                } else {
                    column += 1
                }
            }
            throw TokenizerError(
                "\(file):\(line):\(column): \(flaw.what); the file is damaged or cut short, fetch it again")
        }
    }

    func bytes(_ text: Text) -> ArraySlice<UInt8> {
        storage[text.start..<text.start + text.count]
    }

    func string(_ text: Text) -> String {
        String(decoding: bytes(text), as: UTF8.self)
    }

    private struct Flaw: Error {
        var what: String
    }

    private mutating func skipSpace() {
        while position < length {
            switch storage[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func expect(_ literal: StaticString, _ value: Value) throws -> Value {
        let count = literal.utf8CodeUnitCount
        guard length - position >= count else { throw Flaw(what: "the text ends inside a value") }
        for index in 0..<count where storage[position + index] != literal.utf8Start[index] {
            throw Flaw(what: "an unknown word")
        }
        position += count
        return value
    }

    private mutating func value(depth: Int) throws -> Value {
        guard depth < Self.deepest else { throw Flaw(what: "more than \(Self.deepest) levels of nesting") }
        skipSpace()
        guard position < length else { throw Flaw(what: "the text ends where a value should be") }
        switch storage[position] {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try expect("true", .bool(true))
        case UInt8(ascii: "f"): return try expect("false", .bool(false))
        case UInt8(ascii: "n"): return try expect("null", .null)
        default: return try number()
        }
    }

    /// Steps over a separator; true when the container is closed.
    private mutating func closes(with end: UInt8) throws -> Bool {
        skipSpace()
        guard position < length else { throw Flaw(what: "the text ends inside an array or object") }
        let byte = storage[position]
        position += 1
        if byte == end { return true }
        guard byte == UInt8(ascii: ",") else {
            position -= 1
            throw Flaw(what: "a comma or a closing bracket is missing")
        }
        return false
    }

    private mutating func elements(depth: Int) throws -> [Value] {
        var elements: [Value] = []
        position += 1
        skipSpace()
        if position < length, storage[position] == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        repeat { elements.append(try value(depth: depth + 1)) } while try !closes(with: UInt8(ascii: "]"))
        return elements
    }

    private mutating func members(depth: Int) throws -> [Member] {
        var members: [Member] = []
        position += 1
        skipSpace()
        if position < length, storage[position] == UInt8(ascii: "}") {
            position += 1
            return members
        }
        repeat {
            skipSpace()
            guard position < length, storage[position] == UInt8(ascii: "\"") else {
                throw Flaw(what: "a key in double quotes is missing")
            }
            let key = try text()
            skipSpace()
            guard position < length, storage[position] == UInt8(ascii: ":") else {
                throw Flaw(what: "a colon is missing")
            }
            position += 1
            members.append(Member(key: key, value: try value(depth: depth + 1)))
        } while try !closes(with: UInt8(ascii: "}"))
        return members
    }

    private mutating func number() throws -> Value {
        let start = position
        while position < length {
            switch storage[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
                continue
            default: break
            }
            break
        }
        let digits = String(decoding: storage[start..<position], as: UTF8.self)
        if let integer = Int(digits) { return .integer(integer) }
        if let number = Double(digits), number.isFinite { return .number(number) }
        position = start
        throw Flaw(what: "a value that JSON doesn't know")
    }

    private mutating func text() throws -> Text {
        position += 1
        let start = position
        while position < length {
            let byte = storage[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return Text(start: start, count: position - 1 - start)
            }
            if byte == UInt8(ascii: "\\") { return try escapedText(from: start) }
            if byte < 0x20 { throw Flaw(what: "a control character inside a string") }
            position += 1
        }
        throw Flaw(what: "the text ends inside a string")
    }

    private mutating func escapedText(from start: Int) throws -> Text {
        let decoded = storage.count
        // Byte by byte: a slice would share the array, and the append copy all of it.
        for index in start..<position { storage.append(storage[index]) }
        while position < length {
            let byte = storage[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return Text(start: decoded, count: storage.count - decoded)
            case UInt8(ascii: "\\"):
                guard position < length else { throw Flaw(what: "the text ends inside an escape") }
                let letter = storage[position]
                position += 1
                switch letter {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): storage.append(letter)
                case UInt8(ascii: "b"): storage.append(0x08)
                case UInt8(ascii: "f"): storage.append(0x0C)
                case UInt8(ascii: "n"): storage.append(0x0A)
                case UInt8(ascii: "r"): storage.append(0x0D)
                case UInt8(ascii: "t"): storage.append(0x09)
                case UInt8(ascii: "u"): storage.append(contentsOf: Array(String(try escapedScalar()).utf8))
                default: throw Flaw(what: "an unknown escape in a string")
                }
            case ..<0x20:
                throw Flaw(what: "a control character inside a string")
            default:
                storage.append(byte)
            }
        }
        throw Flaw(what: "the text ends inside a string")
    }

    /// The scalar of `\uXXXX`, or of a pair of surrogates.
    private mutating func escapedScalar() throws -> Character {
        var code = try fourHexDigits()
        if (0xD800...0xDBFF).contains(code) {
            guard length - position >= 2, storage[position] == UInt8(ascii: "\\"),
                storage[position + 1] == UInt8(ascii: "u")
            else { throw Flaw(what: "half of a surrogate pair in a string") }
            position += 2
            let low = try fourHexDigits()
            guard (0xDC00...0xDFFF).contains(low) else { throw Flaw(what: "half of a surrogate pair in a string") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw Flaw(what: "half of a surrogate pair in a string") }
        return Character(scalar)
    }

    private mutating func fourHexDigits() throws -> UInt32 {
        guard length - position >= 4 else { throw Flaw(what: "the text ends inside an escape") }
        var code: UInt32 = 0
        for byte in storage[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw Flaw(what: "\\u without four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }
}
