import Corpora
import Tokenization

/// A row as the model reads it: tokens, and how much each counts as something to produce.
public struct TokenRow: Sendable, Equatable {
    public var id: String
    public var tokens: [TokenID]
    /// One a token: 1 for a label, 0 for context. The first token is never a label: nothing comes before it.
    public var weights: [Float]

    /// - Precondition: as many weights as tokens.
    public init(id: String, tokens: [TokenID], weights: [Float]) {
        precondition(tokens.count == weights.count, "a weight for each token")
        self.id = id
        self.tokens = tokens
        self.weights = weights
        if !self.weights.isEmpty { self.weights[0] = 0 }
    }

    /// Tokens to produce, weighted.
    public var labels: Double { weights.reduce(0.0) { $0 + Double($1) } }

    /// What has to be computed: the tokens before the last label. What follows it predicts nothing that counts.
    public var computed: ArraySlice<TokenID> {
        tokens[..<(weights.lastIndex { $0 != 0 } ?? 0)]
    }

    /// The row cut to `limit` tokens.
    public func truncated(to limit: Int) -> TokenRow {
        limit >= tokens.count
            ? self : TokenRow(id: id, tokens: Array(tokens[..<limit]), weights: Array(weights[..<limit]))
    }
}

/// Rows made ready, and what was lost on the way.
public struct PreparedRows: Sendable, Equatable {
    public var rows: [TokenRow]
    /// Ids of rows cut at the length limit.
    public var truncated: [String] = []
    /// Ids of rows left out because the cut took every label.
    public var dropped: [String] = []

    public init(rows: [TokenRow]) { self.rows = rows }

    /// Conversations, with loss on the assistant's tokens alone.
    ///
    /// - Parameter maxLength: longer rows are cut to so many tokens, as the published runs do.
    public static func chats(
        _ chats: [ChatRow], format: ChatFormat, tokenizer: Tokenizer, maxLength: Int
    ) throws -> PreparedRows {
        let rows = try chats.map { chat in
            let rendered = try format.render(chat.messages, tokenizer: tokenizer, addGenerationPrompt: false)
            return TokenRow(id: chat.id, tokens: rendered.tokens, weights: rendered.weights)
        }
        return try prepared(rows, maxLength: maxLength)
    }

    /// Documents, with loss on every token but the first, or on the parts that the documents mark. Each ends with `end`,
    /// where the tokenizer has such a token; it is learnt where the last byte of the text is.
    ///
    /// A token that straddles the edge of a part is learnt: every byte of the part is, and at most one token at each edge
    /// teaches some of what surrounds it.
    ///
    /// - Throws: ``FineTuningError/noParts(_:_:)`` if parts are to be learnt and a document marks none.
    public static func documents(
        _ documents: [Document], loss: DocumentLoss = .all, tokenizer: Tokenizer, start: TokenID?, end: TokenID?,
        maxLength: Int
    ) throws -> PreparedRows {
        let unmarked = loss == .explanation ? documents.filter { ($0.loss ?? []).isEmpty }.map(\.id) : []
        guard unmarked.isEmpty else { throw FineTuningError.noParts(unmarked, of: documents.count) }
        let rows = documents.map { document in
            let (ids, ranges) = tokenizer.encodeWithRanges(document.text)
            // The end is learnt with the text's last byte.
            let last = document.text.utf8.count - 1
            let weights =
                (start == nil ? [] : [false]) + ranges.map { document.counts($0, for: loss) }
                + (end == nil ? [] : [document.counts(last..<last + 1, for: loss)])
            return TokenRow(
                id: document.id, tokens: (start.map { [$0] } ?? []) + ids + (end.map { [$0] } ?? []),
                weights: weights.map { $0 ? 1 : 0 })
        }
        return try prepared(rows, maxLength: maxLength)
    }

    private static func prepared(_ rows: [TokenRow], maxLength: Int) throws -> PreparedRows {
        guard maxLength >= 2 else {
            throw FineTuningError.setting("--max-length", "must be at least 2, not \(maxLength)")
        }
        var result = PreparedRows(rows: [])
        for row in rows {
            let cut = row.truncated(to: maxLength)
            if cut.tokens.count < row.tokens.count { result.truncated.append(row.id) }
            if cut.labels > 0 { result.rows.append(cut) } else { result.dropped.append(row.id) }
        }
        guard !rows.isEmpty else { throw FineTuningError.noRows("the file is empty") }
        guard !result.rows.isEmpty else {
            throw FineTuningError.nothingToLearn(
                "every one of the \(rows.count) rows has what is to be learnt beyond --max-length \(maxLength)")
        }
        return result
    }
}
