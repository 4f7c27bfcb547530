/// Where encoding writes: the ids, where asked for the place in the source at which each token ends, and room to work in.
struct TokenSink {
    var ids: [TokenID] = []
    /// Per token the offset in the source text (UTF-8) just after it; filled only when `tracksEnds`.
    var ends: [Int] = []
    let tracksEnds: Bool

    /// Reused by `BytePairModel`.
    var symbols: [TokenID] = []
    var lengths: [Int32] = []
    var merges: [UInt64] = []

    init(tracksEnds: Bool = false) {
        self.tracksEnds = tracksEnds
    }

    @inline(__always)
    mutating func append(_ id: TokenID, end: @autoclosure () -> Int) {
        ids.append(id)
        if tracksEnds { ends.append(end()) }
    }
}
