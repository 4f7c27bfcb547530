/// Byte pair encoding of one word: the symbols of the word, and then the best-ranked pair merged (leftmost first) until
/// none is left (Sennrich et al. 2016). Symbols are bytes in a byte-level vocabulary, else Unicode scalars.
struct BytePairModel: Sendable {
    var vocabulary: Vocabulary
    var merges: MergeTable
    /// Byte-level: the vocabulary's bytes are text bytes. Otherwise a symbol is a scalar.
    var isByteLevel: Bool
    /// The symbol of each byte: in a byte-level vocabulary the token of that byte, else its `<0xNN>`; -1 if lacking.
    var byteTokens: [TokenID]
    /// Scalars without a token become `<0xNN>` tokens.
    var fallsBackToBytes: Bool
    var unknown: TokenID?
    /// A run of unknown scalars becomes one unknown token.
    var fusesUnknown: Bool
    /// A word that is a token is that token, whatever the merges say (Llama 3).
    var ignoresMerges: Bool
    /// Ids that no text may become.
    var forbidden: Set<TokenID>

    /// Words of up to this many symbols are merged by looking through them, longer ones with a heap.
    private static let shortWord = 48

    /// Appends the tokens of `word`. `end` gives the source offset after the first n bytes of the word.
    func encode(_ word: UnsafeBufferPointer<UInt8>, into sink: inout TokenSink, end: (Int) -> Int) {
        if word.isEmpty { return }
        if ignoresMerges {
            let id = vocabulary.find(word)
            if id >= 0, !forbidden.contains(id) {
                sink.append(id, end: end(word.count))
                return
            }
        }
        sink.symbols.removeAll(keepingCapacity: true)
        sink.lengths.removeAll(keepingCapacity: true)
        if isByteLevel {
            byteTokens.withUnsafeBufferPointer { tokens in
                for byte in word {
                    sink.symbols.append(tokens[Int(byte)])
                    sink.lengths.append(1)
                }
            }
            // A byte that the vocabulary lacks is unknown, or dropped as Hugging Face's tokenizers drop it.
            if sink.symbols.contains(-1) { settleLackingBytes(&sink) }
        } else {
            splitIntoScalars(word, &sink)
        }
        if sink.symbols.count > 1 {
            if sink.symbols.count <= Self.shortWord { mergeShort(&sink) } else { mergeLong(&sink) }
        }
        var offset = 0
        for index in sink.symbols.indices where sink.symbols[index] >= 0 {
            if sink.tracksEnds { offset += Int(sink.lengths[index]) }
            sink.append(sink.symbols[index], end: end(offset))
        }
    }

    private func settleLackingBytes(_ sink: inout TokenSink) {
        var symbols: [TokenID] = []
        var lengths: [Int32] = []
        var isAfterUnknown = false
        var dropped: Int32 = 0
        for (symbol, length) in zip(sink.symbols, sink.lengths) {
            if symbol >= 0 {
                symbols.append(symbol)
                lengths.append(length + dropped)
                dropped = 0
                isAfterUnknown = false
            } else if let unknown {
                if isAfterUnknown, fusesUnknown {
                    lengths[lengths.count - 1] += length
                } else {
                    symbols.append(unknown)
                    lengths.append(length)
                }
                isAfterUnknown = true
            } else {
                dropped += length
            }
        }
        sink.symbols = symbols
        sink.lengths = lengths
    }

    private func splitIntoScalars(_ word: UnsafeBufferPointer<UInt8>, _ sink: inout TokenSink) {
        var position = 0
        // The length of unknown scalars that are not written yet.
        var unknownLength: Int32 = 0
        func flush(_ sink: inout TokenSink) {
            guard unknownLength > 0, let unknown else { return }
            sink.symbols.append(unknown)
            sink.lengths.append(unknownLength)
            unknownLength = 0
        }
        while position < word.count {
            let length = min(Scalars.length(lead: word[position]), word.count - position)
            let scalar = UnsafeBufferPointer(rebasing: word[position..<position + length])
            position += length
            let id = vocabulary.find(scalar)
            if id >= 0, !forbidden.contains(id) {
                flush(&sink)
                sink.symbols.append(id)
                sink.lengths.append(Int32(length))
            } else if fallsBackToBytes, scalar.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
                for byte in scalar {
                    sink.symbols.append(byteTokens[Int(byte)])
                    sink.lengths.append(1)
                }
            } else if unknown != nil {
                if !fusesUnknown { flush(&sink) }
                unknownLength += Int32(length)
            }
        }
        flush(&sink)
    }

    private func mergeShort(_ sink: inout TokenSink) {
        var count = sink.symbols.count
        sink.merges.removeAll(keepingCapacity: true)
        for index in 0..<count - 1 { sink.merges.append(merges.value(sink.symbols[index], sink.symbols[index + 1])) }
        sink.merges.append(MergeTable.none)
        sink.symbols.withUnsafeMutableBufferPointer { symbols in
            sink.lengths.withUnsafeMutableBufferPointer { lengths in
                sink.merges.withUnsafeMutableBufferPointer { pairs in
                    while count > 1 {
                        var best = pairs[0]
                        var place = 0
                        for index in 1..<count - 1 where pairs[index] >> 32 < best >> 32 {
                            best = pairs[index]
                            place = index
                        }
                        if best == MergeTable.none { break }
                        symbols[place] = TokenID(truncatingIfNeeded: best)
                        lengths[place] += lengths[place + 1]
                        count -= 1
                        for index in place + 1..<max(count, place + 1) {
                            symbols[index] = symbols[index + 1]
                            lengths[index] = lengths[index + 1]
                            pairs[index] = pairs[index + 1]
                        }
                        pairs[count - 1] = MergeTable.none
                        if place > 0 { pairs[place - 1] = merges.value(symbols[place - 1], symbols[place]) }
                        if place < count - 1 { pairs[place] = merges.value(symbols[place], symbols[place + 1]) }
                    }
                }
            }
        }
        sink.symbols.removeLast(sink.symbols.count - count)
    }

    /// The same with a heap of (rank, place), so that a long word takes n log n. Merged-away symbols become -1.
    private func mergeLong(_ sink: inout TokenSink) {
        let count = sink.symbols.count
        var next = Array(1...count)
        var previous = Array(-1..<count - 1)
        var heap = MinimumHeap(capacity: count)
        func pair(_ place: Int) -> UInt64 {
            next[place] < count ? merges.value(sink.symbols[place], sink.symbols[next[place]]) : MergeTable.none
        }
        func push(_ place: Int) {
            sink.merges[place] = pair(place)
            if sink.merges[place] != MergeTable.none { heap.push((sink.merges[place] & ~0xFFFF_FFFF) | UInt64(place)) }
        }
        sink.merges = [UInt64](repeating: MergeTable.none, count: count)
        for place in 0..<count { push(place) }
        while let top = heap.pop() {
            let place = Int(top & 0xFFFF_FFFF)
            let merge = sink.merges[place]
            // An entry whose pair has changed since.
            guard merge != MergeTable.none, merge >> 32 == top >> 32 else { continue }
            let gone = next[place]
            sink.symbols[place] = TokenID(truncatingIfNeeded: merge)
            sink.lengths[place] += sink.lengths[gone]
            sink.symbols[gone] = -1
            sink.lengths[gone] = 0
            sink.merges[gone] = MergeTable.none
            next[place] = next[gone]
            if next[place] < count { previous[next[place]] = place }
            push(place)
            if previous[place] >= 0 { push(previous[place]) }
        }
    }
}

/// A binary heap of plain numbers, least first.
private struct MinimumHeap {
    private var items: [UInt64] = []

    init(capacity: Int) {
        items.reserveCapacity(capacity)
    }

    mutating func push(_ item: UInt64) {
        items.append(item)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if items[parent] <= items[child] { break }
            items.swapAt(parent, child)
            child = parent
        }
    }

    mutating func pop() -> UInt64? {
        guard let least = items.first, let last = items.popLast() else { return nil }
        if items.isEmpty { return least }
        items[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= items.count { break }
            if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
            if items[parent] <= items[child] { break }
            items.swapAt(parent, child)
            parent = child
        }
        return least
    }
}
