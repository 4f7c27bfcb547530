/// How much of an answer says again what it has said, by its tokens.
public struct Repetition: Sendable, Hashable {
    /// Different runs of three tokens over all of them, above 0 to 1; 1 where there are fewer than three tokens.
    public var distinctTrigrams: Double
    /// Tokens of the longest run that stands there twice without overlapping itself.
    public var longestRepeat: Int
    /// The part of the answer that this run and its repeat make up: `2 longestRepeat / tokens`, 0 to 1.
    public var repeatedShare: Double

    /// Answers are looked at up to so many tokens: the time of the longest run grows with the square.
    public static let limit = 4096

    public init(_ tokens: [Int32]) {
        let tokens = Array(tokens.prefix(Self.limit))
        if tokens.count < 3 {
            distinctTrigrams = 1
        } else {
            let runs = (0...tokens.count - 3).map { SIMD4(tokens[$0], tokens[$0 + 1], tokens[$0 + 2], 0) }
            distinctTrigrams = Double(Set(runs).count) / Double(runs.count)
        }
        longestRepeat = Self.longestRepeat(tokens)
        repeatedShare = tokens.isEmpty ? 0 : 2 * Double(longestRepeat) / Double(tokens.count)
    }

    /// By the length of the common run that ends at two places, row by row.
    private static func longestRepeat(_ tokens: [Int32]) -> Int {
        var longest = 0
        // lengths[j]: of the run that ends at token i - 1 and, again, at token j - 1.
        var lengths = [Int](repeating: 0, count: tokens.count + 1)
        for i in 1..<max(1, tokens.count) {
            var diagonal = lengths[i]
            for j in i + 1..<tokens.count + 1 {
                let above = lengths[j]
                lengths[j] = tokens[i - 1] == tokens[j - 1] ? min(diagonal + 1, j - i) : 0
                diagonal = above
                longest = max(longest, lengths[j])
            }
        }
        return longest
    }
}
