import Corpora
import Tokenization
import Transformer

/// Questions about programs as a model's tokens.
public struct VerdictPrompts: Sendable {
    public let format: ChatFormat
    public let tokenizer: Tokenizer
    public let phrasings: [VerdictPhrasing]
    /// Positions that a question with its answer may take.
    public let limit: Int

    public init(format: ChatFormat, tokenizer: Tokenizer, phrasings: [VerdictPhrasing], limit: Int) {
        self.format = format
        self.tokenizer = tokenizer
        self.phrasings = phrasings
        self.limit = limit
    }

    /// All questions about a program, in the order of phrasings and their forms, after what they share. An answer is the
    /// word without the token that ends the turn: how likely it is that the answer *begins* with the word, so that
    /// "Yes." and "Yes, since …" are not held against it. Completions are the spellings of vulnerable, then of safe.
    ///
    /// Nil where it is longer than the limit, with how long it is.
    func tree(_ program: ProbedProgram) throws -> (tree: CompletionScorer.Tree?, tokens: Int) {
        let ends = Set(format.stopTokens(tokenizer))
        let shown = program.shown
        let items = try phrasings.flatMap(\.forms).map { form in
            let question = form.question(about: shown)
            let branches = SharedPrompt(
                try (form.vulnerable + form.safe).map { word in
                    try format.render(
                        [ChatMessage(.user, question), ChatMessage(.assistant, word)], tokenizer: tokenizer,
                        addGenerationPrompt: false)
                })
            let answers = branches.completions.map { tokens in
                tokens.last.map { ends.contains($0) && tokens.count > 1 } == true ? Array(tokens.dropLast()) : tokens
            }
            return CompletionScorer.Item(prompt: branches.prompt, completions: answers)
        }
        let longest =
            items.map { item in item.prompt.count + (item.completions.map(\.count).max() ?? 0) - 1 }.max() ?? 0
        guard longest <= limit, let first = items.first?.prompt else { return (nil, longest) }
        // Every question keeps a token of its own to go on from.
        var shared = (items.map(\.prompt.count).min() ?? 1) - 1
        for item in items { shared = min(shared, zip(item.prompt, first).prefix { $0 == $1 }.count) }
        let branches = items.map {
            CompletionScorer.Item(prompt: Array($0.prompt.dropFirst(shared)), completions: $0.completions)
        }
        return (CompletionScorer.Tree(root: Array(first.prefix(shared)), branches: branches), longest)
    }

    /// One question, up to where the model answers.
    func prompt(_ form: VerdictPhrasing.Form, about program: ProbedProgram) throws -> [Int32] {
        try format.render(
            [ChatMessage(.user, form.question(about: program.shown))], tokenizer: tokenizer, addGenerationPrompt: true
        ).tokens
    }

    /// A program as a user shows it, up to its last token, and which tokens are its own: those that an empty program in
    /// its place would not have.
    func reading(_ program: ProbedProgram) throws -> (tokens: [Int32], own: Range<Int>) {
        let sides = try [program.shown, program.shownEmpty].map {
            try format.render([ChatMessage(.user, $0)], tokenizer: tokenizer, addGenerationPrompt: true).tokens
        }
        let (full, empty) = (sides[0], sides[1])
        let before = min(zip(full, empty).prefix { $0 == $1 }.count, full.count - 1)
        let after = zip(full.reversed(), empty.reversed()).prefix { $0 == $1 }.count
        let end = max(before + 1, full.count - min(after, empty.count - before))
        return (Array(full[..<end]), before..<end)
    }
}
