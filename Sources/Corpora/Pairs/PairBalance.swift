/// How far a preference could be read off the answers' looks instead of their content.
public struct PairBalance: Sendable, Hashable, Codable {
    /// One measure of looks over some preferences.
    public struct Line: Sendable, Hashable, Codable {
        /// `characters`, `lines`, `comment lines`, `code fences`, `tokens`.
        public var measure: String
        /// `plain`, `asked`, or `all`.
        public var half: String
        public var count: Int
        public var meanChosen: Double
        public var meanRejected: Double
        /// Shares of preferences in which the chosen answer has more, and in which both have the same.
        public var chosenMore: Double
        public var equal: Double
        /// Probability that the chosen answer of a pair has more than its own rejected one, ties half: 0.5 is balance.
        public var pairedAUC: Double
        /// The same for a chosen and a rejected answer of any two pairs (Mann and Whitney).
        public var auc: Double
        /// Share of pairs in which this measure alone, its direction known, tells the preference: at least 0.5.
        public var readable: Double { max(pairedAUC, 1 - pairedAUC) }
    }

    public var lines: [Line]

    /// - Parameter tokens: counts tokens of an answer, if a tokenizer is at hand.
    public init(_ rows: [PairedRow], tokens: ((String) -> Int)? = nil) {
        var measures: [(String, (String) -> Int)] = [
            ("characters", { $0.count }), ("lines", { codeLines($0).count }),
            ("comment lines", { codeLines($0).count(where: Self.isComment) }),
            ("code fences", { codeLines($0).count { $0.hasPrefix("```") } }),
        ]
        if let tokens { measures.append(("tokens", tokens)) }
        var lines: [Line] = []
        for (name, measure) in measures {
            let counts = rows.map { (half: $0.half, chosen: measure($0.chosen), rejected: measure($0.rejected)) }
            lines.append(Self.line(name, "all", counts.map { ($0.chosen, $0.rejected) }))
            for half in ComplementaryPair.Half.allCases {
                let own = counts.filter { $0.half == half }.map { ($0.chosen, $0.rejected) }
                if !own.isEmpty { lines.append(Self.line(name, half.rawValue, own)) }
            }
        }
        self.lines = lines
    }

    private static func isComment(_ line: Substring) -> Bool {
        let start = line.drop(while: \.isWhitespace)
        return ["#", "//", "/*", "*", "--"].contains { start.hasPrefix($0) } && !start.hasPrefix("#include")
    }

    private static func line(_ measure: String, _ half: String, _ counts: [(chosen: Int, rejected: Int)]) -> Line {
        let n = Double(max(1, counts.count))
        let more = Double(counts.count { $0.chosen > $0.rejected }) / n
        let equal = Double(counts.count { $0.chosen == $0.rejected }) / n
        return Line(
            measure: measure, half: half, count: counts.count,
            meanChosen: counts.reduce(0) { $0 + Double($1.chosen) } / n,
            meanRejected: counts.reduce(0) { $0 + Double($1.rejected) } / n, chosenMore: more, equal: equal,
            pairedAUC: counts.isEmpty ? 0.5 : more + equal / 2,
            auc: rankAUC(counts.map(\.chosen), counts.map(\.rejected)))
    }

    /// P(a > b) + P(a = b) / 2 over all a and b, by ranks.
    static func rankAUC(_ a: [Int], _ b: [Int]) -> Double {
        guard !a.isEmpty, !b.isEmpty else { return 0.5 }
        let all = (a.map { ($0, true) } + b.map { ($0, false) }).sorted { $0.0 < $1.0 }
        var (start, below, sum) = (0, 0, 0.0)
        while start < all.count {
            var end = start
            while end < all.count, all[end].0 == all[start].0 { end += 1 }
            let own = all[start..<end].count { $0.1 }
            let others = end - start - own
            sum += Double(own) * (Double(below) + Double(others) / 2)
            below += others
            start = end
        }
        return sum / (Double(a.count) * Double(b.count))
    }
}

extension PairBalance: CustomStringConvertible {
    public var description: String {
        let head = ["measure", "half", "pairs", "chosen", "rejected", "longer", "equal", "paired AUC", "AUC"]
        let rows = lines.map { line in
            [
                line.measure, line.half, String(line.count), decimal(line.meanChosen, 1), decimal(line.meanRejected, 1),
                decimal(line.chosenMore, 3), decimal(line.equal, 3), decimal(line.pairedAUC, 3), decimal(line.auc, 3),
            ]
        }
        return textTable(head, rows)
    }
}
