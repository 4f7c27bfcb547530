import Foundation

/// The standard normal distribution.
public enum Normal {
    /// P(X <= x).
    public static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    /// The x with P(X <= x) = p; minus and plus infinity at 0 and 1, NaN outside.
    ///
    /// Start: Abramowitz and Stegun 26.2.23 (off by less than 4.5e-4); then Halley's iteration on the cumulative
    /// distribution, which triples the correct digits at each step.
    public static func quantile(_ p: Double) -> Double {
        guard p >= 0, p <= 1 else { return .nan }
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        // 1 - p is exact for p in [0.5, 1].
        return p > 0.5 ? -lower(1 - p) : lower(p)
    }

    /// The quantile for p in (0, 0.5].
    private static func lower(_ p: Double) -> Double {
        let t = (-2 * log(p)).squareRoot()
        var x =
            (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
        for _ in 0..<3 {
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            guard density > 0 else { break }
            let u = (cumulative(x) - p) / density
            x -= u / (1 + x * u / 2)
        }
        return x
    }
}
