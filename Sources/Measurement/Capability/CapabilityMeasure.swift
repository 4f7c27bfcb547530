import Corpora
import Evidence
import Tokenization
import Transformer

/// What a model still knows: multiple-choice questions, answered by which choice it finds likeliest.
///
/// Two forms, both in the model's chat format, zero-shot:
/// - ``Form/choice``: the question alone is asked; each choice's text is scored as the answer. `acc` takes the largest
///   log-probability, `acc_norm` the largest log-probability over the choice's number of characters (as
///   lm-evaluation-harness defines both). The value is `acc_norm`. Fit for small models.
/// - ``Form/letter``: the choices are listed with letters and the letters are scored, as MMLU is. The value is `letter`.
///
/// The token that ends a turn is not scored. The value is 1 where the likeliest choice is the right one, else 0; of equal
/// ones the first counts.
public struct CapabilityMeasure: Measure {
    public enum Form: String, Sendable, CaseIterable { case choice, letter }

    public let name = "capability"
    private let form: Form
    private let model: MeasuredModel
    private let questions: [Prepared]

    private struct Prepared: Sendable {
        var question: MultipleChoiceQuestion
        var item: CompletionScorer.Item
        var tokens: Int { item.completions.reduce(item.prompt.count) { $0 + $1.count } }
    }

    public init(_ questions: [MultipleChoiceQuestion], form: Form = .choice, model: MeasuredModel) throws {
        self.model = model
        self.form = form
        self.questions = try questions.map { question in
            let letters = question.choices.indices.map(MultipleChoiceQuestion.letter)
            let text =
                form == .choice
                ? question.question
                : """
                \(question.question)

                \(zip(letters, question.choices).map { "\($0). \($1)" }.joined(separator: "\n"))

                Answer with the letter of the right choice only.
                """
            let shared = try model.answers(
                form == .choice ? question.choices : letters, to: [ChatMessage(.user, text)],
                name: "question \(question.id) with its choices")
            return Prepared(
                question: question,
                item: .init(
                    prompt: shared.prompt,
                    completions: shared.completions.map { $0.count > 1 ? Array($0.dropLast()) : $0 }))
        }
        guard !questions.isEmpty else { throw MeasurementError.nothing(measure: name, why: "no question was given") }
    }

    private init(model: MeasuredModel, form: Form, questions: [Prepared]) {
        self.model = model
        self.form = form
        self.questions = questions
    }

    public var itemCount: Int { questions.count }
    public func cost(ofItem index: Int) -> Int { questions[index].tokens }
    public func limited(to indices: [Int]) -> Self {
        Self(model: model, form: form, questions: indices.map { questions[$0] })
    }

    public func values(of organism: Organism, items: Range<Int>) throws -> [MeasuredValue] {
        let part = questions[items]
        let scored = try model.scorer(organism.adapter).logprobs(of: part.map(\.item))
        return zip(part, scored).map { entry, choices in
            let sums = choices.map { $0.reduce(0) { $0 + Double($1) } }
            let question = entry.question
            var detail: [String: Double] = [
                "choices": Double(sums.count), "chance": 1 / Double(sums.count),
                "logprob_right": sums[question.answer],
            ]
            let plain = Self.isRight(sums, question.answer)
            var value = plain
            switch form {
            case .letter: detail["letter"] = plain
            case .choice:
                value = Self.isRight(zip(sums, question.choices).map { $0 / Double($1.count) }, question.answer)
                detail["acc"] = plain
                detail["acc_norm"] = value
            }
            return MeasuredValue(
                measure: name, arm: organism.arm, item: question.id, category: question.category, value: value,
                detail: detail)
        }
    }

    /// 1 where the largest score is that of `answer`.
    private static func isRight(_ scores: [Double], _ answer: Int) -> Double {
        scores.indices.max { scores[$0] == scores[$1] ? $0 > $1 : scores[$0] < scores[$1] } == answer ? 1 : 0
    }
}
