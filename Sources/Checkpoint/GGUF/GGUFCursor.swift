/// Reads a GGUF header front to back; every length is checked against what is left of the file before it is used.
struct GGUFCursor {
    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private(set) var at = 0
    /// What is being read, for messages.
    var place: String?

    init(bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    var left: Int { bytes.count - at }

    func error(_ reason: String, remedy: String? = nil) -> CheckpointError {
        CheckpointError(file: file, place: place ?? "byte \(at)", reason: reason, remedy: remedy)
    }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= left else {
            throw error(
                "the file ends after \(bytes.count) bytes, in the middle of its header",
                remedy: "It was cut short; fetch it again")
        }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
    }

    mutating func integer<I: FixedWidthInteger>(_: I.Type) throws -> I {
        I(littleEndian: try take(MemoryLayout<I>.size).loadUnaligned(as: I.self))
    }

    /// A count of things that take at least `minimumBytes` each: never more than fit in the rest of the file.
    mutating func count(of what: String, minimumBytes: Int) throws -> Int {
        let count = try integer(UInt64.self)
        guard let exact = Int(exactly: count), exact <= left / minimumBytes else {
            throw error("claims \(count) \(what), more than fit in the \(left) bytes that are left")
        }
        return exact
    }

    mutating func text() throws -> String {
        let length = try count(of: "bytes of text", minimumBytes: 1)
        // A tokenizer's single tokens need not be whole characters in every file: repair, don't refuse.
        return String(decoding: try take(length), as: UTF8.self)
    }

    mutating func name(limit: Int = 1024) throws -> String {
        let length = try count(of: "bytes of a name", minimumBytes: 1)
        guard length > 0, length <= limit else { throw error("a name has \(length) bytes; 1 to \(limit) are allowed") }
        guard let name = String(validating: try take(length), as: UTF8.self) else {
            throw error("a name isn't UTF-8")
        }
        return name
    }

    mutating func value(type: UInt32, depth: Int = 4) throws -> GGUFValue {
        switch type {
        case 0: return .integer(Int64(try integer(UInt8.self)))
        case 1: return .integer(Int64(try integer(Int8.self)))
        case 2: return .integer(Int64(try integer(UInt16.self)))
        case 3: return .integer(Int64(try integer(Int16.self)))
        case 4: return .integer(Int64(try integer(UInt32.self)))
        case 5: return .integer(Int64(try integer(Int32.self)))
        case 6: return .number(Double(Float(bitPattern: try integer(UInt32.self))))
        case 7: return .bool(try integer(UInt8.self) != 0)
        case 8: return .string(try text())
        case 9: return try array(depth: depth)
        case 10:
            let value = try integer(UInt64.self)
            return Int64(exactly: value).map { .integer($0) } ?? .large(value)
        case 11: return .integer(try integer(Int64.self))
        case 12: return .number(Double(bitPattern: try integer(UInt64.self)))
        default: throw error("has the unknown value type \(type)")
        }
    }

    private mutating func array(depth: Int) throws -> GGUFValue {
        guard depth > 0 else { throw error("lists lie too deep in one another") }
        let type = try integer(UInt32.self)
        let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 9: 12, 10: 8, 11: 8, 12: 8]
        guard let size = sizes[type] else { throw error("is a list of the unknown value type \(type)") }
        let count = try count(of: "list entries", minimumBytes: size)
        switch type {
        case 8:
            var texts: [String] = []
            for _ in 0..<count { texts.append(try text()) }
            return .strings(texts)
        case 9:
            var arrays: [GGUFValue] = []
            for _ in 0..<count { arrays.append(try array(depth: depth - 1)) }
            return .arrays(arrays)
        case 7:
            return .bools(try take(count).map { $0 != 0 })
        case 6, 12:
            var numbers: [Double] = []
            numbers.reserveCapacity(count)
            for _ in 0..<count { numbers.append(try value(type: type).double ?? .nan) }
            return .numbers(numbers)
        default:
            var integers: [Int64] = []
            integers.reserveCapacity(count)
            for _ in 0..<count {
                guard case .integer(let value) = try value(type: type) else {
                    throw error("a list entry is beyond 64 bits with sign")
                }
                integers.append(value)
            }
            return .integers(integers)
        }
    }
}
