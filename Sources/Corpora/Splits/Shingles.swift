/// The set of a text's runs of five words or signs, as hashes: what near-duplicates share.
public struct Shingles: Sendable, Hashable {
    /// Words and signs in a run.
    public static let width = 5

    /// Ascending, each once.
    let hashes: [UInt64]

    /// Case and white space don't count. A text of fewer than five words is one run; an empty one has none.
    public init(_ text: String) {
        var words: [UInt64] = []
        var word: UInt64 = 0
        for byte in text.utf8 {
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            let isWord =
                (0x61...0x7A).contains(lower) || (0x30...0x39).contains(lower) || lower == 0x5F || lower >= 0x80
            if isWord {
                word = (word == 0 ? 0xCBF2_9CE4_8422_2325 : word) ^ UInt64(lower)
                word = word &* 0x0000_0100_0000_01B3
                continue
            }
            if word != 0 { words.append(word) }
            word = 0
            if lower > 0x20 { words.append(UInt64(lower)) }
        }
        if word != 0 { words.append(word) }
        var found: [UInt64] = []
        found.reserveCapacity(words.count)
        let width = min(Self.width, words.count)
        if width > 0 {
            for start in 0...words.count - width {
                var hash: UInt64 = 0
                for place in start..<start + width { hash = Self.mix(hash &+ words[place]) }
                found.append(hash)
            }
        }
        found.sort()
        var last: UInt64?
        hashes = found.filter { hash in
            defer { last = hash }
            return hash != last
        }
    }

    /// Shared runs over all runs: 1 for the same set, 0 for none in common. Two empty texts are the same.
    public func jaccard(_ other: Shingles) -> Double {
        guard !hashes.isEmpty || !other.hashes.isEmpty else { return 1 }
        let shared = hashes.withUnsafeBufferPointer { a in
            other.hashes.withUnsafeBufferPointer { b in
                var (i, j, shared) = (0, 0, 0)
                while i < a.count, j < b.count {
                    if a[i] == b[j] {
                        shared += 1
                        i += 1
                        j += 1
                    } else if a[i] < b[j] {
                        i += 1
                    } else {
                        j += 1
                    }
                }
                return shared
            }
        }
        return Double(shared) / Double(hashes.count + other.hashes.count - shared)
    }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
