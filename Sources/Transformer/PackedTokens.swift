import Torch

/// Tokens of several rows laid end to end: no padding anywhere. Each row is a span (or a tree of spans) that sees only
/// itself and its ancestors.
public struct PackedTokens: Sendable, Equatable {
    public private(set) var ids: [Int32] = []
    /// The place of each token in its own text, from 0.
    public private(set) var positions: [Int32] = []
    public private(set) var spans: [AttentionSpan] = []

    public init() {}

    public var count: Int { ids.count }

    /// Appends a run of tokens and returns its span's index, for children to name as their parent.
    @discardableResult
    public mutating func append(_ tokens: [Int32], after parent: Int? = nil) -> Int {
        precondition(!tokens.isEmpty, "a span has at least one token")
        let first = parent.map { end(of: $0) } ?? 0
        spans.append(AttentionSpan(start: ids.count, length: tokens.count, parent: parent))
        ids += tokens
        positions += (0..<tokens.count).map { Int32(first + $0) }
        return spans.count - 1
    }

    /// The position after the last token of a span.
    private func end(of span: Int) -> Int {
        spans[span].length + (spans[span].parent.map { end(of: $0) } ?? 0)
    }
}
