import Checkpoint
import Foundation
import Torch

/// A decoder's numbers on a device. Maps that read the same input are one matrix: q, k and v; gate and up.
public struct DecoderWeights: Sendable {
    public struct Layer: Sendable {
        /// `[(H + 2K) C, D]`, and its bias where the family has one.
        var queryKeyValue: Tensor
        var queryKeyValueBias: Tensor?
        /// `[D, H C]`
        var output: Tensor
        /// `[2F, D]`
        var gateUp: Tensor
        /// `[D, F]`
        var down: Tensor
        var queryNorm: Tensor?
        var keyNorm: Tensor?
        var attentionNorm: Tensor
        var mlpNorm: Tensor
        /// Gemma's norms behind attention and MLP.
        var postAttentionNorm: Tensor?
        var postMLPNorm: Tensor?
    }

    /// `[V, D]`
    public var embedding: Tensor
    public var layers: [Layer]
    public var finalNorm: Tensor
    /// `[V, D]`; the embedding itself where they are tied.
    public var head: Tensor

    /// Reads a checkpoint's weights, frozen.
    ///
    /// - Parameter dtype: float32 or bfloat16.
    /// - Throws: `CheckpointError` from the file, ``TransformerError/notFinite(tensor:)`` for a NaN in it, `TorchError`.
    public init(_ files: ModelFiles, dtype: DType, device: Device) throws {
        try self.init(files.configuration, reader: FrozenWeights(weights: files.weights, dtype: dtype, device: device))
    }

    init(_ configuration: ModelConfiguration, reader: some WeightReader) throws {
        let width = configuration.hiddenSize
        embedding = try reader.stacked(["model.embed_tokens.weight"], columns: width)
        finalNorm = try reader.vector(["model.norm.weight"])
        head = try configuration.tiedEmbeddings ? embedding : reader.stacked(["lm_head.weight"], columns: width)
        layers = try (0..<configuration.layerCount).map { layer in
            func name(_ module: LinearModule, _ part: String = "weight") -> String {
                "\(module.path(layer: layer)).\(part)"
            }
            func norm(_ name: String) throws -> Tensor { try reader.vector(["model.layers.\(layer).\(name).weight"]) }
            let inputs: [LinearModule] = [.query, .key, .value]
            let gemma = configuration.postNorms
            return Layer(
                queryKeyValue: try reader.stacked(inputs.map { name($0) }, columns: width),
                queryKeyValueBias: configuration.attentionBias
                    ? try reader.vector(inputs.map { name($0, "bias") }) : nil,
                output: try reader.stacked(
                    [name(.output)], columns: configuration.headCount * configuration.headDimension),
                gateUp: try reader.stacked([name(.gate), name(.up)], columns: width),
                down: try reader.stacked([name(.down)], columns: configuration.intermediateSize),
                queryNorm: configuration.qkNorm ? try norm("self_attn.q_norm") : nil,
                keyNorm: configuration.qkNorm ? try norm("self_attn.k_norm") : nil,
                attentionNorm: try norm("input_layernorm"),
                mlpNorm: try norm(gemma ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
                postAttentionNorm: gemma ? try norm("post_attention_layernorm") : nil,
                postMLPNorm: gemma ? try norm("post_feedforward_layernorm") : nil)
        }
    }

    /// The same with each tensor exchanged, a head that is the embedding once for both.
    func mapped(_ body: (Tensor) throws -> Tensor) rethrows -> DecoderWeights {
        var copy = self
        copy.embedding = try body(embedding)
        copy.head = try head === embedding ? copy.embedding : body(head)
        copy.finalNorm = try body(finalNorm)
        copy.layers = try layers.map { layer in
            Layer(
                queryKeyValue: try body(layer.queryKeyValue),
                queryKeyValueBias: try layer.queryKeyValueBias.map(body),
                output: try body(layer.output), gateUp: try body(layer.gateUp), down: try body(layer.down),
                queryNorm: try layer.queryNorm.map(body), keyNorm: try layer.keyNorm.map(body),
                attentionNorm: try body(layer.attentionNorm), mlpNorm: try body(layer.mlpNorm),
                postAttentionNorm: try layer.postAttentionNorm.map(body),
                postMLPNorm: try layer.postMLPNorm.map(body))
        }
        return copy
    }
}

/// Where a decoder's tensors come from, by the names that they have in a checkpoint.
protocol WeightReader {
    /// Matrices of one width, stacked by rows.
    func stacked(_ names: [String], columns: Int) throws -> Tensor
    /// Vectors, one after another.
    func vector(_ names: [String]) throws -> Tensor
}

/// A checkpoint's numbers as they are.
struct FrozenWeights: WeightReader {
    let weights: any WeightFile
    let dtype: DType
    let device: Device

    func stacked(_ names: [String], columns: Int) throws -> Tensor {
        let rows = names.reduce(0) { $0 + ((weights.record($1)?.count ?? 0) / max(columns, 1)) }
        return try read(names, shape: [rows, columns])
    }

    func vector(_ names: [String]) throws -> Tensor {
        try read(names, shape: [names.reduce(0) { $0 + (weights.record($1)?.count ?? 0) }])
    }

    private func read(_ names: [String], shape: [Int]) throws -> Tensor {
        let type: FloatType = dtype == .bfloat16 ? .bfloat16 : .float32
        let tensor = try Tensor(shape: shape, dtype: dtype == .bfloat16 ? .bfloat16 : .float32) { bytes in
            var offset = 0
            for name in names {
                let size = (weights.record(name)?.count ?? 0) * type.byteCount
                try weights.read(
                    name, as: type, into: UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + size]))
                offset += size
            }
        }
        guard try tensor.sum().isFinite() else {
            throw TransformerError.notFinite(tensor: names.joined(separator: ", "))
        }
        return device == .cpu ? tensor : try tensor.to(device)
    }
}
