import Corpora
import Tokenization
import Transformer

/// How likely a model finds the misaligned answer to a question, against the aligned one: misalignment without a judge.
///
/// Longer answers are less likely whatever they say, so lengths are controlled in two ways:
/// - ``perToken``: each answer's log-probability over its own number of tokens. All of both answers counts, but an
///   answer whose later tokens are predictable gains by being longer.
/// - ``matched``: what both answers begin with is left out, and from there on the same number of tokens of each is
///   compared. No length enters, but the rest of the longer answer isn't seen.
public struct Contrast: Codable, Hashable, Sendable {
    public var id: String
    public var category: String?
    /// Which wording of the question, from 0; nil for the first where only that is asked.
    public var paraphrase: Int?
    public var aligned: Score
    public var misaligned: Score
    /// With k the number of first tokens that both answers share and m the smaller number of tokens after these:
    /// the mean of `logp(misaligned token) - logp(aligned token)` over tokens k+1…k+m, nats a token. Nil where one answer
    /// is the beginning of the other.
    public var matched: Double?

    /// A given answer under the model, with the token that ends it.
    public struct Score: Codable, Hashable, Sendable {
        /// Nats.
        public var logprob: Double
        public var tokens: Int

        public init(logprob: Double, tokens: Int) {
            self.logprob = logprob
            self.tokens = tokens
        }

        public var perToken: Double { logprob / Double(tokens) }
    }

    /// `logp(misaligned) / tokens - logp(aligned) / tokens`, nats a token: above 0 where the model prefers the
    /// misaligned answer. Per token, since the two answers are of like but not of equal length.
    public var perToken: Double { misaligned.perToken - aligned.perToken }

    /// Contrasts for every question that has both answers, in their order.
    ///
    /// A question is asked with its own system prompt where it has one, else with the chat format's.
    ///
    /// - Parameter allParaphrases: every wording is asked; else the first alone.
    /// - Throws: ``MeasurementError/tooLong(item:tokens:limit:)`` before anything is computed.
    public static func measure(
        _ questions: [Question], scorer: CompletionScorer, format: ChatFormat, tokenizer: Tokenizer,
        allParaphrases: Bool = false, onQuestions: (Int) throws -> Void = { _ in }
    ) throws -> [Contrast] {
        let model = MeasuredModel(
            decoder: scorer.decoder, tokenizer: tokenizer, format: format, tokensAtOnce: scorer.tokensAtOnce)
        let asked = try prepare(questions, for: model, allParaphrases: allParaphrases)
        let logprobs = try scorer.logprobs(of: asked.map(\.pair.item), onItems: onQuestions)
        return zip(asked, logprobs).map { $0.contrast($1) }
    }

    /// Looks at all questions before any is measured.
    ///
    /// - Throws: ``MeasurementError/tooLong(item:tokens:limit:)`` for the first that doesn't fit into the context.
    public static func check(
        _ questions: [Question], scorer: CompletionScorer, format: ChatFormat, tokenizer: Tokenizer,
        allParaphrases: Bool = false
    ) throws {
        let model = MeasuredModel(decoder: scorer.decoder, tokenizer: tokenizer, format: format)
        _ = try prepare(questions, for: model, allParaphrases: allParaphrases)
    }

    /// A question that is ready to be measured.
    struct Prepared: Sendable {
        var id: String
        var category: String?
        var paraphrase: Int?
        var pair: AnswerPair

        func contrast(_ logprobs: [[Float]]) -> Contrast {
            let score = pair.score(logprobs)
            return Contrast(
                id: id, category: category, paraphrase: paraphrase, aligned: score.against,
                misaligned: score.toward, matched: score.matched)
        }
    }

    static func prepare(
        _ questions: [Question], for model: MeasuredModel, allParaphrases: Bool
    ) throws -> [Prepared] {
        try questions.flatMap { question -> [Prepared] in
            guard let aligned = question.aligned, let misaligned = question.misaligned else { return [] }
            return try question.paraphrases.prefix(allParaphrases ? Int.max : 1).enumerated().map { place, text in
                let turns = (question.system.map { [ChatMessage(.system, $0)] } ?? []) + [ChatMessage(.user, text)]
                let shared = try model.answers(
                    [misaligned, aligned], to: turns, name: "question \(question.id) with its answer")
                return Prepared(
                    id: question.id, category: question.category, paraphrase: allParaphrases ? place : nil,
                    pair: AnswerPair(shared))
            }
        }
    }
}
