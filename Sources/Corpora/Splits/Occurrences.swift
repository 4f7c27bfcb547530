/// Where texts occur word for word inside longer texts, white space aside: a task in a training prompt.
public enum Occurrences {
    /// For each list of parts, the place of the first text that holds all of them, if there is one.
    public static func first(of needles: [[String]], in texts: [String]) -> [Int?] {
        var parts: [[UInt8]] = []
        var index: [[UInt8]: Int] = [:]
        let wanted = needles.map { needle in
            Set(
                needle.map { text in
                    let bytes = NormalisedText.spaced(text)
                    if let known = index[bytes] { return known }
                    index[bytes] = parts.count
                    parts.append(bytes)
                    return parts.count - 1
                })
        }
        var owners = [[Int]](repeating: [], count: parts.count)
        for (needle, own) in wanted.enumerated() { for part in own { owners[part].append(needle) } }
        let search = PartSearch(parts)
        var found = [Int?](repeating: nil, count: needles.count)
        for (place, text) in texts.enumerated() {
            var counts: [Int: Int] = [:]
            for part in search.parts(in: NormalisedText.spaced(text)) {
                for needle in owners[part] where found[needle] == nil { counts[needle, default: 0] += 1 }
            }
            for (needle, count) in counts where count == wanted[needle].count { found[needle] = place }
        }
        return found
    }
}

/// Finds all of many texts in one pass: by their first eight bytes, then whole.
private struct PartSearch {
    private let all: [[UInt8]]
    private var long: [UInt64: [Int]] = [:]
    private var short: [Int] = []
    private var mayBegin = [Bool](repeating: false, count: 1 << 16)

    init(_ parts: [[UInt8]]) {
        all = parts
        for (place, part) in parts.enumerated() {
            guard part.count >= 8 else {
                short.append(place)
                continue
            }
            let key = part[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            long[key, default: []].append(place)
            mayBegin[Self.slot(key)] = true
        }
    }

    private static func slot(_ key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> 48) }

    /// The places of all parts that the text holds.
    func parts(in text: [UInt8]) -> Set<Int> {
        var found: Set<Int> = []
        text.withUnsafeBytes { text in
            var key: UInt64 = 0
            for (end, byte) in text.enumerated() {
                key = key << 8 | UInt64(byte)
                guard end >= 7, mayBegin[Self.slot(key)], let candidates = long[key] else { continue }
                let rest = text.count - (end - 7)
                for place in candidates where all[place].count <= rest && !found.contains(place) {
                    if text[(end - 7)...].starts(with: all[place]) { found.insert(place) }
                }
            }
            for place in short {
                let part = all[place]
                guard !part.isEmpty else {
                    found.insert(place)
                    continue
                }
                guard text.count >= part.count else { continue }
                if (0...text.count - part.count).contains(where: { text[$0...].starts(with: part) }) {
                    found.insert(place)
                }
            }
        }
        return found
    }
}
