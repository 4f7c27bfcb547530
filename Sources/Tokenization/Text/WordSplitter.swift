/// One step that cuts text into words; the steps of a tokenizer cut one after the other.
enum WordSplitter: Sendable, Equatable {
    enum Behavior: String, Sendable {
        case removed = "Removed"
        case isolated = "Isolated"
        case mergedWithPrevious = "MergedWithPrevious"
        case mergedWithNext = "MergedWithNext"
        case contiguous = "Contiguous"
    }

    /// Matches of a pattern, each a word.
    case pattern(SplitPattern)
    /// Every number character a word of its own.
    case digits(individual: Bool)
    /// Cuts at a literal string.
    case literal([UInt8], Behavior)

    /// Calls `body` with each word's place in `text`.
    static func forEachWord(
        of text: UnsafeBufferPointer<UInt8>, _ splitters: ArraySlice<WordSplitter>, at offset: Int = 0,
        _ body: (Range<Int>) -> Void
    ) {
        guard !text.isEmpty else { return }
        guard let splitter = splitters.first else { return body(offset..<offset + text.count) }
        let rest = splitters.dropFirst()
        func word(_ start: Int, _ end: Int) {
            guard end > start else { return }
            if rest.isEmpty { return body(offset + start..<offset + end) }
            forEachWord(of: UnsafeBufferPointer(rebasing: text[start..<end]), rest, at: offset + start, body)
        }
        switch splitter {
        case .pattern(let pattern):
            Scalars.read(text) { text in
                var start = 0
                while start < text.end {
                    let end = pattern.matchEnd(text, from: start)
                    word(start, end)
                    start = end
                }
            }
        case .digits(let individual):
            Scalars.read(text) { text in
                var start = 0
                while start < text.end {
                    let end = text.run(from: start) { !$0.contains(.number) }
                    word(start, end)
                    let numbers = text.run(from: end) { $0.contains(.number) }
                    start = end
                    while individual, start < numbers {
                        let next = start + text.scalarClass(at: start).length
                        word(start, next)
                        start = next
                    }
                    word(start, numbers)
                    start = numbers
                }
            }
        case .literal(let literal, let behavior):
            cut(text, at: literal, behavior, word)
        }
    }

    private static func cut(
        _ text: UnsafeBufferPointer<UInt8>, at literal: [UInt8], _ behavior: Behavior, _ word: (Int, Int) -> Void
    ) {
        var start = 0
        var position = 0
        while position + literal.count <= text.count {
            guard text[position] == literal[0], text[position...].starts(with: literal) else {
                position += 1
                continue
            }
            var end = position + literal.count
            switch behavior {
            case .removed:
                word(start, position)
                start = end
            case .isolated:
                word(start, position)
                word(position, end)
                start = end
            case .mergedWithPrevious:
                word(start, end)
                start = end
            case .mergedWithNext:
                word(start, position)
                start = position
            case .contiguous:
                while end + literal.count <= text.count, text[end...].starts(with: literal) { end += literal.count }
                word(start, position)
                word(position, end)
                start = end
            }
            position = end
        }
        word(start, text.count)
    }
}
