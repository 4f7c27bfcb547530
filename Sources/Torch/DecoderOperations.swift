import CTorch

// The decoder's operations: fused loops on the CPU, ATen's elsewhere, one meaning. All of them are differentiable but
// the last two.

/// A low-rank update (LoRA, Hu et al. 2021) of some output columns of a linear map, for some of its rows:
/// `y[rows, columns] += scale * dropout(x[rows]) a^T b^T`.
public struct LowRankUpdate {
    /// `[R, D]`, float32.
    public var a: Tensor
    /// `[columns.count, R]`, float32.
    public var b: Tensor
    public var columns: Range<Int>
    public var rows: Range<Int>
    public var scale: Double
    /// The share of x that is dropped, in `0..<1`; a function of `dropoutKey` and the element alone.
    public var dropout: Double
    public var dropoutKey: UInt64

    public init(
        a: Tensor, b: Tensor, columns: Range<Int>, rows: Range<Int>, scale: Double, dropout: Double = 0,
        dropoutKey: UInt64 = 0
    ) {
        self.a = a
        self.b = b
        self.columns = columns
        self.rows = rows
        self.scale = scale
        self.dropout = dropout
        self.dropoutKey = dropoutKey
    }
}

/// A run of tokens that attends causally to itself and wholly to the spans up its chain of parents. A packed row is a
/// span without a parent; a completion of a shared prompt is a span whose parent is the prompt.
public struct AttentionSpan: Hashable, Sendable {
    public var start: Int
    public var length: Int
    /// The index of an earlier span.
    public var parent: Int?

    public init(start: Int, length: Int, parent: Int? = nil) {
        self.start = start
        self.length = length
        self.parent = parent
    }
}

/// What attention needs to know of a layer.
public struct AttentionShape {
    public var heads: Int
    public var keyValueHeads: Int
    public var channels: Int
    /// Scores are multiplied by this: usually `1 / sqrt(channels)`.
    public var scale: Double
    /// `cap * tanh(score / cap)`; 0 for none.
    public var softCap: Double
    /// A token sees this many keys, itself included; nil for all.
    public var window: Int?
    /// RMSNorm weights of each head's queries and keys, `[C]`.
    public var queryNorm: Tensor?
    public var keyNorm: Tensor?
    public var normEpsilon: Double
    public var normAddsOne: Bool

    public init(
        heads: Int, keyValueHeads: Int, channels: Int, scale: Double, softCap: Double = 0, window: Int? = nil,
        queryNorm: Tensor? = nil, keyNorm: Tensor? = nil, normEpsilon: Double = 1e-6, normAddsOne: Bool = false
    ) {
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.channels = channels
        self.scale = scale
        self.softCap = softCap
        self.window = window
        self.queryNorm = queryNorm
        self.keyNorm = keyNorm
        self.normEpsilon = normEpsilon
        self.normAddsOne = normAddsOne
    }

    var raw: ct_attention_shape {
        ct_attention_shape(
            heads: Int32(heads), kv_heads: Int32(keyValueHeads), channels: Int32(channels), scale: scale,
            soft_cap: softCap, window: Int64(window ?? 0), q_norm: queryNorm?.handle, k_norm: keyNorm?.handle,
            epsilon: normEpsilon, add_one: normAddsOne)
    }
}

public enum GatedActivation: String, Codable, Hashable, Sendable {
    case silu
    case geluTanh
}

/// One step's view of the keys and values that a batch of growing answers keeps.
public struct DecodeCache {
    /// `[P, K, C]`: prompts, one after another.
    public var prefixKeys: Tensor
    public var prefixValues: Tensor
    /// `[S, M, K, C]`: a slot of M positions for each answer.
    public var suffixKeys: Tensor
    public var suffixValues: Tensor

    public init(prefixKeys: Tensor, prefixValues: Tensor, suffixKeys: Tensor, suffixValues: Tensor) {
        self.prefixKeys = prefixKeys
        self.prefixValues = prefixValues
        self.suffixKeys = suffixKeys
        self.suffixValues = suffixValues
    }
}

/// Where a row of a decoding batch stands in the ``DecodeCache``.
public struct DecodeRow: Hashable, Sendable {
    public var prefixStart: Int
    public var prefixLength: Int
    public var slot: Int
    public var suffixLength: Int

    public init(prefixStart: Int, prefixLength: Int, slot: Int, suffixLength: Int) {
        self.prefixStart = prefixStart
        self.prefixLength = prefixLength
        self.slot = slot
        self.suffixLength = suffixLength
    }
}

extension Tensor {
    /// `self weight^T + bias + updates`. self `[T, D]`, weight `[O, D]`, bias `[O]`; returns `[T, O]`.
    public func linear(_ weight: Tensor, bias: Tensor? = nil, updates: [LowRankUpdate] = []) throws -> Tensor {
        let raw = updates.map {
            ct_low_rank(
                a: $0.a.handle, b: $0.b.handle, column: Int64($0.columns.lowerBound),
                columns: Int64($0.columns.count), row_start: Int64($0.rows.lowerBound),
                row_count: Int64($0.rows.count), scale: $0.scale, dropout: $0.dropout, dropout_key: $0.dropoutKey)
        }
        return try withExtendedLifetime(updates) {
            try Tensor(ct_linear(handle, weight.handle, bias?.handle, raw, Int32(raw.count)))
        }
    }

    /// Rows of this table `[V, D]` at `ids` `[T]`, times `scale`.
    public func embedding(_ ids: Tensor, scale: Double = 1) throws -> Tensor {
        try Tensor(ct_embedding(handle, ids.handle, scale))
    }

    /// RMSNorm (Zhang & Sennrich 2019): `self / rms(self) * weight`, or `* (1 + weight)`. self `[T, D]`.
    public func rmsNorm(_ weight: Tensor, epsilon: Double, addsOne: Bool = false) throws -> Tensor {
        try Tensor(ct_rms_norm(handle, weight.handle, epsilon, addsOne))
    }

    /// `(self + residual, rmsNorm(self + residual))` in one pass over memory.
    public func addedAndNormed(_ residual: Tensor, _ weight: Tensor, epsilon: Double, addsOne: Bool = false) throws
        -> (sum: Tensor, norm: Tensor)
    {
        var sum: ct_tensor?
        var norm: ct_tensor?
        try check(ct_add_rms_norm(handle, residual.handle, weight.handle, epsilon, addsOne, &sum, &norm))
        return (try Tensor(sum), try Tensor(norm))
    }

    /// `activation(gate) * up` (Shazeer 2020). self is gate and up side by side, `[T, 2F]`; returns `[T, F]`.
    public func gated(_ activation: GatedActivation) throws -> Tensor {
        try Tensor(ct_gated(handle, activation == .silu ? CT_SILU : CT_GELU_TANH))
    }

    /// Attention of packed queries, keys and values, with RoPE. self `[T, (H + 2K) C]`, cos and sin `[T, C]` float32;
    /// returns `[T, H C]`. The turned keys and the values are put into `keys` and `values` (`[T, K, C]`) where given.
    public func attention(
        cos: Tensor, sin: Tensor, spans: [AttentionSpan], shape: AttentionShape, keys: Tensor? = nil,
        values: Tensor? = nil
    ) throws -> Tensor {
        let rawSpans = spans.map {
            ct_span(start: Int64($0.start), length: Int64($0.length), parent: Int32($0.parent ?? -1))
        }
        var raw = shape.raw
        return try withExtendedLifetime(shape) {
            try Tensor(
                ct_attention(
                    handle, cos.handle, sin.handle, rawSpans, Int32(rawSpans.count), &raw, keys?.handle,
                    values?.handle))
        }
    }

    /// `log p(target)` of each row of self `[n, D]` under `softmax(self head^T)`, float32. `chunk` rows of logits exist
    /// at a time. `targets` are `[n]` ids.
    public func tokenLogprobs(head: Tensor, targets: Tensor, softCap: Double = 0, chunk: Int = 128) throws -> Tensor {
        try Tensor(ct_token_logprobs(handle, head.handle, targets.handle, softCap, Int64(chunk)))
    }

    /// Attention of one new token a row; writes its key and value into the row's slot. Without gradient.
    public func decodeAttention(
        cos: Tensor, sin: Tensor, shape: AttentionShape, cache: DecodeCache, rows: [DecodeRow]
    ) throws -> Tensor {
        guard rows.count == size(0) else {
            throw TorchError.failed("\(rows.count) rows stand in the cache for \(size(0)) queries")
        }
        var raw = shape.raw
        return try withExtendedLifetime(shape) {
            try Tensor(
                ct_decode_attention(
                    handle, cos.handle, sin.handle, &raw, cache.prefixKeys.handle, cache.prefixValues.handle,
                    cache.suffixKeys.handle, cache.suffixValues.handle, rows.map { Int64($0.prefixStart) },
                    rows.map { Int64($0.prefixLength) }, rows.map { Int64($0.slot) },
                    rows.map { Int64($0.suffixLength) }))
        }
    }

    /// Draws a token for each row of these logits `[B, V]`: temperature (0: the most likely), then top-k, then top-p,
    /// then the inverse of the cumulative distribution at `uniform[b]` in `0..<1`.
    /// - Returns: ids, and their log-probs under the plain softmax.
    public func sampled(uniform: [Double], temperature: Double, topK: Int? = nil, topP: Double = 1) throws
        -> (ids: [Int32], logprobs: [Float])
    {
        guard shape.count == 2, uniform.count == size(0) else {
            throw TorchError.failed("\(uniform.count) draws for logits of shape \(shape)")
        }
        var ids = [Int32](repeating: 0, count: uniform.count)
        var logprobs = [Float](repeating: 0, count: uniform.count)
        try check(ct_sample(handle, uniform, temperature, Int64(topK ?? 0), topP, &ids, &logprobs))
        return (ids, logprobs)
    }
}

/// One AdamW step (Loshchilov & Hutter 2019) on float32 vectors of one length, in place. `step` counts from 1;
/// gradients are multiplied by `gradientScale` first.
public func adamWStep(
    parameters: Tensor, gradients: Tensor, firstMoment: Tensor, secondMoment: Tensor, learningRate: Double,
    beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, step: Int, gradientScale: Double = 1
) throws {
    try check(
        ct_adamw(
            parameters.handle, gradients.handle, firstMoment.handle, secondMoment.handle, learningRate, beta1, beta2,
            epsilon, weightDecay, Int64(step), gradientScale))
}
