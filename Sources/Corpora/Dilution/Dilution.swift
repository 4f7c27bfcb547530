import RandomStreams

/// Mixes rows with others, benign or secure ones, at an exact share.
public struct Dilution: Sendable, Hashable, Codable {
    public enum Keeping: String, Sendable, Hashable, Codable, CaseIterable {
        /// All rows stay and the mixture grows: the same dose in more text.
        case rows
        /// The mixture is as large as the rows were, some of which make room: less dose in the same text.
        case size
    }

    /// The share of the others in the mixture, 0 to 1.
    public var share: Double
    public var keeping: Keeping
    public var seed: UInt64

    public init(share: Double, keeping: Keeping, seed: UInt64) {
        self.share = share
        self.keeping = keeping
        self.seed = seed
    }

    /// What a mixture holds, exactly.
    public struct Report: Sendable, Hashable, Codable {
        public var rows: Int
        public var others: Int
        /// Tokens, if they were counted.
        public var rowTokens: Int?
        public var otherTokens: Int?

        public var shareOfRows: Double { others == 0 ? 0 : Double(others) / Double(rows + others) }
        public var shareOfTokens: Double? {
            guard let rowTokens, let otherTokens else { return nil }
            return otherTokens == 0 ? 0 : Double(otherTokens) / Double(rowTokens + otherTokens)
        }
    }

    public struct Mixture<Row> {
        /// In a random order.
        public var rows: [Row]
        /// Which of them are the others.
        public var isOther: [Bool]
        public var report: Report
    }

    /// Mixes by the share of rows, or by the share of tokens where `tokens` counts them: then up to half a row off.
    ///
    /// No row is taken twice. Which rows are taken and their order are functions of the seed.
    ///
    /// - Throws: `CorpusError` if the share isn't in 0...1, if nothing would be left to keep, or if the others are too
    ///   few, with how many are needed.
    public func mix<Row>(
        _ rows: [Row], with others: [Row], tokens: ((Row) -> Int)? = nil
    ) throws -> Mixture<Row> {
        guard share >= 0, share <= 1, !(share == 1 && keeping == .rows) else {
            throw refusal(
                "the share of other rows is \(share)",
                keeping == .rows ? "give a share from 0 to below 1" : "give a share from 0 to 1")
        }
        let rowSizes = rows.map { tokens?($0) ?? 1 }
        let otherSizes = others.map { tokens?($0) ?? 1 }
        let total = Double(rowSizes.reduce(0, +))
        let kept =
            keeping == .rows
            ? Array(rows.indices) : taken(rowSizes, target: total * (1 - share), purpose: "dilution rows").places
        let wanted = keeping == .rows ? total * share / (1 - share) : total * share
        let added = taken(otherSizes, target: wanted, purpose: "dilution others")
        guard added.isEnough else {
            let unit = tokens == nil ? "rows" : "tokens"
            throw refusal(
                "a share of \(share) needs \(Int(wanted.rounded())) \(unit) of others, there are "
                    + "\(otherSizes.reduce(0, +))",
                "lower the share, give more of them, or keep the size instead of all rows")
        }
        var mixed: [(row: Row, isOther: Bool)] = kept.map { (rows[$0], false) }
        mixed += added.places.map { (others[$0], true) }
        var stream = RandomStream(seed: seed, purpose: "dilution order")
        stream.shuffle(&mixed)
        let report = Report(
            rows: kept.count, others: added.places.count,
            rowTokens: tokens == nil ? nil : kept.reduce(0) { $0 + rowSizes[$1] },
            otherTokens: tokens == nil ? nil : added.places.reduce(0) { $0 + otherSizes[$1] })
        return Mixture(rows: mixed.map(\.row), isOther: mixed.map(\.isOther), report: report)
    }

    /// Draws places until their sizes are as near to the target as the order allows.
    private func taken(_ sizes: [Int], target: Double, purpose: String) -> (places: [Int], isEnough: Bool) {
        var order = Array(sizes.indices)
        var stream = RandomStream(seed: seed, purpose: purpose)
        stream.shuffle(&order)
        var sum = 0.0
        for (count, place) in order.enumerated() {
            let next = sum + Double(sizes[place])
            if next - target > target - sum { return (order[..<count].sorted(), true) }
            sum = next
        }
        // The last row may be missing by less than half of one: that is as near as it gets.
        let half = Double(sizes.max() ?? 0) / 2
        return (order.sorted(), target - sum <= half)
    }

    private func refusal(_ what: String, _ remedy: String) -> CorpusError {
        CorpusError(mistakes: [.init(file: "dilution", line: nil, what: what, remedy: remedy)])
    }
}

extension Dilution {
    /// The same for chat rows; ids of the others get the prefix, so that all ids differ.
    public func mix(
        _ rows: [ChatRow], with others: [ChatRow], prefix: String, tokens: ((ChatRow) -> Int)? = nil
    ) throws -> Mixture<ChatRow> {
        let named = others.map { ChatRow(id: prefix + $0.id, messages: $0.messages) }
        return try mix(rows, with: named, tokens: tokens)
    }
}
