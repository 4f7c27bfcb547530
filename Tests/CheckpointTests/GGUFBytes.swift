import Checkpoint
import Foundation

/// Builds GGUF files byte by byte, also malformed ones.
struct GGUFBytes {
    struct Tensor {
        var name: String
        /// Row major.
        var shape: [Int]
        var type: ElementType
        var bytes: [UInt8]
    }

    var data = Data()

    static func number(_ type: ElementType) -> UInt32 {
        let numbers: [ElementType: UInt32] = [
            .f32: 0, .f16: 1, .q4_0: 2, .q4_1: 3, .q5_0: 6, .q5_1: 7, .q8_0: 8, .q4_k: 12, .q5_k: 13, .q6_k: 14,
            .bf16: 30,
        ]
        return numbers[type] ?? 99
    }

    mutating func append<I: FixedWidthInteger>(_ value: I) {
        Swift.withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        data.append(contentsOf: text.utf8)
    }

    static func header(version: UInt32 = 3, tensors: UInt64, keys: UInt64) -> GGUFBytes {
        var out = GGUFBytes()
        out.data.append(contentsOf: "GGUF".utf8)
        out.append(version)
        out.append(tensors)
        out.append(keys)
        return out
    }

    static func file(tensors: [Tensor]) -> Data {
        var out = header(tensors: UInt64(tensors.count), keys: 1)
        out.append("general.architecture")
        out.append(UInt32(8))
        out.append("llama")
        var offset = 0
        for tensor in tensors {
            out.append(tensor.name)
            out.append(UInt32(tensor.shape.count))
            for axis in tensor.shape.reversed() { out.append(UInt64(axis)) }
            out.append(number(tensor.type))
            out.append(UInt64(offset))
            offset += (tensor.bytes.count + 31) / 32 * 32
        }
        for tensor in tensors {
            out.data.append(Data(count: (32 - out.data.count % 32) % 32))
            out.data.append(contentsOf: tensor.bytes)
        }
        return out.data
    }
}
