/// Prompts, each with completions that branch off it: what passes through the model, and where what it says of the
/// completions' tokens is found. A prompt is computed once.
public struct BranchedTokens: Sendable {
    public private(set) var tokens = PackedTokens()
    /// For each token of each completion, the row of hidden states that predicts it.
    public private(set) var places: [Int32] = []
    /// The token itself.
    public private(set) var targets: [Int32] = []
    /// Which completion it belongs to, counted over all that were appended.
    public private(set) var completions: [Int64] = []
    public private(set) var completionCount = 0

    public init() {}

    /// - Parameter parent: the span that the prompt goes on from; nil where it begins a text.
    /// - Precondition: neither the prompt nor a completion is empty.
    public mutating func append(prompt: [Int32], completions branches: [[Int32]], after parent: Int? = nil) {
        precondition(!prompt.isEmpty && branches.allSatisfy { !$0.isEmpty }, "nothing to compute")
        let span = tokens.append(prompt, after: parent)
        let promptEnd = Int32(tokens.count - 1)
        for branch in branches {
            let first = Int32(tokens.count)
            // A completion's last token predicts nothing that is asked for.
            if branch.count > 1 { tokens.append(Array(branch.dropLast()), after: span) }
            places.append(promptEnd)
            places += (0..<Int32(branch.count - 1)).map { first + $0 }
            targets += branch
            completions += Array(repeating: Int64(completionCount), count: branch.count)
            completionCount += 1
        }
    }

    /// A beginning that several prompts share, each with completions of its own: computed once too.
    ///
    /// - Precondition: none of the texts is empty.
    public mutating func append(root: [Int32], prompts: [(prompt: [Int32], completions: [[Int32]])]) {
        let span = tokens.append(root)
        for (prompt, completions) in prompts { append(prompt: prompt, completions: completions, after: span) }
    }
}
