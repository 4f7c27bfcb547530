/// A token that is found in the text before anything else happens to it.
struct AddedToken: Sendable {
    var id: TokenID
    var content: [UInt8]
    var isSpecial: Bool
    /// What to look for in the normalized text; nil for a token that is looked for in the text as written.
    var normalizedSpelling: [UInt8]?
    /// Takes white space on its left (right) along.
    var stripsLeft = false
    var stripsRight = false
    /// Only where no word character touches it.
    var isSingleWord = false
}

/// Finds added tokens in a text: leftmost first, and the longest of those that start at one place.
struct AddedTokenFinder: Sendable {
    /// A trie, flat: the children of a node are a linked list.
    private var bytes: [UInt8] = [0]
    private var firstChild: [Int32] = [-1]
    private var sibling: [Int32] = [-1]
    private var tokenAt: [Int32] = [-1]
    private var tokens: [AddedToken] = []
    private var mayStart = [Bool](repeating: false, count: 256)

    var isEmpty: Bool { tokens.isEmpty }

    /// `spelling` is what to look for: the token's content, or that content normalized.
    mutating func add(_ token: AddedToken, spelling: [UInt8]) {
        guard let first = spelling.first else { return }
        mayStart[Int(first)] = true
        var node = 0
        for byte in spelling {
            if let child = child(of: node, byte) {
                node = child
            } else {
                bytes.append(byte)
                firstChild.append(-1)
                tokenAt.append(-1)
                sibling.append(firstChild[node])
                firstChild[node] = Int32(bytes.count - 1)
                node = bytes.count - 1
            }
        }
        guard tokenAt[node] < 0 else { return }
        tokenAt[node] = Int32(tokens.count)
        tokens.append(token)
    }

    private func child(of node: Int, _ byte: UInt8) -> Int? {
        var child = firstChild[node]
        while child >= 0 {
            if bytes[Int(child)] == byte { return Int(child) }
            child = sibling[Int(child)]
        }
        return nil
    }

    /// Calls `gap` for each stretch without added tokens and `found` for each token, in order.
    ///
    /// Without `parsingSpecial` special tokens are passed over as text. Offsets are those of the stretch or the token
    /// with the white space it takes along.
    func split(
        _ text: UnsafeBufferPointer<UInt8>, parsingSpecial: Bool, gap: (Range<Int>) -> Void,
        found: (AddedToken, Range<Int>) -> Void
    ) {
        var start = 0
        var position = 0
        mayStart.withUnsafeBufferPointer { mayStart in
            while position < text.count {
                guard mayStart[Int(text[position])], let (token, length) = longest(text, position) else {
                    position += 1
                    continue
                }
                var lower = position
                var upper = position + length
                position = upper
                if token.isSpecial, !parsingSpecial { continue }
                if token.isSingleWord, Self.touchesWord(text, lower, upper) { continue }
                if token.stripsLeft { lower = max(Self.spaceStart(text, before: lower), start) }
                if token.stripsRight { upper = Self.spaceEnd(text, after: upper) }
                if lower > start { gap(start..<lower) }
                found(token, lower..<upper)
                start = upper
            }
        }
        if text.count > start { gap(start..<text.count) }
    }

    private func longest(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> (AddedToken, Int)? {
        var node = 0
        var position = start
        var best: (AddedToken, Int)?
        while position < text.count, let child = child(of: node, text[position]) {
            node = child
            position += 1
            if tokenAt[node] >= 0 { best = (tokens[Int(tokenAt[node])], position - start) }
        }
        return best
    }

    static func spaceEnd(_ text: UnsafeBufferPointer<UInt8>, after position: Int) -> Int {
        Scalars.read(text) { $0.run(from: position) { $0.contains(.space) } }
    }

    static func spaceStart(_ text: UnsafeBufferPointer<UInt8>, before position: Int) -> Int {
        Scalars.read(text) { text in
            var start = position
            while start > 0 {
                var lead = start - 1
                while lead > 0, text.bytes[lead] & 0xC0 == 0x80 { lead -= 1 }
                guard text.scalarClass(at: lead).class.contains(.space) else { break }
                start = lead
            }
            return start
        }
    }

    private static func touchesWord(_ text: UnsafeBufferPointer<UInt8>, _ lower: Int, _ upper: Int) -> Bool {
        Scalars.read(text) { text in
            if upper < text.end, isWord(text.scalar(at: upper).code) { return true }
            guard lower > 0 else { return false }
            var lead = lower - 1
            while lead > 0, text.bytes[lead] & 0xC0 == 0x80 { lead -= 1 }
            return isWord(text.scalar(at: lead).code)
        }
    }

    /// Unicode's `\w` (UTS 18, annex C).
    private static func isWord(_ code: UInt32) -> Bool {
        guard let properties = Unicode.Scalar(code)?.properties else { return false }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}
