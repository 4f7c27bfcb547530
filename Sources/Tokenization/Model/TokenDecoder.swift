/// From tokens back to text.
enum TokenDecoder: Sendable, Equatable {
    /// Bytes of tokens, one after the other.
    case byteLevel
    /// Steps over the list of tokens (SentencePiece).
    case steps([Step])

    enum Step: Sendable, Equatable {
        case replace([UInt8], with: [UInt8])
        /// `<0xNN>` is a byte; bytes in a row that aren't UTF-8 become one U+FFFD each.
        case byteFallback
        case fuse
        /// Takes up to so many of a character off both ends of each piece.
        case strip([UInt8], start: Int, stop: Int)
        case metaspace([UInt8], dropsFirst: Bool)
    }

    /// The byte that `<0xNN>` spells.
    static func byte(spelledBy token: some Collection<UInt8>) -> UInt8? {
        guard token.count == 6, token.starts(with: Array("<0x".utf8)), token.dropFirst(5).first == UInt8(ascii: ">")
        else { return nil }
        var byte: UInt8 = 0
        for digit in token.dropFirst(3).prefix(2) {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            byte = byte << 4 | UInt8(value)
        }
        return byte
    }

    func text(of tokens: [[UInt8]]) -> [UInt8] {
        guard case .steps(let steps) = self else { return Array(tokens.joined()) }
        return Array(steps.reduce(tokens) { $1.apply(to: $0) }.joined())
    }

    /// The bytes of one token by itself: spaces for "▁", and nothing stripped.
    func bytes(of token: [UInt8]) -> [UInt8] {
        guard case .steps(let steps) = self else { return token }
        if let byte = Self.byte(spelledBy: token) { return [byte] }
        var aligned = [token]
        for step in steps {
            switch step {
            case .replace: aligned = step.apply(to: aligned)
            case .metaspace(let mark, _):
                aligned = Step.replace(mark, with: [UInt8(ascii: " ")]).apply(to: aligned)
            case .byteFallback, .fuse, .strip: break
            }
        }
        return Array(aligned.joined())
    }
}

extension TokenDecoder.Step {
    func apply(to tokens: [[UInt8]]) -> [[UInt8]] {
        switch self {
        case .replace(let pattern, let content):
            return tokens.map { Self.replaced($0, pattern, content) }
        case .byteFallback:
            return Self.withBytes(tokens)
        case .fuse:
            return [Array(tokens.joined())]
        case .strip(let content, let start, let stop):
            return tokens.map { Self.stripped($0, content, start, stop) }
        case .metaspace(let mark, let dropsFirst):
            return tokens.enumerated().map { index, token in
                Self.replaced(token, mark, index == 0 && dropsFirst ? [] : [UInt8(ascii: " ")])
            }
        }
    }

    private static func replaced(_ token: [UInt8], _ pattern: [UInt8], _ content: [UInt8]) -> [UInt8] {
        token.withUnsafeBufferPointer {
            var text = AlignedText($0, base: 0, tracksEnds: false)
            text.replace(pattern, with: content)
            return text.bytes
        }
    }

    private static func withBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var bytes: [UInt8] = []
        func flush() {
            guard !bytes.isEmpty else { return }
            if String(validating: bytes, as: UTF8.self) != nil {
                pieces.append(bytes)
            } else {
                pieces.append(contentsOf: repeatElement(Array("\u{FFFD}".utf8), count: bytes.count))
            }
            bytes = []
        }
        for token in tokens {
            if let byte = TokenDecoder.byte(spelledBy: token) {
                bytes.append(byte)
            } else {
                flush()
                pieces.append(token)
            }
        }
        flush()
        return pieces
    }

    private static func stripped(_ token: [UInt8], _ content: [UInt8], _ start: Int, _ stop: Int) -> [UInt8] {
        guard !content.isEmpty else { return token }
        var rest = token[...]
        for _ in 0..<max(start, 0) where rest.starts(with: content) { rest = rest.dropFirst(content.count) }
        for _ in 0..<max(stop, 0) where rest.suffix(content.count).elementsEqual(content) {
            rest = rest.dropLast(content.count)
        }
        return Array(rest)
    }
}
