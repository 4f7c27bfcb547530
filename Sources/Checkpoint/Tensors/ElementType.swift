/// How a tensor's numbers are stored. Named as safetensors and GGUF name them, in lower case.
public enum ElementType: String, Sendable, Hashable, CaseIterable, Codable {
    case f32, f16, bf16, f64
    case i8, u8, i16, u16, i32, u32, i64, u64, bool
    case f8_e4m3, f8_e5m2, f8_e8m0
    case c64
    case q4_0, q4_1, q5_0, q5_1, q8_0, q8_1
    case q2_k, q3_k, q4_k, q5_k, q6_k, q8_k
    /// bitsandbytes' matrices, whose scales lie in tensors of their own.
    case nf4, int8

    /// Numbers stored together; a row of a tensor is a whole number of blocks.
    public var blockLength: Int {
        switch self {
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q8_1: 32
        case .q2_k, .q3_k, .q4_k, .q5_k, .q6_k, .q8_k: 256
        case .nf4: 2
        default: 1
        }
    }

    /// Bytes of one block.
    public var blockBytes: Int {
        switch self {
        case .i8, .u8, .bool, .f8_e4m3, .f8_e5m2, .f8_e8m0, .nf4, .int8: 1
        case .f16, .bf16, .i16, .u16: 2
        case .f32, .i32, .u32: 4
        case .f64, .i64, .u64, .c64: 8
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .q8_1: 36
        case .q2_k: 84
        case .q3_k: 110
        case .q4_k: 144
        case .q5_k: 176
        case .q6_k: 210
        case .q8_k: 292
        }
    }

    /// Whether ``WeightFile/read(_:as:into:)`` turns it into floating point.
    public var isReadable: Bool {
        switch self {
        case .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_k, .q5_k, .q6_k, .nf4, .int8: true
        default: false
        }
    }

    static let readableNames = allCases.filter(\.isReadable).map { $0.rawValue.uppercased() }.joined(separator: ", ")

    /// Bytes that `count` numbers take, or nil if that isn't a whole number of blocks or overflows.
    func byteCount(of count: Int) -> Int? {
        guard count >= 0, count % blockLength == 0 else { return nil }
        let (bytes, overflow) = (count / blockLength).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }

    /// safetensors' name of a type.
    init?(safetensors name: String) {
        switch name {
        case "F8_E4M3": self = .f8_e4m3
        case "F8_E5M2": self = .f8_e5m2
        case "F8_E8M0": self = .f8_e8m0
        case "F32", "F16", "BF16", "F64", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64", "BOOL", "C64":
            self.init(rawValue: name.lowercased())
        default: return nil
        }
    }

    /// GGML's number of a type.
    init?(ggml number: UInt32) {
        switch number {
        case 0: self = .f32
        case 1: self = .f16
        case 2: self = .q4_0
        case 3: self = .q4_1
        case 6: self = .q5_0
        case 7: self = .q5_1
        case 8: self = .q8_0
        case 9: self = .q8_1
        case 10: self = .q2_k
        case 11: self = .q3_k
        case 12: self = .q4_k
        case 13: self = .q5_k
        case 14: self = .q6_k
        case 15: self = .q8_k
        case 24: self = .i8
        case 25: self = .i16
        case 26: self = .i32
        case 27: self = .i64
        case 28: self = .f64
        case 30: self = .bf16
        default: return nil
        }
    }
}
