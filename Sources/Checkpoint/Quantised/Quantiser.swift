import Dispatch

extension QuantisedMatrix {
    /// Quantises a matrix as bitsandbytes does: to the nearest code of `number / scale`, the scale being the largest
    /// absolute value of the block (nf4) or of the row (int8).
    ///
    /// - Parameters:
    ///   - floats: `rows * columns` numbers, row-major, finite.
    ///   - nested: nf4: whether the scales are themselves held in 8 bits ("double quantisation").
    public init(
        _ floats: UnsafeBufferPointer<Float>, rows: Int, columns: Int, as quantisation: Quantisation,
        nested: Bool = true
    ) {
        precondition(floats.count == rows * columns, "\(floats.count) numbers are no \(rows) x \(columns) matrix")
        self.quantisation = quantisation
        self.rows = rows
        self.columns = columns
        let count = floats.count
        // Read by all, written by none.
        nonisolated(unsafe) let floats = floats
        switch quantisation {
        case .nf4:
            blockSize = 64
            table = Codebooks.nf4
            let blocks = Self.blockCount(rows: rows, columns: columns, blockSize: 64)
            var absmax = [Float](repeating: 0, count: blocks)
            var codes = [UInt8](repeating: 0, count: (count + 1) / 2)
            Self.inParallel(blocks, into: &absmax, &codes) { block, absmax, codes in
                let range = block * 64..<min(block * 64 + 64, count)
                absmax[block] = Self.quantise(
                    UnsafeBufferPointer(rebasing: floats[range]), bounds: Self.nf4Bounds, to: codes + block * 32)
            }
            self.codes = codes
            scales = nested ? Self.nested(absmax) : .plain(absmax)
        case .int8:
            blockSize = columns
            table = []
            var absmax = [Float](repeating: 0, count: rows)
            var codes = [UInt8](repeating: 0, count: count)
            Self.inParallel(rows, into: &absmax, &codes) { row, absmax, codes in
                let numbers = UnsafeBufferPointer(rebasing: floats[row * columns..<(row + 1) * columns])
                var largest: Float = 0
                for number in numbers { largest = max(largest, abs(number)) }
                absmax[row] = largest
                let factor = largest > 0 ? 127 / largest : 0
                for (column, number) in numbers.enumerated() {
                    let step = (number * factor).rounded(.toNearestOrEven)
                    codes[row * columns + column] = UInt8(bitPattern: Int8(max(-127, min(127, step))))
                }
            }
            self.codes = codes
            scales = .plain(absmax)
        }
    }

    private static let nf4Bounds = Codebooks.midpoints(Codebooks.nf4)

    /// Packs one block of up to 64 numbers; returns its scale.
    private static func quantise(
        _ numbers: UnsafeBufferPointer<Float>, bounds: [Float], to packed: UnsafeMutablePointer<UInt8>
    ) -> Float {
        var largest: Float = 0
        for number in numbers { largest = max(largest, abs(number)) }
        let factor = 1 / max(largest, 1e-38)
        // What fills up an odd block is 0.
        var codes: (high: UInt8, isOpen: Bool) = (0, false)
        var place = 0
        func code(_ number: Float) -> UInt8 {
            let scaled = max(-1, min(1, number * factor))
            var below: UInt8 = 0
            for bound in bounds { below &+= scaled > bound ? 1 : 0 }
            return below
        }
        for number in numbers {
            let next = code(number)
            if codes.isOpen {
                packed[place] = codes.high << 4 | next
                place += 1
            }
            codes = (next, !codes.isOpen)
        }
        if codes.isOpen { packed[place] = codes.high << 4 | code(0) }
        return largest
    }

    /// Scales in 8 bits, in blocks of 256, around their mean.
    private static func nested(_ absmax: [Float]) -> Scales {
        let offset = Float(absmax.reduce(0.0) { $0 + Double($1) } / Double(max(absmax.count, 1)))
        let bounds = Codebooks.midpoints(Codebooks.dynamic)
        var codes = [UInt8](repeating: 0, count: absmax.count)
        var scales: [Float] = []
        for start in stride(from: 0, to: absmax.count, by: 256) {
            let range = start..<min(start + 256, absmax.count)
            let largest = absmax[range].reduce(Float(0)) { max($0, abs($1 - offset)) }
            let factor = 1 / max(largest, 1e-38)
            scales.append(largest)
            for index in range {
                let scaled = max(-1, min(1, (absmax[index] - offset) * factor))
                var (low, high) = (0, bounds.count)
                while low < high {
                    let middle = (low + high) / 2
                    if scaled > bounds[middle] { low = middle + 1 } else { high = middle }
                }
                codes[index] = UInt8(low)
            }
        }
        return .nested(codes: codes, scales: scales, table: Codebooks.dynamic, blockSize: 256, offset: offset)
    }

    /// Runs `body` for every index; each writes only what is its own.
    private static func inParallel(
        _ count: Int, into a: inout [Float], _ b: inout [UInt8],
        body: @Sendable (Int, UnsafeMutablePointer<Float>, UnsafeMutablePointer<UInt8>) -> Void
    ) {
        a.withUnsafeMutableBufferPointer { a in
            b.withUnsafeMutableBufferPointer { b in
                guard let aStart = a.baseAddress, let bStart = b.baseAddress else { return }
                nonisolated(unsafe) let (aShared, bShared) = (aStart, bStart)
                let pieces = min(count, 16)
                DispatchQueue.concurrentPerform(iterations: pieces) { piece in
                    for index in count * piece / pieces..<count * (piece + 1) / pieces {
                        body(index, aShared, bShared)
                    }
                }
            }
        }
    }
}
