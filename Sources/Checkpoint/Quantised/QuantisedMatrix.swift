import Dispatch

/// How a frozen matrix is held in fewer bits.
public enum Quantisation: String, Sendable, Hashable, Codable, CaseIterable {
    /// 4 bits a number in blocks of 64, the blocks' scales in 8 bits (QLoRA, Dettmers et al. 2023): 4.127 bits in all.
    case nf4
    /// 8 bits a number, one scale a row (LLM.int8() without its outliers, Dettmers et al. 2022).
    case int8
}

/// A quantised matrix, row-major, in bitsandbytes' layout and with its numbers.
public struct QuantisedMatrix: Sendable, Equatable {
    /// What each block of codes is multiplied by.
    public enum Scales: Sendable, Equatable {
        /// A number for each block.
        case plain([Float])
        /// Each itself a code of 8 bits: `table[code] * scales[block / blockSize] + offset`.
        case nested(codes: [UInt8], scales: [Float], table: [Float], blockSize: Int, offset: Float)
    }

    public var quantisation: Quantisation
    public var rows: Int
    public var columns: Int
    /// nf4: two numbers a byte, the first in the upper half. int8: a signed number a byte.
    public var codes: [UInt8]
    public var scales: Scales
    /// Consecutive numbers that share a scale. int8: a row.
    public var blockSize: Int
    /// nf4: what the 16 codes stand for.
    public var table: [Float]

    public var count: Int { rows * columns }

    /// Bytes of codes, scales and tables.
    public var byteCount: Int {
        let scaleBytes =
            switch scales {
            case .plain(let all): all.count * 4
            case .nested(let codes, let scales, let table, _, _): codes.count + 4 * (scales.count + table.count + 1)
            }
        return codes.count + scaleBytes + 4 * table.count
    }

    /// The scale of each block, as float32.
    public var blockScales: [Float] {
        switch scales {
        case .plain(let all): all
        case .nested(let codes, let scales, let table, let blockSize, let offset):
            codes.indices.map { table[Int(codes[$0])] * scales[$0 / blockSize] + offset }
        }
    }

    /// The numbers, row-major: codes looked up and multiplied in float32.
    public func dequantised() -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
            if let start = buffer.baseAddress { write(as: .float32, to: UnsafeMutableRawPointer(start)) }
            initialised = count
        }
    }

    /// Writes the numbers into memory that has room for them.
    func write(as type: FloatType, to target: UnsafeMutableRawPointer) {
        let blocks = blockScales
        nonisolated(unsafe) let target = target
        let pieces = min(rows, 16)
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            let floats = type == .float32 ? target.assumingMemoryBound(to: Float.self) : nil
            let halves = target.assumingMemoryBound(to: UInt16.self)
            for i in rows * piece / pieces * columns..<rows * (piece + 1) / pieces * columns {
                let number: Float
                switch quantisation {
                case .nf4:
                    let byte = codes[i / 2]
                    number = table[Int(i % 2 == 0 ? byte >> 4 : byte & 15)] * blocks[i / blockSize]
                case .int8: number = Float(Int8(bitPattern: codes[i])) * blocks[i / blockSize] * Self.perStep
                }
                if let floats { floats[i] = number } else { halves[i] = HalfPrecision.bfloat(number) }
            }
        }
    }

    /// 1 / 127 as bitsandbytes multiplies by it.
    static let perStep: Float = 7.874015718698502e-3

    /// The blocks a matrix of these sizes has.
    static func blockCount(rows: Int, columns: Int, blockSize: Int) -> Int {
        (rows * columns + blockSize - 1) / blockSize
    }
}
