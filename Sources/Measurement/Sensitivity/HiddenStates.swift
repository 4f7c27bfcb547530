import Torch
import Transformer

/// What a model holds of each program, layer by layer: the state of its last token, and the mean over its own tokens.
public struct HiddenStates {
    public enum Pooling: String, Sendable, CaseIterable {
        case last, mean
    }

    /// A place to look at: after which layer (0 is the embedding), and how a program's tokens become one row.
    public struct Site: Sendable, Hashable {
        public var layer: Int
        public var pooling: Pooling

        public init(layer: Int, pooling: Pooling) {
            self.layer = layer
            self.pooling = pooling
        }

        /// Like `12/mean`.
        public var name: String { "\(layer)/\(pooling.rawValue)" }
    }

    public let sites: [Site]
    public let width: Int
    /// Which programs are in, by their place among those given; the others are too long.
    public private(set) var places: [Int] = []
    private var rows: [[Float]]

    /// Nothing read yet.
    ///
    /// - Parameter layers: from 0, the embedding, to the number of layers.
    /// - Throws: ``SensitivityError`` for a layer that the model hasn't.
    public init(layers: [Int], of decoder: Decoder) throws {
        let count = decoder.configuration.layerCount
        if let bad = layers.first(where: { !(0...count).contains($0) }) {
            throw SensitivityError("layer \(bad) is none of this model's; choose from 0 (the embedding) to \(count)")
        }
        sites = layers.flatMap { layer in Pooling.allCases.map { Site(layer: layer, pooling: $0) } }
        width = decoder.configuration.hiddenSize
        rows = [[Float]](repeating: [], count: sites.count)
    }

    /// One row a program read, one after the other.
    public func features(_ site: Int) -> [Float] { rows[site] }

    /// Reads programs, several at once.
    ///
    /// - Parameter first: the place of the first among all.
    public mutating func read(
        _ programs: [ProbedProgram], first: Int, prompts: VerdictPrompts, decoder: Decoder, adapter: LowRankAdapter?,
        tokensAtOnce: Int
    ) throws {
        var batch: [(place: Int, tokens: [Int32], own: Range<Int>)] = []
        var count = 0
        for (offset, program) in programs.enumerated() {
            let (tokens, own) = try prompts.reading(program)
            guard tokens.count <= prompts.limit else { continue }
            if count > 0, count + tokens.count > tokensAtOnce {
                try pass(batch, decoder, adapter)
                (batch, count) = ([], 0)
            }
            batch.append((first + offset, tokens, own))
            count += tokens.count
        }
        if !batch.isEmpty { try pass(batch, decoder, adapter) }
    }

    private mutating func pass(
        _ batch: [(place: Int, tokens: [Int32], own: Range<Int>)], _ decoder: Decoder, _ adapter: LowRankAdapter?
    ) throws {
        var packed = PackedTokens()
        var starts: [Int] = []
        for item in batch {
            starts.append(packed.count)
            packed.append(item.tokens)
        }
        let read = try withoutGradients {
            let uses = adapter.map { [Decoder.AdapterUse($0, tokens: 0..<packed.count)] } ?? []
            let states = try decoder.hiddenByLayer(packed, adapters: uses)
            return try sites.map { site in
                let state_TD = states[site.layer]
                return try zip(batch, starts).flatMap { item, start in
                    let own = try state_TD.narrowed(0, from: start + item.own.lowerBound, length: item.own.count)
                        .to(.float32)
                    let row =
                        site.pooling == .last
                        ? try own.narrowed(0, from: item.own.count - 1, length: 1)
                        : try own.sum(axis: 0) * (1 / Double(item.own.count))
                    return try row.contiguous().values(as: Float.self)
                }
            }
        }
        for (site, values) in read.enumerated() { rows[site] += values }
        places += batch.map(\.place)
    }
}
