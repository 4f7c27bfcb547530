/// The families of decoder that emlab runs.
public enum ModelFamily: String, Sendable, Hashable, CaseIterable, Codable {
    case llama, mistral, qwen2, qwen3, gemma3
}

/// How rotary frequencies are stretched for contexts beyond those of pretraining.
public enum RopeScaling: Sendable, Hashable, Codable {
    case none
    /// All frequencies divided by `factor`.
    case linear(factor: Double)
    /// Llama 3.1: low frequencies divided by `factor`, high ones kept, those between blended.
    case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalMaxPositions: Int)
    /// Each of the `headDimension / 2` frequencies divided by its own factor (GGUF's `rope_freqs.weight`).
    case frequencyFactors([Float])
}

/// What a layer attends to.
public enum LayerKind: String, Sendable, Hashable, Codable {
    case full, sliding
}

public enum Activation: String, Sendable, Hashable, Codable {
    case silu, geluTanh
}

/// What distinguishes one decoder from another: all that is needed to build it and to know its weights' shapes.
public struct ModelConfiguration: Sendable, Hashable, Codable {
    public var family: ModelFamily
    public var vocabularySize: Int
    public var hiddenSize: Int
    public var intermediateSize: Int
    public var layerCount: Int
    public var headCount: Int
    public var keyValueHeadCount: Int
    public var headDimension: Int
    public var rmsNormEpsilon: Double
    public var ropeTheta: Double
    /// Of layers that attend to everything; sliding layers of Gemma 3 are never scaled.
    public var ropeScaling: RopeScaling
    /// Gemma 3's rotary base in sliding layers; nil where all layers share ``ropeTheta``.
    public var localRopeTheta: Double?
    public var maxPositions: Int
    public var tiedEmbeddings: Bool
    /// Whether q, k and v (not o) have a bias.
    public var attentionBias: Bool
    /// Whether each head's q and k pass an RMS norm before the rotary embedding.
    public var qkNorm: Bool
    /// How many positions, itself included, a token of a sliding layer sees.
    public var slidingWindow: Int?
    public var layerKinds: [LayerKind]
    public var activation: Activation
    /// Gemma's factor on embeddings, sqrt(hiddenSize). transformers rounds it to the weights' type before use.
    public var embeddingScale: Float?
    /// Whether RMS norms multiply by 1 + weight.
    public var normAddsOne: Bool
    /// Whether a layer has four norms: before and after attention, before and after the MLP.
    public var postNorms: Bool
    /// Gemma's `query_pre_attn_scalar`, as the file has it; see ``attentionScale``.
    public var queryPreAttentionScalar: Double?
    public var attentionSoftCap: Float?
    public var finalSoftCap: Float?

    /// Gemma's factor on attention scores, `query_pre_attn_scalar`^-1/2; nil for other families.
    public var queryScale: Float? { queryPreAttentionScalar.map { Float(1 / $0.squareRoot()) } }

    /// What attention scores are multiplied by: ``queryScale``, or headDimension^-1/2.
    public var attentionScale: Float { queryScale ?? Float(1 / Double(headDimension).squareRoot()) }
}
