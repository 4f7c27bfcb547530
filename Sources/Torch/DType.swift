import CTorch

/// What one element of a tensor is.
public enum DType: String, Hashable, Sendable, CaseIterable {
    case float32, bfloat16, float64, int32, int64, bool, uint8, float16

    /// Bytes an element takes.
    public var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .bfloat16, .float16: 2
        case .bool, .uint8: 1
        }
    }

    var raw: ct_dtype {
        switch self {
        case .float32: CT_FLOAT32
        case .bfloat16: CT_BFLOAT16
        case .float64: CT_FLOAT64
        case .int32: CT_INT32
        case .int64: CT_INT64
        case .bool: CT_BOOL
        case .uint8: CT_UINT8
        case .float16: CT_FLOAT16
        }
    }

    init(_ raw: ct_dtype) {
        switch raw {
        case CT_FLOAT32: self = .float32
        case CT_BFLOAT16: self = .bfloat16
        case CT_FLOAT64: self = .float64
        case CT_INT32: self = .int32
        case CT_INT64: self = .int64
        case CT_BOOL: self = .bool
        case CT_FLOAT16: self = .float16
        default: self = .uint8
        }
    }
}

/// A Swift number that a tensor can hold as it is.
public protocol TensorElement: Sendable {
    static var dtype: DType { get }
}

extension Float: TensorElement { public static var dtype: DType { .float32 } }
extension Double: TensorElement { public static var dtype: DType { .float64 } }
extension Int32: TensorElement { public static var dtype: DType { .int32 } }
extension Int64: TensorElement { public static var dtype: DType { .int64 } }
extension UInt8: TensorElement { public static var dtype: DType { .uint8 } }
