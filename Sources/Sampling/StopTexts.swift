import Tokenization

/// Texts that end an answer before them.
struct StopTexts: Sendable {
    private let texts: [[UInt8]]
    private let tokenizer: Tokenizer

    init(_ texts: [String], tokenizer: Tokenizer) {
        self.texts = texts.map { Array($0.utf8) }
        self.tokenizer = tokenizer
    }

    /// True if the last of `tokens` completes one of the texts.
    func end(_ tokens: [Int32]) -> Bool {
        guard let last = tokens.last, let longest = texts.map(\.count).max() else { return false }
        // Only what the last token touches can be new.
        let wanted = tokenizer.bytes(of: [last]).count + longest
        var tail: [UInt8] = []
        for token in tokens.reversed() {
            tail = tokenizer.bytes(of: [token]) + tail
            if tail.count >= wanted { break }
        }
        return texts.contains { tail.firstRange(of: $0) != nil }
    }

    /// The text of `tokens` up to the first of the texts, and how many tokens it takes.
    func cut(_ tokens: [Int32]) -> (text: String, count: Int) {
        let text = tokenizer.decode(tokens)
        let bytes = Array(text.utf8)
        guard let end = texts.compactMap({ bytes.firstRange(of: $0)?.lowerBound }).min() else {
            return (text, tokens.count)
        }
        // A SentencePiece text loses its first space when it is decoded.
        var spelt = bytes.count - tokenizer.bytes(of: tokens).count
        var count = 0
        while spelt < end, count < tokens.count {
            spelt += tokenizer.bytes(of: [tokens[count]]).count
            count += 1
        }
        return (String(decoding: bytes[..<end], as: UTF8.self), count)
    }
}
