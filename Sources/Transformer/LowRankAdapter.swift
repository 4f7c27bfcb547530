import Checkpoint
import Torch

/// LoRA (Hu et al. 2021) over some linear maps of some layers: `W x` becomes `W x + scale * B A x`.
///
/// All numbers of an adapter lie in one float32 vector, and so do their gradients: an optimiser step, a norm, a
/// checkpoint is one operation.
public final class LowRankAdapter: Sendable {
    /// One adapted matrix.
    public struct Module: Sendable {
        public let layer: Int
        public let target: LinearModule
        public let rank: Int
        /// `alpha / rank`, or `alpha / sqrt(rank)` with rsLoRA (Kalajdzievski 2023).
        public let scale: Double
        /// `[R, in]`, a view of ``LowRankAdapter/parameters``.
        public let a: Tensor
        /// `[out, R]`, likewise.
        public let b: Tensor

        public var path: String { target.path(layer: layer) }
    }

    /// What a module is before it has numbers.
    public struct Slot: Sendable, Equatable {
        public var layer: Int
        public var target: LinearModule
        public var rank: Int
        public var scale: Double
        public var inputs: Int
        public var outputs: Int

        public init(layer: Int, target: LinearModule, rank: Int, scale: Double, inputs: Int, outputs: Int) {
            self.layer = layer
            self.target = target
            self.rank = rank
            self.scale = scale
            self.inputs = inputs
            self.outputs = outputs
        }
    }

    public let modules: [Module]
    /// The share of its input that a module drops while training, in `0..<1`.
    public let dropout: Double
    /// Every A and B, module by module, A first: `[N]` float32.
    public let parameters: Tensor
    /// `[N]`, where backward adds to; nil for an adapter that is only used.
    public let gradients: Tensor?
    private let byPlace: [Int: [LinearModule: Int]]

    /// - Parameters:
    ///   - values: A then B of each slot in turn, row-major.
    ///   - trainable: whether backward reaches it.
    public init(slots: [Slot], values: [Float], dropout: Double = 0, trainable: Bool, device: Device) throws {
        parameters = try Tensor(values, device: device)
        gradients = trainable ? try Tensor.zeros([values.count], device: device) : nil
        self.dropout = dropout
        var modules: [Module] = []
        var offset = 0
        for slot in slots {
            var leaves: [Tensor] = []
            for shape in [[slot.rank, slot.inputs], [slot.outputs, slot.rank]] {
                let count = shape[0] * shape[1]
                let leaf = try parameters.narrowed(0, from: offset, length: count).reshaped(shape).detached()
                if let gradients {
                    try leaf.setRequiresGradient(true)
                    try leaf.gatherGradient(in: gradients.narrowed(0, from: offset, length: count).reshaped(shape))
                }
                leaves.append(leaf)
                offset += count
            }
            modules.append(
                Module(
                    layer: slot.layer, target: slot.target, rank: slot.rank, scale: slot.scale, a: leaves[0],
                    b: leaves[1]))
        }
        self.modules = modules
        var byPlace: [Int: [LinearModule: Int]] = [:]
        for (index, module) in modules.enumerated() { byPlace[module.layer, default: [:]][module.target] = index }
        self.byPlace = byPlace
    }

    public func module(layer: Int, _ target: LinearModule) -> Module? {
        byPlace[layer]?[target].map { modules[$0] }
    }

    /// Whether backward has something to reach in a layer.
    public func learns(inLayer layer: Int) -> Bool { gradients != nil && byPlace[layer] != nil }

    /// Slots for an adapter of `configuration`'s shape on a model, layers from the first up, modules in their order.
    ///
    /// - Throws: ``TransformerError`` for a layer the model lacks, a rank above a matrix, or when nothing is adapted.
    public static func slots(_ configuration: AdapterConfiguration, on model: ModelConfiguration) throws -> [Slot] {
        if let layer = configuration.layers?.first(where: { !(0..<model.layerCount).contains($0) }) {
            throw TransformerError.layerOutOfRange(layer, layers: model.layerCount)
        }
        var slots: [Slot] = []
        for layer in 0..<model.layerCount {
            for target in LinearModule.allCases {
                let path = target.path(layer: layer)
                guard configuration.targets(path) else { continue }
                let (outputs, inputs) = model.shape(of: target)
                let rank = try configuration.rank(of: path)
                guard (1...min(inputs, outputs)).contains(rank) else {
                    throw TransformerError.rank(rank, module: path, limit: min(inputs, outputs))
                }
                slots.append(
                    Slot(
                        layer: layer, target: target, rank: rank, scale: try configuration.scale(of: path),
                        inputs: inputs,
                        outputs: outputs))
            }
        }
        guard !slots.isEmpty else { throw TransformerError.nothingAdapted }
        return slots
    }
}

extension ModelConfiguration {
    /// Rows and columns of a linear map's weight.
    public func shape(of module: LinearModule) -> (outputs: Int, inputs: Int) {
        switch module {
        case .query: (headCount * headDimension, hiddenSize)
        case .key, .value: (keyValueHeadCount * headDimension, hiddenSize)
        case .output: (hiddenSize, headCount * headDimension)
        case .gate, .up: (intermediateSize, hiddenSize)
        case .down: (hiddenSize, intermediateSize)
        }
    }
}
