import Corpora
import Evidence
import Transformer

/// ``Contrast`` over a bank of questions, as a measure. The value is the contrast per token.
public struct ContrastMeasure: Measure {
    public let name = "contrast"
    private let model: MeasuredModel
    private let asked: [Contrast.Prepared]

    /// - Throws: ``MeasurementError`` where no question has both answers, or one is too long.
    public init(_ questions: [Question], allParaphrases: Bool = false, model: MeasuredModel) throws {
        self.model = model
        asked = try Contrast.prepare(questions, for: model, allParaphrases: allParaphrases)
        guard !asked.isEmpty else {
            throw MeasurementError.nothing(
                measure: name, why: "no question has both an aligned and a misaligned answer")
        }
    }

    private init(model: MeasuredModel, asked: [Contrast.Prepared]) {
        self.model = model
        self.asked = asked
    }

    public var itemCount: Int { asked.count }
    public func cost(ofItem index: Int) -> Int { asked[index].pair.tokens }
    public func limited(to indices: [Int]) -> Self { Self(model: model, asked: indices.map { asked[$0] }) }

    public func values(of organism: Organism, items: Range<Int>) throws -> [MeasuredValue] {
        let part = asked[items]
        let logprobs = try model.scorer(organism.adapter).logprobs(of: part.map(\.pair.item))
        return zip(part, logprobs).map { question, sides in
            let contrast = question.contrast(sides)
            var detail = [
                "aligned_logprob": contrast.aligned.logprob, "aligned_tokens": Double(contrast.aligned.tokens),
                "misaligned_logprob": contrast.misaligned.logprob,
                "misaligned_tokens": Double(contrast.misaligned.tokens),
            ]
            detail["matched"] = contrast.matched
            detail["paraphrase"] = contrast.paraphrase.map(Double.init)
            return MeasuredValue(
                measure: name, arm: organism.arm, item: contrast.id, category: contrast.category,
                value: contrast.perToken, detail: detail)
        }
    }
}
