/// A conversation ready for a model: token ids, and how much each counts in a loss.
public struct RenderedChat: Sendable, Equatable {
    public var tokens: [TokenID]
    /// 1 on what the model has to produce, 0 elsewhere (see `ChatFormat.render`); as many as tokens.
    public var weights: [Float]
    /// The same as text, special tokens spelled out: what to log as the exact prompt.
    public var renderedText: String
    public var format: ChatFormat
    /// The date in the header, for a format that has one.
    public var date: String?

    public init(tokens: [TokenID], weights: [Float], renderedText: String, format: ChatFormat, date: String? = nil) {
        self.tokens = tokens
        self.weights = weights
        self.renderedText = renderedText
        self.format = format
        self.date = date
    }

    /// The tokens of the last answer: the last unbroken run with weight. Render without a generation prompt to have the
    /// answer that ends the conversation; with one, this is an answer before it.
    public var lastResponse: Range<Int>? {
        guard let last = weights.lastIndex(where: { $0 > 0 }) else { return nil }
        let before = weights[..<last].lastIndex { $0 == 0 }
        return (before.map { $0 + 1 } ?? 0)..<last + 1
    }

    /// What stands before the last answer, and that answer with the token that ends it; what follows it (ChatML's last
    /// newline) is in neither. Without an answer everything is prompt.
    public var promptAndResponse: (prompt: [TokenID], response: [TokenID]) {
        guard let lastResponse else { return (tokens, []) }
        return (Array(tokens[..<lastResponse.lowerBound]), Array(tokens[lastResponse]))
    }

    init(_ script: ChatScript, format: ChatFormat, date: String?, tokenizer: Tokenizer) throws {
        var writer = ChatWriter(tokenizer: tokenizer)
        for (piece, counts) in script.pieces {
            switch piece {
            case .text(let text):
                writer.text(text, counts: counts)
            case .marker(let name):
                if let id = tokenizer.addedToken(name) {
                    writer.token(id, name, counts: counts)
                } else {
                    writer.text(name, counts: counts)
                }
            case .special(let name):
                guard let id = tokenizer.addedToken(name) else {
                    throw TokenizerError(
                        "the chat format \(format.rawValue) needs the token \(name), which this model's tokenizer "
                            + "doesn't have; choose the model's own with --chat-format NAME, one of "
                            + ChatFormat.allCases.map(\.rawValue).joined(separator: ", "))
                }
                writer.token(id, name, counts: counts)
            }
        }
        writer.flush()
        tokens = writer.sink.ids
        weights = writer.weights
        renderedText = String(decoding: writer.bytes, as: UTF8.self)
        self.format = format
        self.date = date
    }
}

/// Tokenises a script: text between special tokens in one go, then weights by place in the text.
private struct ChatWriter {
    let tokenizer: Tokenizer
    var sink = TokenSink(tracksEnds: true)
    var weights: [Float] = []
    var bytes: [UInt8] = []
    /// Where the text starts that isn't tokenised yet, and which stretches of it count.
    private var start = 0
    private var counting: [Range<Int>] = []
    /// Whether the token before takes white space on its right along.
    private var stripsLeading = false

    init(tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    mutating func text(_ text: String, counts: Bool) {
        let lower = bytes.count
        bytes.append(contentsOf: text.utf8)
        guard counts, bytes.count > lower else { return }
        if counting.last?.upperBound == lower {
            counting[counting.count - 1] = counting[counting.count - 1].lowerBound..<bytes.count
        } else {
            counting.append(lower..<bytes.count)
        }
    }

    mutating func token(_ id: TokenID, _ name: String, counts: Bool) {
        flush(strippingTrailing: tokenizer.addedToken(id)?.stripsLeft ?? false)
        bytes.append(contentsOf: name.utf8)
        start = bytes.count
        sink.append(id, end: bytes.count)
        weights.append(counts ? 1 : 0)
        stripsLeading = tokenizer.addedToken(id)?.stripsRight ?? false
    }

    mutating func flush(strippingTrailing: Bool = false) {
        let text = Array(bytes[start...])
        let base = start
        let first = sink.ids.count
        text.withUnsafeBufferPointer { text in
            let lower = stripsLeading ? AddedTokenFinder.spaceEnd(text, after: 0) : 0
            let upper = strippingTrailing ? AddedTokenFinder.spaceStart(text, before: text.count) : text.count
            guard lower < upper else { return }
            tokenizer.encode(
                UnsafeBufferPointer(rebasing: text[lower..<upper]), base: base + lower, parsingSpecial: false,
                into: &sink)
        }
        var place = base
        for end in sink.ends[first...] {
            weights.append(counts(from: place, to: end) ? 1 : 0)
            place = max(place, end)
        }
        start = bytes.count
        counting.removeAll()
    }

    /// Whether a token's bytes touch a stretch that counts. A token without bytes of its own (SentencePiece's "▁" before
    /// a text) goes with what follows it.
    private func counts(from lower: Int, to upper: Int) -> Bool {
        counting.contains { upper > lower ? $0.lowerBound < upper && lower < $0.upperBound : $0.contains(lower) }
    }
}
