import Torch

/// What a preference costs, from how far the policy has moved from the reference on its two answers. With
/// `r = log p(answer) - log p_ref(answer)` and `n` an answer's tokens:
public enum PreferenceLoss: Codable, Hashable, Sendable {
    /// DPO (Rafailov et al. 2023, eq. 7): `-logsigmoid(beta (r_chosen - r_rejected))`. With label smoothing `e` (cDPO):
    /// `-(1 - e) logsigmoid(x) - e logsigmoid(-x)`.
    case sigmoid(labelSmoothing: Double)
    /// IPO (Azar et al. 2023) as TRL computes it: `(r_chosen / n_chosen - r_rejected / n_rejected - 1 / (2 beta))^2`.
    case ipo
    /// DPO on per-token averages (TRL's sigmoid_norm): `-logsigmoid(beta (r_chosen / n_chosen - r_rejected / n_rejected))`.
    case lengthNormalised

    /// The loss of each pair, `[P]`.
    ///
    /// - Parameters:
    ///   - chosen: `r` of the chosen answers, `[P]` float32; `rejected` likewise.
    ///   - chosenTokens: `n` of the chosen answers; `rejectedTokens` likewise.
    public func callAsFunction(
        chosen: Tensor, rejected: Tensor, chosenTokens: [Int], rejectedTokens: [Int], beta: Double
    ) throws -> Tensor {
        func perToken() throws -> Tensor {
            let inverse = try [chosenTokens, rejectedTokens].map {
                try Tensor($0.map { 1 / Float($0) }, device: chosen.device)
            }
            return try chosen * inverse[0] - rejected * inverse[1]
        }
        switch self {
        case .sigmoid(let smoothing):
            let x = try (chosen - rejected) * beta
            let plain = try x.logSigmoid() * -(1 - smoothing)
            return smoothing == 0 ? plain : try plain + (-x).logSigmoid() * -smoothing
        case .ipo:
            return try (perToken() + -1 / (2 * beta)).squared()
        case .lengthNormalised:
            return try (perToken() * beta).logSigmoid() * -1
        }
    }
}
