import Foundation

/// Text on its way through the normalizers, with the source offset after each byte where somebody asked for it.
struct AlignedText {
    var bytes: [UInt8]
    /// Per byte: where in the source the scalar ends that it came from. Nil when offsets aren't tracked.
    var ends: [Int]?

    init(_ bytes: UnsafeBufferPointer<UInt8>, base: Int, tracksEnds: Bool) {
        self.bytes = Array(bytes)
        guard tracksEnds else { return }
        var ends: [Int] = []
        ends.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let length = min(Scalars.length(lead: bytes[position]), bytes.count - position)
            for _ in 0..<length { ends.append(base + position + length) }
            position += length
        }
        self.ends = ends
    }

    /// The source offset after the first `count` bytes, given where the source starts.
    func end(_ count: Int, base: Int) -> Int {
        guard let ends, count > 0 else { return base }
        return ends[count - 1]
    }

    mutating func prepend(_ prefix: [UInt8], base: Int) {
        guard !bytes.isEmpty else { return }
        bytes.insert(contentsOf: prefix, at: 0)
        ends?.insert(contentsOf: repeatElement(base, count: prefix.count), at: 0)
    }

    mutating func replace(_ pattern: [UInt8], with content: [UInt8]) {
        guard let first = pattern.first, bytes.contains(first) else { return }
        var replaced: [UInt8] = []
        var replacedEnds: [Int] = []
        replaced.reserveCapacity(bytes.count * 2)
        var position = 0
        while position < bytes.count {
            if bytes[position] == first, bytes[position...].starts(with: pattern) {
                replaced.append(contentsOf: content)
                if let ends {
                    replacedEnds.append(
                        contentsOf: repeatElement(ends[position + pattern.count - 1], count: content.count))
                }
                position += pattern.count
            } else {
                replaced.append(bytes[position])
                if let ends { replacedEnds.append(ends[position]) }
                position += 1
            }
        }
        bytes = replaced
        if ends != nil { ends = replacedEnds }
    }

    /// Unicode's normalization form C. Below U+0300 (lead byte 0xCC) every text is in that form already.
    mutating func composeCanonically() {
        guard bytes.contains(where: { $0 >= 0xCC }) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        let composed = Array(text.precomposedStringWithCanonicalMapping.utf8)
        guard composed != bytes else { return }
        if let ends { self.ends = Self.composedEnds(of: text, count: composed.count, ends: ends) }
        bytes = composed
    }

    /// Composition stays within a grapheme cluster, so offsets are kept cluster by cluster.
    private static func composedEnds(of text: String, count: Int, ends: [Int]) -> [Int] {
        var composedEnds: [Int] = []
        var position = 0
        for character in text {
            let cluster = String(character)
            position += cluster.utf8.count
            let length = cluster.precomposedStringWithCanonicalMapping.utf8.count
            composedEnds.append(contentsOf: repeatElement(ends[position - 1], count: length))
        }
        // Not seen; offsets then point at the end of the text, and the ids stay right.
        guard composedEnds.count == count else { return Array(repeating: ends.last ?? 0, count: count) }
        return composedEnds
    }
}

extension AlignedText {
    /// A part of another text, with that text's source offsets.
    init(slice range: Range<Int>, of text: AlignedText) {
        bytes = Array(text.bytes[range])
        ends = text.ends.map { Array($0[range]) }
    }
}
