import Checkpoint
import Foundation

/// What the size of a model decides: parameters by module, bytes, operations a token.
public struct ModelShape: Hashable, Sendable {
    public var layers: Int
    public var hidden: Int
    public var mlp: Int
    /// Width of all query heads together, and of all key heads.
    public var queries: Int
    public var keys: Int
    public var vocabulary: Int
    public var isTied: Bool

    public init(_ configuration: ModelConfiguration) {
        layers = configuration.layerCount
        hidden = configuration.hiddenSize
        mlp = configuration.intermediateSize
        queries = configuration.headCount * configuration.headDimension
        keys = configuration.keyValueHeadCount * configuration.headDimension
        vocabulary = configuration.vocabularySize
        isTied = configuration.tiedEmbeddings
    }

    /// Inputs and outputs of a layer's linear map.
    func size(of module: String) -> (inputs: Int, outputs: Int) {
        switch module {
        case "q_proj": (hidden, queries)
        case "k_proj", "v_proj": (hidden, keys)
        case "o_proj": (queries, hidden)
        case "down_proj": (mlp, hidden)
        default: (hidden, mlp)
        }
    }

    /// Of one layer's linear maps.
    var layerParameters: Double {
        (AdapterTargets.attention + AdapterTargets.mlp).reduce(0) {
            let size = size(of: $1)
            return $0 + Double(size.inputs) * Double(size.outputs)
        }
    }

    var trunkParameters: Double { layerParameters * Double(layers) }
    var headParameters: Double { Double(hidden) * Double(vocabulary) }
    public var parameters: Double { trunkParameters + headParameters * (isTied ? 1 : 2) }

    func adapterParameters(rank: Int, targets: AdapterTargets, layers chosen: [Int]?) -> Double {
        let count = chosen?.filter { $0 < layers }.count ?? layers
        return targets.modules.reduce(0) {
            let size = size(of: $1)
            return $0 + Double(count) * Double(rank) * (Double(size.inputs) + Double(size.outputs))
        }
    }

    /// Numbers that a layer keeps of each token for the backward pass.
    var keptPerToken: Double { Double(4 * hidden + 2 * queries + 2 * keys + 3 * mlp) }
}
