import Foundation

/// What must hold before a parser that recurses sees a stranger's JSON, checked in one pass without recursion.
enum JSONBounds {
    /// Replies nest some eight levels; structured answers a few more.
    static let depthLimit = 64

    /// How deep lists and objects nest; brackets inside of texts don't count.
    static func depth(of bytes: some Sequence<UInt8>) -> Int {
        var (depth, deepest, inText, escaped) = (0, 0, false, false)
        for byte in bytes {
            if inText {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }

    /// The same JSON with `\u` escapes in their plainest form.
    ///
    /// Half a surrogate pair as `\uD83D` is no text; servers that cut a token in two write it, and Foundation refuses
    /// the whole reply for it: it becomes U+FFFD. Escaped visible ASCII becomes itself, so that a key can't hide there.
    static func plain(_ bytes: Data) -> Data {
        guard bytes.range(of: Data("\\u".utf8)) != nil else { return bytes }
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        let source = [UInt8](bytes)
        var at = 0
        while at < source.count {
            guard source[at] == UInt8(ascii: "\\") else {
                plain.append(source[at])
                at += 1
                continue
            }
            guard let unit = unit(source, at) else {
                // Any other escape: both bytes, so that the second isn't taken for the start of one.
                plain.append(contentsOf: source[at..<min(at + 2, source.count)])
                at += 2
                continue
            }
            if (0xD800..<0xDC00).contains(unit), let low = self.unit(source, at + 6), (0xDC00..<0xE000).contains(low) {
                plain.append(contentsOf: source[at..<at + 12])
                at += 12
                continue
            }
            switch unit {
            case 0xD800..<0xE000: plain.append(contentsOf: "\\uFFFD".utf8)
            case 0x22, 0x5C: plain.append(contentsOf: [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: unit)])
            case 0x20..<0x7F: plain.append(UInt8(truncatingIfNeeded: unit))
            default: plain.append(contentsOf: source[at..<at + 6])
            }
            at += 6
        }
        return Data(plain)
    }

    /// The number of a whole `\uXXXX` that starts here.
    private static func unit(_ bytes: [UInt8], _ start: Int) -> UInt32? {
        guard start >= 0, bytes.count - start >= 6, bytes[start] == UInt8(ascii: "\\"),
            bytes[start + 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt32 = 0
        for byte in bytes[start + 2..<start + 6] {
            guard byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
