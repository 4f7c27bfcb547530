import Torch

/// AdamW (Loshchilov & Hutter 2019) over an adapter's one vector of parameters; torch.optim.AdamW's arithmetic.
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
    /// Running means of gradients and of their squares, `[N]`.
    public let firstMoment: Tensor
    public let secondMoment: Tensor

    public init(count: Int, settings: Settings, device: Device) throws {
        self.settings = settings
        firstMoment = try Tensor.zeros([count], device: device)
        secondMoment = try Tensor.zeros([count], device: device)
    }

    /// - Parameters:
    ///   - step: counts from 1.
    ///   - gradientScale: gradients are multiplied by it first (clipping).
    public func update(
        _ parameters: Tensor, gradients: Tensor, learningRate: Double, step: Int, gradientScale: Double = 1
    ) throws {
        try adamWStep(
            parameters: parameters, gradients: gradients, firstMoment: firstMoment, secondMoment: secondMoment,
            learningRate: learningRate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            weightDecay: settings.weightDecay, step: step, gradientScale: gradientScale)
    }
}
