import RandomStreams

extension PreferenceSet {
    /// The mini-batches of one epoch that honour the set's rule: places in `rows`, every row once.
    ///
    /// - Parameters:
    ///   - pairs: pairs a mini-batch, so twice as many rows; the last ones may have fewer.
    ///   - epoch: counted from 0; each has its own order, a function of (seed, epoch) alone.
    /// - Throws: `CorpusError` if `pairs` is below 1, if halves that belong together aren't both there, or if all pairs
    ///   fit into one mini-batch though halves must be apart.
    public func batches(pairs size: Int, seed: UInt64, epoch: Int) throws -> [[Int]] {
        guard size >= 1, epoch >= 0 else {
            throw refusal(
                "\(size) pairs a mini-batch, epoch \(epoch)", "at least 1 pair is needed, epochs count from 0")
        }
        var stream = RandomStream(seed: seed, purpose: "pair batches", item: UInt64(epoch))
        if batching == .free {
            var order = Array(rows.indices)
            stream.shuffle(&order)
            return chunks(order, of: size.multipliedReportingOverflow(by: 2).overflow ? size : size * 2)
        }
        var halves: [String: [ComplementaryPair.Half: Int]] = [:]
        var names: [String] = []
        for (place, row) in rows.enumerated() {
            if halves[row.pair] == nil { names.append(row.pair) }
            guard halves[row.pair, default: [:]].updateValue(place, forKey: row.half) == nil else {
                throw refusal("the pair \"\(shortened(row.pair))\" has a half twice", "a pair has each half once")
            }
        }
        stream.shuffle(&names)
        let blocks = chunks(names, of: size)
        if batching == .together {
            return try blocks.map { block in
                try block.flatMap { name in
                    guard let plain = halves[name]?[.plain], let asked = halves[name]?[.asked] else {
                        throw refusal("the pair \"\(shortened(name))\" lacks a half", "add it, or remove the other")
                    }
                    return [plain, asked]
                }
            }
        }
        guard blocks.count >= 2 else {
            throw refusal(
                "all \(names.count) pairs fit into one mini-batch of \(size), yet halves must be apart",
                "make the mini-batch smaller")
        }
        // The asked halves lag one mini-batch behind: each still has as many of one half as of the other.
        return blocks.indices.map { index in
            let earlier = blocks[(index + blocks.count - 1) % blocks.count]
            return blocks[index].compactMap { halves[$0]?[.plain] } + earlier.compactMap { halves[$0]?[.asked] }
        }.filter { !$0.isEmpty }
    }

    /// Where mini-batches break the set's rule, in words; empty if they honour it. Also rows left out or there twice.
    public func violations(of batches: [[Int]]) -> [String] {
        var found: [String] = []
        var times = [Int](repeating: 0, count: rows.count)
        for (number, batch) in batches.enumerated() {
            var halves: [String: Int] = [:]
            for place in batch {
                guard rows.indices.contains(place) else {
                    found.append("mini-batch \(number) has the row \(place), there are \(rows.count)")
                    continue
                }
                times[place] += 1
                halves[rows[place].pair, default: 0] += 1
            }
            for (pair, count) in halves.sorted(by: { $0.key < $1.key }) {
                if batching == .together, count != 2 {
                    found.append("mini-batch \(number) has \(count) half of the pair \"\(pair)\"")
                } else if batching == .apart, count > 1 {
                    found.append("mini-batch \(number) has both halves of the pair \"\(pair)\"")
                }
            }
        }
        for (place, count) in times.enumerated() where count != 1 {
            found.append("the row \"\(rows[place].id)\" is there \(count) times")
        }
        return found
    }

    private func refusal(_ what: String, _ remedy: String) -> CorpusError {
        CorpusError(mistakes: [.init(file: "mini-batches", line: nil, what: what, remedy: remedy)])
    }
}

private func chunks<Value>(_ values: [Value], of size: Int) -> [[Value]] {
    stride(from: 0, to: values.count, by: size).map { Array(values[$0..<min(values.count - $0, size) + $0]) }
}
