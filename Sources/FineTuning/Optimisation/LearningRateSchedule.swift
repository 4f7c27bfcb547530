import Foundation

/// How the learning rate goes after warm-up. The definitions are those of `transformers.get_*_schedule_with_warmup`.
public enum LearningRateSchedule: String, Codable, Hashable, Sendable, CaseIterable {
    /// Down to 0 in a straight line.
    case linear
    /// Down to 0 along half a cosine.
    case cosine
    case constant

    /// What the peak rate is multiplied by at optimiser step `step`, counted from 0.
    public func factor(step: Int, warmup: Int, total: Int) -> Double {
        if step < warmup { return Double(step) / Double(max(1, warmup)) }
        let progress = Double(step - warmup) / Double(max(1, total - warmup))
        switch self {
        case .linear: return max(0, Double(total - step) / Double(max(1, total - warmup)))
        case .cosine: return max(0, 0.5 * (1 + cos(Double.pi * progress)))
        case .constant: return 1
        }
    }
}
