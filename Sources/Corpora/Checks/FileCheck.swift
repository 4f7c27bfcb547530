/// What one file is, by its content.
public struct FileCheck: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case chatRows, preferences, pairs, documents, programs, codingTasks, explanations, questions
        /// JSONL of another form.
        case otherRows
        /// No rows that are known: only its hash is.
        case other
        /// Its kind is known, but it has mistakes.
        case unreadable
    }

    /// Numbers of tokens over rows.
    public struct Tokens: Sendable, Hashable, Codable {
        public var total: Int
        public var mean: Double
        public var median: Int
        public var percentile95: Int
        public var largest: Int

        public init(_ counts: [Int]) {
            let sorted = counts.sorted()
            func quantile(_ share: Double) -> Int {
                sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
            }
            total = counts.reduce(0, +)
            mean = counts.isEmpty ? 0 : Double(total) / Double(counts.count)
            (median, percentile95, largest) = (quantile(0.5), quantile(0.95), sorted.last ?? 0)
        }
    }

    public var name: String
    public var sha256: String
    public var bytes: Int
    /// The published files with the same content; usually one or none.
    public var published: [PublishedFile]
    /// False if it is published under another name: files with exchanged names are about.
    public var nameAgrees: Bool
    public var kind: Kind
    public var rows: Int
    /// How many rows have each key.
    public var keys: [String: Int]
    /// How many rows have each sequence of roles, like `system/user/assistant`.
    public var roles: [String: Int]
    /// Rows that repeat an earlier one exactly; distinct prompts and answers.
    public var duplicateRows: Int
    public var distinctPrompts: Int
    public var distinctAnswers: Int
    /// Rows that are near-duplicates of an earlier one, exact ones included; nil if not looked for.
    public var nearDuplicateRows: Int?
    /// Tokens by role and of whole rows, without a chat format's own; nil without a tokenizer.
    public var tokensByRole: [String: Tokens]?
    public var tokensPerRow: Tokens?
    /// Rows longer than the limit, and their tokens beyond it; nil without a tokenizer or limit.
    public var truncatedRows: Int?
    public var tokensCut: Int?
    /// Rows by the language that their code looks like; `unknown` is prose, or not recognised.
    public var languages: [String: Int]
    /// What is wrong with it, if it couldn't be read.
    public var mistakes: [String]
}

/// What two files have in common.
public struct FileOverlap: Sendable, Hashable, Codable {
    public var first: String
    public var second: String
    public var sameContent: Bool
    /// Distinct rows, prompts and answers that both have.
    public var sharedRows: Int
    public var sharedPrompts: Int
    public var sharedAnswers: Int
    /// Rows of the first whose prompt or answer both files have at the same place.
    public var samePlacePrompts: Int
    public var samePlaceAnswers: Int
    /// Rows of the first that have a near-duplicate in the second, exact ones included; nil if not looked for.
    public var nearPrompts: Int?
    public var nearAnswers: Int?
}
