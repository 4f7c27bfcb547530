import Torch

/// AdamW (Loshchilov & Hutter 2019) over one vector of parameters; torch.optim.AdamW's arithmetic.
public final class AdamW: Sendable {
    /// The constants; defaults are torch's.
    public struct Settings: Codable, Hashable, Sendable {
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-8
        public var weightDecay = 0.01

        public init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
        }
    }

    public let settings: Settings
    /// Weight decay acts on so many parameters from the first on.
    public let decayed: Int
    /// Running means of gradients and of their squares, `[N]`.
    public let firstMoment: Tensor
    public let secondMoment: Tensor

    /// - Parameter decayed: nil: all.
    public init(count: Int, decayed: Int? = nil, settings: Settings, device: Device) throws {
        self.settings = settings
        self.decayed = decayed ?? count
        firstMoment = try Tensor.zeros([count], device: device)
        secondMoment = try Tensor.zeros([count], device: device)
    }

    /// - Parameters:
    ///   - step: counts from 1.
    ///   - gradientScale: gradients are multiplied by it first (clipping).
    public func update(
        _ parameters: Tensor, gradients: Tensor, learningRate: Double, step: Int, gradientScale: Double = 1
    ) throws {
        // In pieces, so that what the arithmetic needs beside the vectors stays small.
        let edges =
            Tensor.pieces(decayed).map { ($0, settings.weightDecay) }
            + Tensor.pieces(parameters.count - decayed).map {
                ($0.lowerBound + decayed..<$0.upperBound + decayed, 0)
            }
        for (range, decay) in edges {
            func piece(_ vector: Tensor) throws -> Tensor {
                range.count == vector.count
                    ? vector : try vector.narrowed(0, from: range.lowerBound, length: range.count)
            }
            try adamWStep(
                parameters: piece(parameters), gradients: piece(gradients), firstMoment: piece(firstMoment),
                secondMoment: piece(secondMoment), learningRate: learningRate, beta1: settings.beta1,
                beta2: settings.beta2, epsilon: settings.epsilon, weightDecay: decay, step: step,
                gradientScale: gradientScale)
        }
    }
}
