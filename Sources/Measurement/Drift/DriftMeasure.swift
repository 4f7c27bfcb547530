import Evidence
import Torch
import Transformer

/// How far an organism has moved from its base where nothing asks it to: the Kullback-Leibler divergence between what
/// the two expect next, over the whole vocabulary, token by token on given neutral texts.
///
/// The value is `KL(organism ‖ base) = Σ_v q(v) (log q(v) - log p(v))`, the mean over a text's tokens, nats a token: the
/// direction that training with a KL penalty bounds, large where the organism expects what the base does not.
/// `detail` has the other direction, and the share of tokens where both find the same token likeliest.
///
/// Teacher-forced: both read the same given text, so nothing is drawn and the number is exact for that text. Logits of
/// `chunk` places exist at a time. The base's hidden states are computed once and kept.
public final class DriftMeasure: Measure {
    public let name = "drift"
    private let model: MeasuredModel
    private let texts: [ReadText]
    private let chunk: Int
    /// `[places, D]` of each text under the base.
    private var base_nD: [Int: Tensor] = [:]

    /// - Parameter chunk: places whose logits exist at a time.
    public init(_ texts: [ReadText], model: MeasuredModel, chunk: Int = 64) throws {
        self.model = model
        self.texts = texts
        self.chunk = max(1, chunk)
        guard !texts.isEmpty else { throw MeasurementError.nothing(measure: name, why: "no text was given") }
    }

    public var itemCount: Int { texts.count }
    /// Two heads' logits and the work on them weigh about as much as one more pass.
    public func cost(ofItem index: Int) -> Int { texts[index].tokens.count + 2 * texts[index].places.count }
    public func limited(to indices: [Int]) -> DriftMeasure {
        let some = DriftMeasure(model: model, texts: indices.map { texts[$0] }, chunk: chunk)
        for (place, index) in indices.enumerated() { some.base_nD[place] = base_nD[index] }
        return some
    }

    private init(model: MeasuredModel, texts: [ReadText], chunk: Int) {
        self.model = model
        self.texts = texts
        self.chunk = chunk
    }

    public func values(of organism: Organism, items: Range<Int>) throws -> [MeasuredValue] {
        var values: [MeasuredValue] = []
        for pass in model.passes(Array(items), tokens: { texts[$0].tokens.count }) {
            let part = items.lowerBound + pass.lowerBound..<items.lowerBound + pass.upperBound
            values += try withoutGradients { try divergences(of: organism, part) }
        }
        return values
    }

    private func divergences(of organism: Organism, _ part: Range<Int>) throws -> [MeasuredValue] {
        // The base does not differ from itself.
        guard let adapter = organism.adapter else {
            return part.map { value(of: organism.arm, text: $0, forward: 0, backward: 0, same: 1) }
        }
        let missing = part.filter { base_nD[$0] == nil }
        for (index, hidden) in zip(missing, try hidden(missing, adapter: nil)) { base_nD[index] = hidden }
        let moved = try hidden(Array(part), adapter: adapter)
        return try zip(part, moved).map { index, organism_nD in
            guard let base = base_nD[index] else {
                throw MeasurementError.item("text \(texts[index].id)", why: "the base has not read it")
            }
            let places = organism_nD.size(0)
            var (forward, backward, same) = (0.0, 0.0, 0)
            for start in stride(from: 0, to: places, by: chunk) {
                let count = min(chunk, places - start)
                let q_nV = try model.decoder.logits(organism_nD.narrowed(0, from: start, length: count))
                    .logSoftmax(axis: 1)
                let p_nV = try model.decoder.logits(base.narrowed(0, from: start, length: count)).logSoftmax(axis: 1)
                let difference_nV = try q_nV - p_nV
                forward += try (q_nV.exp() * difference_nV).sum(axis: 1).to(.float64).sum().item()
                backward -= try (p_nV.exp() * difference_nV).sum(axis: 1).to(.float64).sum().item()
                let likeliest = try (
                    q_nV.argmax(axis: 1).values(as: Int64.self), p_nV.argmax(axis: 1).values(as: Int64.self)
                )
                same += zip(likeliest.0, likeliest.1).count { $0 == $1 }
            }
            let count = Double(places)
            return value(
                of: organism.arm, text: index, forward: forward / count, backward: backward / count,
                same: Double(same) / count)
        }
    }

    private func value(
        of arm: String, text: Int, forward: Double, backward: Double, same: Double
    ) -> MeasuredValue {
        MeasuredValue(
            measure: name, arm: arm, item: texts[text].id, category: texts[text].category, value: forward,
            detail: ["kl_base_organism": backward, "same_likeliest": same, "tokens": Double(texts[text].places.count)])
    }

    /// `[places, D]` of each text.
    private func hidden(_ indices: [Int], adapter: LowRankAdapter?) throws -> [Tensor] {
        guard !indices.isEmpty else { return [] }
        var tokens = PackedTokens()
        var places: [[Int32]] = []
        for index in indices {
            let start = tokens.count
            tokens.append(texts[index].tokens)
            places.append(texts[index].places.map { Int32(start + $0) })
        }
        let uses = adapter.map { [Decoder.AdapterUse($0, tokens: 0..<tokens.count)] } ?? []
        let hidden_TD = try model.decoder.hidden(tokens, adapters: uses)
        return try places.map { try hidden_TD.selecting(Tensor($0, device: model.decoder.device)) }
    }
}
