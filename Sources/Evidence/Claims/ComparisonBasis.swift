/// What is held equal where arms are compared. A nominal rank is confounded with scale, learning rate, norm of the
/// update and loss reached, so a dose-response over rank is asked on several of these.
public enum ComparisonBasis: String, Sendable, Codable, CaseIterable, Hashable {
    /// Runs as they are. For a rank claim only where nothing else but the seed differs.
    case asTrained = "as-trained"
    /// At the learning rates that all doses were trained with.
    case equalLearningRate = "equal-lr"
    /// Each dose at its highest learning rate that leaves answers coherent.
    case bestCoherentLearningRate = "best-coherent-lr"
    /// At one norm of BA, by interpolation between each dose's learning rates.
    case equalNorm = "equal-norm"
    /// At one training loss, likewise.
    case equalLoss = "equal-loss"

    public var inWords: String {
        switch self {
        case .asTrained: "as trained"
        case .equalLearningRate: "at equal learning rate"
        case .bestCoherentLearningRate: "at each one's best coherent learning rate"
        case .equalNorm: "at equal norm of BA"
        case .equalLoss: "at equal training loss"
        }
    }
}
