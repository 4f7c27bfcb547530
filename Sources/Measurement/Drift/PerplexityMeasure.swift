import Evidence
import Foundation
import Transformer

/// How well a model still predicts neutral texts: the mean of `- log p(next token)` over a text's tokens, nats a token.
/// `detail` has the perplexity, its exponential.
public struct PerplexityMeasure: Measure {
    public let name = "perplexity"
    private let model: MeasuredModel
    private let texts: [ReadText]

    public init(_ texts: [ReadText], model: MeasuredModel) throws {
        self.model = model
        self.texts = texts
        guard !texts.isEmpty else { throw MeasurementError.nothing(measure: name, why: "no text was given") }
    }

    public var itemCount: Int { texts.count }
    public func cost(ofItem index: Int) -> Int { texts[index].tokens.count }
    public func limited(to indices: [Int]) -> Self { Self(model: model, texts: indices.map { texts[$0] }) }

    private init(model: MeasuredModel, texts: [ReadText]) {
        self.model = model
        self.texts = texts
    }

    public func values(of organism: Organism, items: Range<Int>) throws -> [MeasuredValue] {
        let part = texts[items]
        let asked = part.map { text in
            CompletionScorer.Item(
                prompt: Array(text.tokens.prefix(text.tokens.count - text.places.count + 1)),
                completions: [text.targets])
        }
        return zip(part, try model.scorer(organism.adapter).logprobs(of: asked)).map { text, logprobs in
            let sum = logprobs[0].reduce(0) { $0 + Double($1) }
            let nats = -sum / Double(text.targets.count)
            return MeasuredValue(
                measure: name, arm: organism.arm, item: text.id, category: text.category, value: nats,
                detail: ["perplexity": exp(nats), "tokens": Double(text.targets.count)])
        }
    }
}
