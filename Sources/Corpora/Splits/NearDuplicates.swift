/// Texts whose shingles agree to a share of at least 0.8 or another threshold, found without comparing all with all.
///
/// MinHash signatures of 96 values in 24 bands of 4 propose candidates (Broder 1997; Leskovec, Rajaraman, Ullman,
/// ch. 3): at Jaccard 0.8 one in 300,000 pairs is missed, at 0.7 one in 800. Each candidate is then compared exactly, so
/// what is found is a near-duplicate. A fixed function: no draws.
public struct NearDuplicates: Sendable {
    public static let threshold = 0.8
    private static let bands = 24
    private static let rows = 4

    private let shingles: [Shingles]

    public init(_ texts: [String]) { shingles = texts.map(Shingles.init) }

    /// For each text, the lowest place of a text that it is linked with by near-duplicates; its own if with none.
    public func groups(threshold: Double = threshold) -> [Int] {
        var union = Groups(count: shingles.count)
        // Equal sets are one candidate: a file of copies would make its buckets quadratic.
        var first: [Shingles: Int] = [:]
        var distinct: [Int] = []
        for (place, set) in shingles.enumerated() {
            if let same = first[set] {
                union.join(same, place)
            } else {
                first[set] = place
                distinct.append(place)
            }
        }
        let signatures = distinct.map { Self.signature(shingles[$0]) }
        for band in 0..<Self.bands {
            var buckets: [UInt64: [Int]] = [:]
            for (place, signature) in zip(distinct, signatures) where !signature.isEmpty {
                buckets[signature[band], default: []].append(place)
            }
            for bucket in buckets.values where bucket.count > 1 {
                for (index, a) in bucket.enumerated() {
                    for b in bucket[(index + 1)...] where union.root(a) != union.root(b) {
                        if isNear(shingles[a], shingles[b], threshold) { union.join(a, b) }
                    }
                }
            }
        }
        return shingles.indices.map { union.root($0) }
    }

    /// For each text, a place among the other's texts that it is a near-duplicate of, if there is one.
    public func places(in other: NearDuplicates, threshold: Double = threshold) -> [Int?] {
        var first: [Shingles: Int] = [:]
        for (place, set) in other.shingles.enumerated() where first[set] == nil { first[set] = place }
        let distinct = first.values.sorted()
        var buckets = [[UInt64: [Int]]](repeating: [:], count: Self.bands)
        for place in distinct {
            let signature = Self.signature(other.shingles[place])
            for (band, value) in signature.enumerated() { buckets[band][value, default: []].append(place) }
        }
        return shingles.map { set in
            if let same = first[set] { return same }
            var tried: Set<Int> = []
            for (band, value) in Self.signature(set).enumerated() {
                for place in buckets[band][value] ?? [] where tried.insert(place).inserted {
                    if isNear(set, other.shingles[place], threshold) { return place }
                }
            }
            return nil
        }
    }

    private func isNear(_ a: Shingles, _ b: Shingles, _ threshold: Double) -> Bool {
        let (less, more) = (min(a.hashes.count, b.hashes.count), max(a.hashes.count, b.hashes.count))
        guard Double(less) >= threshold * Double(more) else { return false }
        return a.jaccard(b) >= threshold
    }

    /// One value a band, from the least hash under each of its four functions; empty for a text without shingles.
    private static func signature(_ set: Shingles) -> [UInt64] {
        guard !set.hashes.isEmpty else { return [] }
        var least = [UInt64](repeating: .max, count: bands * rows)
        least.withUnsafeMutableBufferPointer { least in
            for hash in set.hashes {
                for place in 0..<least.count {
                    let (factor, summand) = functions[place]
                    let value = hash &* factor &+ summand
                    // The upper bits of a product are the well mixed ones.
                    least[place] = min(least[place], value >> 16)
                }
            }
        }
        return (0..<bands).map { band in
            (0..<rows).reduce(UInt64(band)) { Shingles.mix($0 &+ least[band * rows + $1]) }
        }
    }

    private static let functions: [(UInt64, UInt64)] = (0..<UInt64(bands * rows)).map {
        (Shingles.mix($0 &* 2 &+ 1) | 1, Shingles.mix($0 &* 2 &+ 2))
    }
}

/// Union-find with the lowest place as each group's root.
struct Groups {
    private var parent: [Int]

    init(count: Int) { parent = Array(0..<count) }

    mutating func root(_ place: Int) -> Int {
        var place = place
        while parent[place] != place {
            parent[place] = parent[parent[place]]
            place = parent[place]
        }
        return place
    }

    mutating func join(_ a: Int, _ b: Int) {
        let (a, b) = (root(a), root(b))
        parent[max(a, b)] = min(a, b)
    }
}
