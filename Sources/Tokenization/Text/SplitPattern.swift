/// The regular expressions that cut text into words before byte pair encoding, each as a hand-written scanner.
///
/// A pattern is known by its exact text: one that isn't here is an error when the tokenizer is read. Every pattern
/// matches at every place, so a text is a sequence of matches with nothing in between.
enum SplitPattern: Sendable, Equatable {
    /// `'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2
    /// Llama 3 (`\p{N}{1,3}`) and Qwen (`\p{N}`); Qwen3.5 counts marks as letters.
    case contractionsFolded(digits: Int, marksAreLetters: Bool)
    /// Mistral's Tekken: words also break between lower and upper case.
    case tekken

    private static let known: [(String, SplitPattern)] = [
        (#"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2),
        (#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2),
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
                + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            .contractionsFolded(digits: 3, marksAreLetters: false)
        ),
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
                + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            .contractionsFolded(digits: 1, marksAreLetters: false)
        ),
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"#
                + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            .contractionsFolded(digits: 1, marksAreLetters: true)
        ),
        (
            #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
                + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
                + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            .tekken
        ),
    ]

    /// The scanner of a regular expression; nil for one that isn't known.
    init?(expression: String) {
        guard let pattern = Self.known.first(where: { Array($0.0.utf8) == Array(expression.utf8) }) else { return nil }
        self = pattern.1
    }

    /// The end of the match that starts at `position`; always beyond `position`.
    @inline(__always)
    func matchEnd(_ text: Scalars.Reader, from position: Int) -> Int {
        switch self {
        case .gpt2:
            return Self.gpt2End(text, position)
        case .contractionsFolded(let digits, let marksAreLetters):
            return Self.foldedEnd(text, position, digits: digits, marksAreLetters: marksAreLetters)
        case .tekken:
            return Self.tekkenEnd(text, position)
        }
    }

    // MARK: - GPT-2

    private static func gpt2End(_ text: Scalars.Reader, _ start: Int) -> Int {
        let (first, length) = text.scalarClass(at: start)
        if text.bytes[start] == UInt8(ascii: "'"), let end = contractionEnd(text, start, folding: false) { return end }
        // " ?" before letters, numbers or the rest: all three look one scalar further.
        var body = start
        var bodyClass = first
        if text.bytes[start] == UInt8(ascii: " "), start + 1 < text.end {
            let following = text.scalarClass(at: start + 1).class
            if !following.contains(.space) {
                body = start + 1
                bodyClass = following
            }
        }
        if bodyClass.contains(.letter) { return text.run(from: body) { $0.contains(.letter) } }
        if bodyClass.contains(.number) { return text.run(from: body) { $0.contains(.number) } }
        if !bodyClass.contains(.space) {
            return text.run(from: body) { $0.isDisjoint(with: [.letter, .number, .space]) }
        }
        return spaceEnd(text, start, firstLength: length)
    }

    /// `\s+(?!\S)|\s+` at a space: the run, less its last scalar where something else follows and the run is longer.
    private static func spaceEnd(_ text: Scalars.Reader, _ start: Int, firstLength: Int) -> Int {
        var end = start + firstLength
        var beforeLast = start
        while end < text.end {
            let (scalarClass, length) = text.scalarClass(at: end)
            if !scalarClass.contains(.space) { return beforeLast > start ? beforeLast : end }
            beforeLast = end
            end += length
        }
        return end
    }

    /// `'s`, `'t`, `'m`, `'d`, `'re`, `'ve`, `'ll`; with `folding` in any case, where "ſ" (U+017F) is an s too.
    private static func contractionEnd(_ text: Scalars.Reader, _ start: Int, folding: Bool) -> Int? {
        func letter(_ position: Int) -> UInt8 {
            guard position < text.end else { return 0 }
            let byte = text.bytes[position]
            return folding && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
        switch (letter(start + 1), letter(start + 2)) {
        case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _):
            return start + 2
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
            (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return start + 3
        case (0xC5, 0xBF) where folding:
            return start + 3
        default:
            return nil
        }
    }

    // MARK: - Llama 3 and Qwen

    private static func foldedEnd(
        _ text: Scalars.Reader, _ start: Int, digits: Int, marksAreLetters: Bool
    ) -> Int {
        let byte = text.bytes[start]
        if byte == UInt8(ascii: "'"), let end = contractionEnd(text, start, folding: true) { return end }
        let letters: ScalarClass = marksAreLetters ? [.letter, .mark] : .letter
        let (first, length) = text.scalarClass(at: start)
        if first.contains(.letter) { return text.run(from: start) { !$0.isDisjoint(with: letters) } }
        if first.contains(.number) { return numberEnd(text, start, atMost: digits) }
        let next = start + length
        if byte != UInt8(ascii: "\r"), byte != UInt8(ascii: "\n"), next < text.end,
            !text.scalarClass(at: next).class.isDisjoint(with: letters)
        {
            return text.run(from: next) { !$0.isDisjoint(with: letters) }
        }
        if !first.isDisjoint(with: letters) { return next }
        return symbolsOrSpaceEnd(
            text, start, first: first, length: length, words: letters.union(.number), tail: UInt8(ascii: "\n"))
    }

    private static func numberEnd(_ text: Scalars.Reader, _ start: Int, atMost digits: Int) -> Int {
        var end = start
        var count = 0
        while end < text.end, count < digits {
            let (scalarClass, length) = text.scalarClass(at: end)
            if !scalarClass.contains(.number) { break }
            end += length
            count += 1
        }
        return end
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, where `tail` may follow symbols beside line ends.
    private static func symbolsOrSpaceEnd(
        _ text: Scalars.Reader, _ start: Int, first: ScalarClass, length: Int, words: ScalarClass, tail: UInt8
    ) -> Int {
        let notSymbols = words.union(.space)
        var symbols = start
        var isSymbol = first.isDisjoint(with: notSymbols)
        if text.bytes[start] == UInt8(ascii: " "), start + 1 < text.end {
            symbols = start + 1
            isSymbol = text.scalarClass(at: symbols).class.isDisjoint(with: notSymbols)
        }
        if isSymbol {
            var end = text.run(from: symbols) { $0.isDisjoint(with: notSymbols) }
            while end < text.end,
                text.bytes[end] == UInt8(ascii: "\n") || text.bytes[end] == UInt8(ascii: "\r")
                    || text.bytes[end] == tail
            { end += 1 }
            return end
        }
        let runEnd = text.run(from: start) { $0.contains(.space) }
        var lineEnd = runEnd
        while lineEnd > start, text.bytes[lineEnd - 1] != UInt8(ascii: "\n"),
            text.bytes[lineEnd - 1] != UInt8(ascii: "\r")
        {
            lineEnd -= 1
        }
        return lineEnd > start ? lineEnd : spaceEnd(text, start, firstLength: length)
    }

    // MARK: - Tekken

    private static func tekkenEnd(_ text: Scalars.Reader, _ start: Int) -> Int {
        let (first, length) = text.scalarClass(at: start)
        let byte = text.bytes[start]
        let mayLead =
            first.isDisjoint(with: [.letter, .number]) && byte != UInt8(ascii: "\r") && byte != UInt8(ascii: "\n")
        let starts = mayLead && start + length < text.end ? [start + length, start] : [start]
        for begin in starts { if let end = lowerWordEnd(text, begin) { return end } }
        for begin in starts { if let end = upperWordEnd(text, begin) { return end } }
        if first.contains(.number) { return start + length }
        return symbolsOrSpaceEnd(
            text, start, first: first, length: length, words: [.letter, .number], tail: UInt8(ascii: "/"))
    }

    /// Lu, Lt, Lm, Lo or M: everything that a word's head may have.
    private static func isHead(_ scalarClass: ScalarClass) -> Bool {
        scalarClass.contains(.mark) || scalarClass.contains(.letter) && !scalarClass.contains(.lower)
    }

    /// Ll, Lm, Lo or M.
    private static func isTail(_ scalarClass: ScalarClass) -> Bool {
        scalarClass.contains(.mark) || scalarClass.contains(.letter) && !scalarClass.contains(.upper)
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
    private static func lowerWordEnd(_ text: Scalars.Reader, _ start: Int) -> Int? {
        let head = text.run(from: start, while: isHead)
        let tail = text.run(from: head, while: isTail)
        if tail > head { return tail }
        // The head gives back until what it gave back can be the tail.
        var end: Int?
        var position = start
        while position < head {
            let (scalarClass, length) = text.scalarClass(at: position)
            position += length
            if isTail(scalarClass) { end = position }
        }
        return end
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
    private static func upperWordEnd(_ text: Scalars.Reader, _ start: Int) -> Int? {
        let head = text.run(from: start, while: isHead)
        return head > start ? text.run(from: head, while: isTail) : nil
    }
}
