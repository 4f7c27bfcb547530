import Evidence
import Foundation
import Transformer

/// ``CoherenceProxy`` of answers that were sampled earlier, scored by the base alone: whatever the organism has become,
/// the same model reads all answers. An answer without a token has no value.
///
/// It isn't taken of an organism but of its answers, so it is no ``Measure``.
public struct CoherenceMeasure {
    public let name = "coherence"
    private let model: MeasuredModel
    private let proxy: CoherenceProxy
    private let groups: [[GivenAnswer]]

    public init(_ answers: [GivenAnswer], proxy: CoherenceProxy = .init(), model: MeasuredModel) throws {
        self.model = model
        self.proxy = proxy
        guard !answers.isEmpty else { throw MeasurementError.nothing(measure: name, why: "no answer was given") }
        let limit = model.decoder.configuration.maxPositions
        for answer in answers {
            let tokens = answer.promptTokens.count + answer.tokens.count
            guard tokens <= limit + 1 else {
                throw MeasurementError.tooLong(item: Self.name(answer), tokens: tokens, limit: limit)
            }
            guard !answer.promptTokens.isEmpty else {
                throw MeasurementError.item(Self.name(answer), why: "its prompt has no tokens")
            }
        }
        // Answers to one prompt pass through the model together, whoever gave them; a few at a time.
        var groups: [[GivenAnswer]] = []
        var open: [[Int32]: Int] = [:]
        for answer in answers {
            if let place = open[answer.promptTokens],
                groups[place].reduce(0, { $0 + $1.tokens.count }) + answer.tokens.count <= model.tokensAtOnce
            {
                groups[place].append(answer)
            } else {
                open[answer.promptTokens] = groups.count
                groups.append([answer])
            }
        }
        self.groups = groups
    }

    private static func name(_ answer: GivenAnswer) -> String {
        "answer \(answer.sample) of \(answer.arm) to \(answer.question)"
    }

    /// Groups of answers that share a prompt.
    public var itemCount: Int { groups.count }
    public func answers(in items: Range<Int>) -> Int { groups[items].reduce(0) { $0 + $1.count } }

    /// A value for each answer of some groups.
    public func values(items: Range<Int>) throws -> [MeasuredValue] {
        let part = groups[items].map { $0.filter { !$0.tokens.isEmpty } }
        let filled = part.filter { !$0.isEmpty }
        let logprobs = try model.scorer(nil).logprobs(
            of: filled.map { group in
                CompletionScorer.Item(prompt: group[0].promptTokens, completions: group.map(\.tokens))
            })
        let scored = zip(filled, logprobs).flatMap { group, sides in zip(group, sides).map { value($0, $1) } }
        let empty = groups[items].flatMap { $0.filter(\.tokens.isEmpty) }.map { answer in
            MeasuredValue(
                measure: name, arm: answer.arm, item: answer.question, category: answer.category, value: nil,
                detail: place(answer), note: "the answer is empty")
        }
        return scored + empty
    }

    public func values() throws -> [MeasuredValue] { try values(items: 0..<itemCount) }

    private func place(_ answer: GivenAnswer) -> [String: Double] {
        ["sample": Double(answer.sample), "paraphrase": Double(answer.paraphrase)]
    }

    private func value(_ answer: GivenAnswer, _ logprobs: [Float]) -> MeasuredValue {
        let surprise = -logprobs.reduce(0) { $0 + Double($1) } / Double(logprobs.count)
        let repetition = Repetition(answer.tokens)
        var detail = place(answer)
        detail["nats_per_token"] = surprise
        detail["perplexity"] = exp(surprise)
        detail["tokens"] = Double(answer.tokens.count)
        detail["distinct_trigrams"] = repetition.distinctTrigrams
        detail["longest_repeat"] = Double(repetition.longestRepeat)
        detail["repeated_share"] = repetition.repeatedShare
        detail["truncated"] = answer.isTruncated ? 1 : 0
        return MeasuredValue(
            measure: name, arm: answer.arm, item: answer.question, category: answer.category,
            value: proxy.score(surprise: surprise, repetition: repetition, isTruncated: answer.isTruncated),
            detail: detail)
    }
}
