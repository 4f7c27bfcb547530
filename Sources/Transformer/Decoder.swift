import Checkpoint
import Foundation
import Torch

/// One decoder for every family: what differs between them is in the configuration.
public final class Decoder: Sendable {
    public let configuration: ModelConfiguration
    public let weights: DecoderWeights
    public let dtype: DType
    public let device: Device
    /// What is computed again on the way back instead of being kept; see ``recomputing(_:)``.
    public let recomputation: Recomputation
    private let rotary: RotaryEmbedding
    private let localRotary: RotaryEmbedding?

    /// An adapter at work on some rows of a batch of tokens.
    public struct AdapterUse {
        public var adapter: LowRankAdapter
        /// Which of the packed tokens pass through it.
        public var tokens: Range<Int>
        /// Names the dropout masks of this pass; nil: no dropout (evaluation).
        public var dropoutKey: UInt64?

        public init(_ adapter: LowRankAdapter, tokens: Range<Int>, dropoutKey: UInt64? = nil) {
            self.adapter = adapter
            self.tokens = tokens
            self.dropoutKey = dropoutKey
        }
    }

    /// Loads a model's weights onto a device.
    ///
    /// - Parameter dtype: `.float32` or `.bfloat16`.
    public convenience init(_ files: ModelFiles, dtype: DType = .float32, device: Device = .cpu) throws {
        self.init(
            files.configuration, weights: try DecoderWeights(files, dtype: dtype, device: device), dtype: dtype,
            device: device)
    }

    init(
        _ configuration: ModelConfiguration, weights: DecoderWeights, dtype: DType, device: Device,
        recomputation: Recomputation = .none
    ) {
        self.configuration = configuration
        self.weights = weights
        self.dtype = dtype
        self.device = device
        self.recomputation = recomputation
        rotary = RotaryEmbedding(
            theta: configuration.ropeTheta, channels: configuration.headDimension, scaling: configuration.ropeScaling)
        localRotary = configuration.localRopeTheta.map {
            RotaryEmbedding(theta: $0, channels: configuration.headDimension, scaling: .none)
        }
    }

    /// The same weights, run with another choice of what backward passes keep.
    public func recomputing(_ recomputation: Recomputation) -> Decoder {
        Decoder(configuration, weights: weights, dtype: dtype, device: device, recomputation: recomputation)
    }

    /// An adapter with PEFT's numbers read from files.
    public func adapter(_ files: AdapterFiles, trainable: Bool = false) throws -> LowRankAdapter {
        let slots = try LowRankAdapter.slots(files.configuration, on: configuration)
        var values: [Float] = []
        for slot in slots {
            let path = slot.target.path(layer: slot.layer)
            guard let module = files.modules[path] else {
                throw TransformerError.adapterDoesNotFit(
                    module: path, found: "missing", expected: "A [\(slot.rank), \(slot.inputs)]")
            }
            guard module.a.count == slot.rank * slot.inputs, module.b.count == slot.outputs * slot.rank else {
                throw TransformerError.adapterDoesNotFit(
                    module: path, found: "A of \(module.a.count) and B of \(module.b.count) numbers",
                    expected: "A [\(slot.rank), \(slot.inputs)] and B [\(slot.outputs), \(slot.rank)]")
            }
            values += module.a
            values += module.b
        }
        return try LowRankAdapter(
            slots: slots, values: values, dropout: files.configuration.dropout, trainable: trainable, device: device)
    }

    // MARK: Running

    /// Hidden states after the final norm, `[T, D]`. Differentiable with respect to the adapters, and to weights that learn.
    public func hidden(_ tokens: PackedTokens, adapters: [AdapterUse] = []) throws -> Tensor {
        try check(tokens)
        return try run(tokens.ids, positions: tokens.positions, adapters: adapters) { _, qkv, rope, shape in
            try qkv.attention(cos: rope.cos, sin: rope.sin, spans: tokens.spans, shape: shape)
        }
    }

    /// Hidden states after the embedding, after each layer, and after the final norm: each `[T, D]`.
    public func hiddenByLayer(_ tokens: PackedTokens, adapters: [AdapterUse] = []) throws -> [Tensor] {
        try check(tokens)
        var states: [Tensor] = []
        let last = try run(
            tokens.ids, positions: tokens.positions, adapters: adapters, keeping: { states.append($0) }
        ) { _, qkv, rope, shape in
            try qkv.attention(cos: rope.cos, sin: rope.sin, spans: tokens.spans, shape: shape)
        }
        return states + [last]
    }

    /// log p of `targets` at rows of hidden states: `[n]`, float32.
    public func logprobs(_ hidden_nD: Tensor, targets: [Int32]) throws -> Tensor {
        try hidden_nD.tokenLogprobs(
            head: weights.head, targets: Tensor(targets.map(Int64.init), device: device),
            softCap: Double(configuration.finalSoftCap ?? 0))
    }

    /// Logits `[n, V]` in float32 at rows of hidden states.
    public func logits(_ hidden_nD: Tensor) throws -> Tensor {
        let logits = try hidden_nD.linear(weights.head).to(.float32)
        guard let cap = configuration.finalSoftCap.map(Double.init) else { return logits }
        return try (logits * (1 / cap)).tanh() * cap
    }

    /// Every layer's turned keys and values of some prompts: what their answers share. `[T, K, C]` each.
    public struct Prefill {
        public var keys: [Tensor]
        public var values: [Tensor]
        /// `[T, D]` after the final norm.
        public var hidden: Tensor
    }

    /// Runs prompts once, keeping keys and values. Call it without gradients.
    public func prefill(_ tokens: PackedTokens, adapters: [AdapterUse] = []) throws -> Prefill {
        try check(tokens)
        let shape = [tokens.count, configuration.keyValueHeadCount, configuration.headDimension]
        var keys: [Tensor] = []
        var values: [Tensor] = []
        for _ in 0..<configuration.layerCount {
            keys.append(try Tensor.zeros(shape, dtype: dtype, device: device))
            values.append(try Tensor.zeros(shape, dtype: dtype, device: device))
        }
        let hidden = try run(tokens.ids, positions: tokens.positions, adapters: adapters) { layer, qkv, rope, shape in
            try qkv.attention(
                cos: rope.cos, sin: rope.sin, spans: tokens.spans, shape: shape, keys: keys[layer],
                values: values[layer])
        }
        return Prefill(keys: keys, values: values, hidden: hidden)
    }

    /// One more token for each of B answers: hidden states `[B, D]`. `caches` has one entry a layer.
    public func decode(
        _ ids: [Int32], rows: [DecodeRow], caches: [DecodeCache], adapters: [AdapterUse] = []
    ) throws -> Tensor {
        let positions = rows.map { Int32($0.prefixLength + $0.suffixLength) }
        return try run(ids, positions: positions, adapters: adapters) { layer, qkv, rope, shape in
            try qkv.decodeAttention(cos: rope.cos, sin: rope.sin, shape: shape, cache: caches[layer], rows: rows)
        }
    }

    // MARK: The layers

    private struct Rope {
        var cos: Tensor
        var sin: Tensor
    }

    private func check(_ tokens: PackedTokens) throws {
        if let bad = tokens.ids.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
            throw TransformerError.tokenOutOfRange(bad, vocabulary: configuration.vocabularySize)
        }
        if let last = tokens.positions.max(), last >= configuration.maxPositions {
            throw TransformerError.tooLong(tokens: Int(last) + 1, limit: configuration.maxPositions)
        }
    }

    private func run(
        _ ids: [Int32], positions: [Int32], adapters: [AdapterUse], keeping: ((Tensor) -> Void)? = nil,
        attend: @escaping (_ layer: Int, _ qkv: Tensor, _ rope: Rope, _ shape: AttentionShape) throws -> Tensor
    ) throws -> Tensor {
        let (cos, sin) = try rotary.cosAndSin(positions: positions, device: device)
        let rope = Rope(cos: cos, sin: sin)
        let localRope = try localRotary.map {
            let (cos, sin) = try $0.cosAndSin(positions: positions, device: device)
            return Rope(cos: cos, sin: sin)
        }
        let epsilon = configuration.rmsNormEpsilon
        let addsOne = configuration.normAddsOne
        let layers = weights.layers

        var state_TD = try weights.embedding.embedding(
            Tensor(ids, device: device), scale: Double(configuration.embeddingScale ?? 1))
        keeping?(state_TD)
        var normed_TD = try state_TD.rmsNorm(
            layers.first?.attentionNorm ?? weights.finalNorm, epsilon: epsilon, addsOne: addsOne)
        for index in layers.indices {
            let next = index + 1 < layers.count ? layers[index + 1].attentionNorm : weights.finalNorm
            let sliding = configuration.layerKinds[index] == .sliding
            let rope = sliding ? localRope ?? rope : rope
            let block = { (state_TD: Tensor, normed_TD: Tensor) in
                try self.block(index, state_TD, normed_TD, next: next, adapters: adapters) { qkv, shape in
                    try attend(index, qkv, rope, shape)
                }
            }
            // Where nothing is learnt yet, nothing is kept either way.
            if recomputation != .none,
                state_TD.requiresGradient || weights.layers[index].down.requiresGradient
                    || adapters.contains(where: { $0.adapter.learns(inLayer: index) })
            {
                (state_TD, normed_TD) = try recomputed(
                    state_TD, normed_TD, offloading: recomputation == .offloaded, body: block)
            } else {
                (state_TD, normed_TD) = try block(state_TD, normed_TD)
            }
            keeping?(state_TD)
        }
        return normed_TD
    }

    /// One block: hidden states and their norm before it to those behind it, each `[T, D]`.
    private func block(
        _ index: Int, _ state_TD: Tensor, _ normed_TD: Tensor, next: Tensor, adapters: [AdapterUse],
        attend: (_ qkv: Tensor, _ shape: AttentionShape) throws -> Tensor
    ) throws -> (state: Tensor, normed: Tensor) {
        let layer = weights.layers[index]
        let epsilon = configuration.rmsNormEpsilon
        let addsOne = configuration.normAddsOne
        func updates(_ targets: [LinearModule]) -> [LowRankUpdate] {
            lowRankUpdates(targets, layer: index, adapters: adapters)
        }
        let shape = AttentionShape(
            heads: configuration.headCount, keyValueHeads: configuration.keyValueHeadCount,
            channels: configuration.headDimension, scale: Double(configuration.attentionScale),
            softCap: Double(configuration.attentionSoftCap ?? 0),
            window: configuration.layerKinds[index] == .sliding ? configuration.slidingWindow : nil,
            queryNorm: layer.queryNorm, keyNorm: layer.keyNorm, normEpsilon: epsilon, normAddsOne: addsOne)
        let qkv = try normed_TD.linear(
            layer.queryKeyValue, bias: layer.queryKeyValueBias, updates: updates([.query, .key, .value]))
        var branch = try attend(qkv, shape).linear(layer.output, updates: updates([.output]))
        if let norm = layer.postAttentionNorm {
            branch = try branch.rmsNorm(norm, epsilon: epsilon, addsOne: addsOne)
        }
        let (middle_TD, middleNormed_TD) = try branch.addedAndNormed(
            state_TD, layer.mlpNorm, epsilon: epsilon, addsOne: addsOne)
        let activation: GatedActivation = configuration.activation == .silu ? .silu : .geluTanh
        let gated = try middleNormed_TD.linear(layer.gateUp, updates: updates([.gate, .up])).gated(activation)
        branch = try gated.linear(layer.down, updates: updates([.down]))
        if let norm = layer.postMLPNorm {
            branch = try branch.rmsNorm(norm, epsilon: epsilon, addsOne: addsOne)
        }
        let (sum, norm) = try branch.addedAndNormed(middle_TD, next, epsilon: epsilon, addsOne: addsOne)
        return (sum, norm)
    }

    /// What the adapters add to a stack of maps of one layer.
    private func lowRankUpdates(_ targets: [LinearModule], layer: Int, adapters: [AdapterUse]) -> [LowRankUpdate] {
        var updates: [LowRankUpdate] = []
        for use in adapters {
            var column = 0
            for target in targets {
                let outputs = configuration.shape(of: target).outputs
                defer { column += outputs }
                guard let module = use.adapter.module(layer: layer, target) else { continue }
                let place = UInt64(layer * LinearModule.allCases.count + target.place)
                updates.append(
                    LowRankUpdate(
                        a: module.a, b: module.b, columns: column..<column + outputs, rows: use.tokens,
                        scale: module.scale, dropout: use.dropoutKey == nil ? 0 : use.adapter.dropout,
                        dropoutKey: (use.dropoutKey ?? 0) &+ place &* 0x9E37_79B9_7F4A_7C15))
            }
        }
        return updates
    }
}

extension LinearModule {
    fileprivate var place: Int { LinearModule.allCases.firstIndex(of: self) ?? 0 }
}
