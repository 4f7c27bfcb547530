import Foundation

/// How coherent an answer looks without a judge, 0 to 1: the product of four factors.
///
///     fluency   = min(1, exp(-(s - freeSurprise) / surpriseScale))    s: nats a token of the answer under the base
///     variety   = min(1, distinctTrigrams / freeTrigrams)
///     freshness = 1 - max(0, repeatedShare - freeRepeat) / (1 - freeRepeat)
///     ending    = truncatedFactor where the token limit cut the answer off, else 1
///
/// Fluency falls for word salad, variety and freshness for loops (which the base finds anything but surprising). It sees
/// no sense: fluent nonsense has 1. The constants are round numbers that leave samples of an undamaged chat model at
/// temperature 1 near 1; where judged answers are at hand, see ``CoherenceCalibration`` for what the proxy is worth there.
public struct CoherenceProxy: Codable, Hashable, Sendable {
    /// Nats a token that cost nothing.
    public var freeSurprise = 3.0
    /// So many more divide fluency by e.
    public var surpriseScale = 1.5
    public var freeTrigrams = 0.8
    public var freeRepeat = 0.25
    public var truncatedFactor = 0.9

    public init() {}

    /// - Parameters:
    ///   - surprise: mean `-log p` of the answer's tokens under the base, nats.
    public func score(surprise: Double, repetition: Repetition, isTruncated: Bool) -> Double {
        let fluency = min(1, exp(-(surprise - freeSurprise) / surpriseScale))
        let variety = min(1, repetition.distinctTrigrams / freeTrigrams)
        let freshness = 1 - max(0, repetition.repeatedShare - freeRepeat) / (1 - freeRepeat)
        return fluency * variety * freshness * (isTruncated ? truncatedFactor : 1)
    }
}
