/// What two neighbouring symbols become: (left id, right id) to (rank, id of the joined token), open-addressed.
struct MergeTable: Sendable {
    private var keys: [UInt64]
    private var values: [UInt64]
    private let mask: Int
    /// Takes a hash's upper bits: they depend on all of a key, its lower ones only on the right id.
    private let shift: Int
    private(set) var count = 0

    /// No merge. Greater than every real value, so that the least value of a word is its next merge.
    static let none = UInt64.max

    init(capacity: Int) {
        var width = 64
        while width < capacity * 2 { width *= 2 }
        keys = [UInt64](repeating: 0, count: width)
        values = [UInt64](repeating: Self.none, count: width)
        mask = width - 1
        shift = UInt64.bitWidth - width.trailingZeroBitCount
    }

    /// Later entries for the same pair are dropped when `keepingFirst`, else they replace the earlier one.
    mutating func add(left: TokenID, right: TokenID, rank: UInt32, joined: TokenID, keepingFirst: Bool = false) {
        let key = Self.key(left, right)
        let slot = self.slot(of: key)
        if values[slot] == Self.none { count += 1 } else if keepingFirst { return }
        keys[slot] = key
        values[slot] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: joined))
    }

    /// Rank in the upper half, joined id in the lower; `none` where the two don't merge.
    @inline(__always)
    func value(_ left: TokenID, _ right: TokenID) -> UInt64 {
        values.withUnsafeBufferPointer { $0[slot(of: Self.key(left, right))] }
    }

    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        keys.withUnsafeBufferPointer { keys in
            values.withUnsafeBufferPointer { values in
                var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> UInt64(shift))
                while values[slot] != Self.none, keys[slot] != key { slot = (slot + 1) & mask }
                return slot
            }
        }
    }

    @inline(__always)
    private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}
