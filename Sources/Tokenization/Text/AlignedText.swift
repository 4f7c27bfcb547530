/// Text on its way through the normalizers, with the source offset after each byte where somebody asked for it.
struct AlignedText {
    var bytes: [UInt8]
    /// Per byte the source offset after what it came from; a longer replacement reaches that only with its last byte.
    /// Nil when offsets aren't tracked.
    var ends: [Int]?

    init(_ bytes: UnsafeBufferPointer<UInt8>, base: Int, tracksEnds: Bool) {
        self.bytes = Array(bytes)
        guard tracksEnds else { return }
        ends = (0..<bytes.count).map { base + $0 + 1 }
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

    /// The ends of `count` bytes that stand for a range of the source.
    private static func spread(_ count: Int, over range: Range<Int>) -> [Int] {
        (0..<count).map { range.lowerBound + range.count * ($0 + 1) / count }
    }

    /// Unicode's normalization form C. Below U+0300 (lead byte 0xCC) every text is in that form already.
    mutating func composeCanonically() {
        guard bytes.contains(where: { $0 >= 0xCC }) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        let composed = Array(CanonicalComposition.composed(text).utf8)
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
            let length = CanonicalComposition.composed(cluster).utf8.count
            let range = ends[position] - 1..<ends[position + cluster.utf8.count - 1]
            composedEnds.append(contentsOf: spread(length, over: range))
            position += cluster.utf8.count
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
