/// GPT-2's way to write any byte as a printable character: a byte-level vocabulary is spelled in these 256 characters
/// (a space is "Ġ", a newline "Ċ").
enum ByteAlphabet {
    /// The byte for each scalar below U+0144, -1 where the scalar is none of the 256.
    private static let byteOfScalar: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        var spare = 0x100
        for byte in 0..<256 {
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
                bytes[byte] = Int16(byte)
            } else {
                bytes[spare] = Int16(byte)
                spare += 1
            }
        }
        return bytes
    }()

    /// Appends the bytes that a token's spelling stands for; false, with nothing appended, where a character isn't in
    /// the alphabet.
    static func append<Bytes: Collection<UInt8>>(_ spelling: Bytes, to raw: inout [UInt8]) -> Bool {
        let before = raw.count
        return byteOfScalar.withUnsafeBufferPointer { table in
            var lead: UInt32 = 0
            for byte in spelling {
                var scalar = UInt32(byte)
                if lead != 0 {
                    scalar = lead | UInt32(byte & 0x3F)
                    lead = 0
                } else if byte >= 0x80 {
                    if byte & 0xE0 == 0xC0 {
                        lead = UInt32(byte & 0x1F) << 6
                        continue
                    }
                    scalar = UInt32.max
                }
                let value: Int16 = scalar < 0x144 ? table[Int(scalar)] : -1
                guard value >= 0 else {
                    raw.removeLast(raw.count - before)
                    return false
                }
                raw.append(UInt8(truncatingIfNeeded: value))
            }
            return true
        }
    }
}
