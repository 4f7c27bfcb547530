import Checkpoint
import Torch

/// All weights of a model as something to train: one float32 vector, matrices first, then norms and biases; and one of
/// gradients. An embedding that is the head as well is there once.
///
/// Whatever the model computes in, these are float32: a small step must not be lost in rounding.
public final class ModelParameters: Sendable {
    public let configuration: ModelConfiguration
    public let dtype: DType
    /// `[N]` float32.
    public let parameters: Tensor
    /// `[N]`, where backward adds to.
    public let gradients: Tensor
    /// So many parameters from the first on are matrices' (the embedding's too).
    public let matrixCount: Int
    private let leaves: DecoderWeights
    private let places: [String: Range<Int>]

    /// - Parameter dtype: what the model computes in, `.float32` or `.bfloat16`.
    /// - Throws: as ``DecoderWeights/init(_:dtype:device:)``.
    public init(_ files: ModelFiles, dtype: DType = .float32, device: Device = .cpu) throws {
        configuration = files.configuration
        self.dtype = dtype
        let counts = Self.counts(files.configuration)
        matrixCount = counts.matrices
        parameters = try Tensor.zeros([counts.matrices + counts.vectors], device: device)
        gradients = try Tensor.zeros([counts.matrices + counts.vectors], device: device)
        let reader = LearningWeights(
            frozen: FrozenWeights(weights: files.weights, dtype: .float32, device: device), parameters: parameters,
            gradients: gradients, firstVector: counts.matrices)
        leaves = try DecoderWeights(files.configuration, reader: reader)
        places = reader.places
    }

    /// Numbers of a model: in matrices, in norms and biases.
    static func counts(_ configuration: ModelConfiguration) -> (matrices: Int, vectors: Int) {
        configuration.expectedTensors.values.reduce(into: (matrices: 0, vectors: 0)) { counts, shape in
            let count = shape.reduce(1, *)
            if shape.count == 2 { counts.matrices += count } else { counts.vectors += count }
        }
    }

    /// The model as the parameters are now. In float32 it shares their memory, in bfloat16 it is a rounded copy; while
    /// gradients are recorded, backward through it reaches ``gradients``.
    public func decoder() throws -> Decoder {
        let weights = dtype == .float32 ? leaves : try leaves.mapped { try $0.to(dtype) }
        return Decoder(configuration, weights: weights, dtype: dtype, device: parameters.device)
    }

    /// A weight by its name in a checkpoint, row-major; nil for a name that the model doesn't have.
    public func floats(_ name: String) throws -> [Float]? {
        guard let place = places[name] else { return nil }
        return try parameters.narrowed(0, from: place.lowerBound, length: place.count).values()
    }

    /// Bytes that training takes beside what a pass needs: parameters, gradients, two moments; where the model computes in
    /// bfloat16, its copy.
    public static func bytesToTrain(_ configuration: ModelConfiguration, dtype: DType) -> Int {
        let counts = counts(configuration)
        return (counts.matrices + counts.vectors) * (16 + (dtype == .bfloat16 ? 2 : 0))
    }

    /// Bytes that a pass over so many tokens keeps for backward, roughly: what each layer's maps read, and gradients on
    /// the way.
    public static func bytesOfPass(_ configuration: ModelConfiguration, tokens: Int, dtype: DType) -> Int {
        let attention =
            (2 * configuration.headCount + 2 * configuration.keyValueHeadCount) * configuration.headDimension
        let layer = 4 * configuration.hiddenSize + attention + 3 * configuration.intermediateSize
        // A chunk of logits, its softmax and its gradient are float32.
        let head = 4 * 128 * configuration.vocabularySize * 4
        // The gradient of the embedding is one matrix of its own before it is added.
        let embedding = configuration.vocabularySize * configuration.hiddenSize * dtype.size
        return tokens * layer * configuration.layerCount * dtype.size + head + embedding
    }
}

/// Puts a checkpoint's numbers into the vector and hands out the views that learn.
private final class LearningWeights: WeightReader {
    private let frozen: FrozenWeights
    private let parameters: Tensor
    private let gradients: Tensor
    private var nextMatrix = 0
    private var nextVector: Int
    private(set) var places: [String: Range<Int>] = [:]

    init(frozen: FrozenWeights, parameters: Tensor, gradients: Tensor, firstVector: Int) {
        self.frozen = frozen
        self.parameters = parameters
        self.gradients = gradients
        nextVector = firstVector
    }

    func stacked(_ names: [String], columns: Int) throws -> Tensor {
        let values = try frozen.stacked(names, columns: columns)
        defer { nextMatrix += values.count }
        return try leaf(names, values, at: nextMatrix)
    }

    func vector(_ names: [String]) throws -> Tensor {
        let values = try frozen.vector(names)
        defer { nextVector += values.count }
        return try leaf(names, values, at: nextVector)
    }

    private func leaf(_ names: [String], _ values: Tensor, at start: Int) throws -> Tensor {
        func view(_ vector: Tensor) throws -> Tensor {
            try vector.narrowed(0, from: start, length: values.count).reshaped(values.shape).detached()
        }
        let leaf = try view(parameters)
        try leaf.overwrite(with: values)
        try leaf.setRequiresGradient(true)
        try leaf.gatherGradient(in: view(gradients))
        var place = start
        for name in names {
            let count = frozen.weights.record(name)?.count ?? 0
            places[name] = place..<place + count
            place += count
        }
        return leaf
    }
}
