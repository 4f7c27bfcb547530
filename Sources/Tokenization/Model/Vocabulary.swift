/// Token bytes by id, and ids by token bytes.
///
/// One array holds the bytes of all tokens; an open-addressed table of ids finds a token by its bytes. Ids may have holes.
struct Vocabulary: Sendable {
    private(set) var storage: [UInt8] = []
    private var starts: [Int32] = []
    /// -1 for an id that names no token.
    private var counts: [Int32] = []
    private var slots: [TokenID]
    private let mask: Int
    private(set) var tokenCount = 0

    /// Highest id + 1.
    var size: Int { counts.count }

    /// Room for `capacity` tokens that can be found by their bytes.
    init(capacity: Int, size: Int) {
        var width = 64
        while width < capacity * 2 { width *= 2 }
        slots = [TokenID](repeating: -1, count: width)
        mask = width - 1
        starts = [Int32](repeating: 0, count: size)
        counts = [Int32](repeating: -1, count: size)
    }

    /// Whether `id` names a token.
    func contains(_ id: TokenID) -> Bool {
        id >= 0 && Int(id) < counts.count && counts[Int(id)] >= 0
    }

    /// The bytes of a token; empty for an id that names none.
    func bytes(_ id: TokenID) -> ArraySlice<UInt8> {
        guard contains(id) else { return [] }
        let start = Int(starts[Int(id)])
        return storage[start..<start + Int(counts[Int(id)])]
    }

    enum Refusal: Error {
        case idTaken
        case bytesTaken(by: TokenID)
        case tooLarge
    }

    /// Adds a token. `findable` false keeps it out of the search by bytes: it can be decoded, and encoding never makes it.
    mutating func add(_ bytes: some Collection<UInt8>, id: TokenID, findable: Bool = true) throws {
        guard counts[Int(id)] < 0 else { throw Refusal.idTaken }
        let start = storage.count
        guard start + bytes.count <= Int(Int32.max) else { throw Refusal.tooLarge }
        if findable {
            let slot = Array(bytes).withUnsafeBufferPointer { self.slot(of: $0) }
            guard slots[slot] < 0 else { throw Refusal.bytesTaken(by: slots[slot]) }
            slots[slot] = id
        }
        storage.append(contentsOf: bytes)
        starts[Int(id)] = Int32(start)
        counts[Int(id)] = Int32(bytes.count)
        tokenCount += 1
    }

    /// The id of the token with just these bytes, -1 if there is none.
    @inline(__always)
    func find(_ bytes: UnsafeBufferPointer<UInt8>) -> TokenID {
        slots.withUnsafeBufferPointer { $0[slot(of: bytes)] }
    }

    func find(_ bytes: some Collection<UInt8>) -> TokenID {
        Array(bytes).withUnsafeBufferPointer { find($0) }
    }

    /// The slot that holds these bytes, or the free one where they would go. At least half of the slots stay free.
    private func slot(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var slot = Self.hash(bytes) & mask
        return slots.withUnsafeBufferPointer { slots in
            storage.withUnsafeBufferPointer { storage in
                while slots[slot] >= 0 {
                    let id = Int(slots[slot])
                    if Int(counts[id]) == bytes.count {
                        let start = Int(starts[id])
                        var same = true
                        for index in 0..<bytes.count where storage[start + index] != bytes[index] {
                            same = false
                            break
                        }
                        if same { return slot }
                    }
                    slot = (slot + 1) & mask
                }
                return slot
            }
        }
    }

    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash ^= hash >> 32
        return Int(truncatingIfNeeded: hash & 0x7FFF_FFFF_FFFF_FFFF)
    }
}
