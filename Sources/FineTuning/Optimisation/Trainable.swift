import Torch
import Transformer

/// What an arm changes: an adapter beside a frozen base, or all of a model's own weights. Either is one vector of
/// parameters, one of gradients.
public enum Trainable: Sendable {
    case adapter(LowRankAdapter)
    case model(ModelParameters)

    /// `[N]` float32.
    public var parameters: Tensor {
        switch self {
        case .adapter(let adapter): adapter.parameters
        case .model(let model): model.parameters
        }
    }

    /// `[N]`; nil for an adapter that is only used.
    public var gradients: Tensor? {
        switch self {
        case .adapter(let adapter): adapter.gradients
        case .model(let model): model.gradients
        }
    }

    /// Weight decay acts on so many parameters from the first on: on all of an adapter, on the matrices of a model and not
    /// on its norms and biases, as transformers' Trainer has it.
    public var decayedCount: Int {
        switch self {
        case .adapter(let adapter): adapter.parameters.count
        case .model(let model): model.matrixCount
        }
    }

    public var adapter: LowRankAdapter? { if case .adapter(let adapter) = self { adapter } else { nil } }
}
