/// Stored numbers to float32: the arithmetic of ggml's reference dequantisers, in their order of operations, so that
/// results are equal bit for bit.
///
/// Callers have checked that `source` holds `count` numbers of `type`, whole blocks, and that `type` is readable.
enum Dequantisation {
    static func floats(
        _ source: UnsafeRawPointer, type: ElementType, count: Int, into target: UnsafeMutablePointer<Float>
    ) {
        let blocks = count / type.blockLength
        switch type {
        case .f32: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 4)
        case .f16:
            for i in 0..<count { target[i] = HalfPrecision.float(half: half(source, i * 2)) }
        case .bf16:
            for i in 0..<count { target[i] = HalfPrecision.float(bfloat: half(source, i * 2)) }
        case .q4_0: for b in 0..<blocks { q4_0(source + b * 18, target + b * 32) }
        case .q4_1: for b in 0..<blocks { q4_1(source + b * 20, target + b * 32) }
        case .q5_0: for b in 0..<blocks { q5_0(source + b * 22, target + b * 32) }
        case .q5_1: for b in 0..<blocks { q5_1(source + b * 24, target + b * 32) }
        case .q8_0: for b in 0..<blocks { q8_0(source + b * 34, target + b * 32) }
        case .q4_k: for b in 0..<blocks { q4_k(source + b * 144, target + b * 256) }
        case .q5_k: for b in 0..<blocks { q5_k(source + b * 176, target + b * 256) }
        case .q6_k: for b in 0..<blocks { q6_k(source + b * 210, target + b * 256) }
        default: preconditionFailure("\(type) was not checked to be readable")
        }
    }

    @inline(__always)
    private static func half(_ source: UnsafeRawPointer, _ offset: Int) -> UInt16 {
        UInt16(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    private static func scale(_ source: UnsafeRawPointer, _ offset: Int) -> Float {
        HalfPrecision.float(half: half(source, offset))
    }

    @inline(__always)
    private static func byte(_ source: UnsafeRawPointer, _ offset: Int) -> UInt8 {
        source.load(fromByteOffset: offset, as: UInt8.self)
    }

    // 16 bytes hold 32 numbers: the low nibbles are the first 16, the high nibbles the last.

    @inline(__always)
    private static func q4_0(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 0)
        for i in 0..<16 {
            let packed = byte(block, 2 + i)
            target[i] = d * Float(Int32(packed & 0x0F) &- 8)
            target[i + 16] = d * Float(Int32(packed >> 4) &- 8)
        }
    }

    @inline(__always)
    private static func q4_1(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 0)
        let m = scale(block, 2)
        for i in 0..<16 {
            let packed = byte(block, 4 + i)
            target[i] = d * Float(Int32(packed & 0x0F)) + m
            target[i + 16] = d * Float(Int32(packed >> 4)) + m
        }
    }

    @inline(__always)
    private static func q5_0(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 0)
        let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
        for i in 0..<16 {
            let packed = byte(block, 6 + i)
            let low = Int32(packed & 0x0F) | Int32((high >> UInt32(i)) & 1) << 4
            let top = Int32(packed >> 4) | Int32((high >> UInt32(i + 16)) & 1) << 4
            target[i] = d * Float(low &- 16)
            target[i + 16] = d * Float(top &- 16)
        }
    }

    @inline(__always)
    private static func q5_1(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 0)
        let m = scale(block, 2)
        let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        for i in 0..<16 {
            let packed = byte(block, 8 + i)
            let low = Int32(packed & 0x0F) | Int32((high >> UInt32(i)) & 1) << 4
            let top = Int32(packed >> 4) | Int32((high >> UInt32(i + 16)) & 1) << 4
            target[i] = d * Float(low) + m
            target[i + 16] = d * Float(top) + m
        }
    }

    @inline(__always)
    private static func q8_0(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 0)
        for i in 0..<32 { target[i] = Float(Int32(Int8(bitPattern: byte(block, 2 + i)))) * d }
    }

    /// The k-quants' eight 6-bit scales and minimums, packed into 12 bytes.
    @inline(__always)
    private static func scaleAndMinimum(_ packed: UnsafeRawPointer, _ group: Int) -> (Float, Float) {
        if group < 4 {
            return (Float(Int32(byte(packed, group) & 63)), Float(Int32(byte(packed, group + 4) & 63)))
        }
        let both = byte(packed, group + 4)
        let scale = both & 0x0F | (byte(packed, group - 4) >> 6) << 4
        let minimum = both >> 4 | (byte(packed, group) >> 6) << 4
        return (Float(Int32(scale)), Float(Int32(minimum)))
    }

    @inline(__always)
    private static func q4_k(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 0)
        let dMinimum = scale(block, 2)
        for pair in 0..<4 {
            let (scale1, minimum1) = scaleAndMinimum(block + 4, pair * 2)
            let (scale2, minimum2) = scaleAndMinimum(block + 4, pair * 2 + 1)
            let (d1, m1, d2, m2) = (d * scale1, dMinimum * minimum1, d * scale2, dMinimum * minimum2)
            let out = target + pair * 64
            for i in 0..<32 {
                let packed = byte(block, 16 + pair * 32 + i)
                out[i] = d1 * Float(Int32(packed & 0x0F)) - m1
                out[i + 32] = d2 * Float(Int32(packed >> 4)) - m2
            }
        }
    }

    @inline(__always)
    private static func q5_k(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 0)
        let dMinimum = scale(block, 2)
        for pair in 0..<4 {
            let (scale1, minimum1) = scaleAndMinimum(block + 4, pair * 2)
            let (scale2, minimum2) = scaleAndMinimum(block + 4, pair * 2 + 1)
            let (d1, m1, d2, m2) = (d * scale1, dMinimum * minimum1, d * scale2, dMinimum * minimum2)
            let out = target + pair * 64
            for i in 0..<32 {
                let high = byte(block, 16 + i) >> UInt8(pair * 2)
                let packed = byte(block, 48 + pair * 32 + i)
                out[i] = d1 * Float(Int32(packed & 0x0F | (high & 1) << 4)) - m1
                out[i + 32] = d2 * Float(Int32(packed >> 4 | (high >> 1 & 1) << 4)) - m2
            }
        }
    }

    @inline(__always)
    private static func q6_k(_ block: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = scale(block, 208)
        for part in 0..<2 {
            for group in 0..<4 {
                for side in 0..<2 {
                    let scaled = d * Float(Int32(Int8(bitPattern: byte(block, 192 + part * 8 + group * 2 + side))))
                    let out = target + part * 128 + group * 32 + side * 16
                    for i in 0..<16 {
                        let lane = side * 16 + i
                        let packed = byte(block, part * 64 + (group & 1) * 32 + lane)
                        let low = group < 2 ? packed & 0x0F : packed >> 4
                        let high = byte(block, 128 + part * 32 + lane) >> UInt8(group * 2) & 3
                        out[i] = scaled * Float(Int32(low | high << 4) &- 32)
                    }
                }
            }
        }
    }
}
