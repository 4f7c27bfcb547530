/// Texts as they are compared: what differs only in these ways is the same task or the same program.
public enum NormalisedText {
    /// A request in lower case, words only, single spaces.
    public static func task(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        var pending = false
        for byte in text.lowercased().utf8 {
            let isWord = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
            guard isWord else {
                pending = true
                continue
            }
            if pending, !out.isEmpty { out.append(0x20) }
            pending = false
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// A program without Markdown fences and blank lines, runs of white space as one space.
    public static func code(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        for line in text.utf8.split(separator: 0x0A) {
            let start = line.drop { $0 <= 0x20 }
            if start.starts(with: [0x60, 0x60, 0x60]) { continue }
            append(start, to: &out)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// A text with runs of white space as one space, none at its ends.
    static func spaced(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        append(text.utf8, to: &out)
        return out
    }

    private static func append(_ bytes: some Sequence<UInt8>, to out: inout [UInt8]) {
        var pending = !out.isEmpty
        for byte in bytes {
            guard byte > 0x20 else {
                pending = !out.isEmpty
                continue
            }
            if pending { out.append(0x20) }
            pending = false
            out.append(byte)
        }
    }
}
