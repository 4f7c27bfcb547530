/// Conversions between the 16-bit formats and float32, as integer arithmetic that compilers vectorise.
package enum HalfPrecision {
    /// IEEE half to single, exact for every input; the payload of a NaN is kept.
    @inline(__always)
    static func float(half bits: UInt16) -> Float {
        let magnitude = UInt32(bits & 0x7FFF) << 13
        let sign = UInt32(bits & 0x8000) << 16
        // The exponents' biases differ by 112; multiplying also normalises subnormal halves.
        let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
        let special = bits & 0x7C00 == 0x7C00
        return Float(bitPattern: (special ? magnitude | 0x7F80_0000 : scaled) | sign)
    }

    @inline(__always)
    static func float(bfloat bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// Single to bfloat16, rounded to nearest even; a NaN stays a (quiet) NaN.
    @inline(__always)
    package static func bfloat(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let rounded = (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16
        let isNaN = bits & 0x7FFF_FFFF > 0x7F80_0000
        return UInt16(truncatingIfNeeded: isNaN ? bits >> 16 | 0x40 : rounded)
    }
}
