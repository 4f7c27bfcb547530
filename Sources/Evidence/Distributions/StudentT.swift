import Foundation

/// Student's t distribution with ν degrees of freedom, a positive real number.
public enum StudentT {
    /// P(T <= t): 1 - I_{ν/(ν+t²)}(ν/2, 1/2) / 2 for t > 0 (Abramowitz and Stegun 26.7.1).
    public static func cumulative(_ t: Double, degrees ν: Double) -> Double {
        guard ν > 0, !t.isNaN else { return .nan }
        return t > 0 ? 1 - tail(t, ν) : tail(-t, ν)
    }

    /// P(T > t), with all its digits where it is small.
    public static func survival(_ t: Double, degrees ν: Double) -> Double { cumulative(-t, degrees: ν) }

    /// P(T > t) for t >= 0.
    private static func tail(_ t: Double, _ ν: Double) -> Double {
        guard t < .infinity else { return 0 }
        let square = t * t
        guard square < .infinity else { return 0 }
        return 0.5 * IncompleteBeta.regularised(ν / 2, 0.5, x: ν / (ν + square), y: square / (ν + square))
    }

    /// The t with P(T <= t) = p; minus and plus infinity at 0 and 1, NaN outside or for ν not above 0.
    public static func quantile(_ p: Double, degrees ν: Double) -> Double {
        guard ν > 0, p >= 0, p <= 1 else { return .nan }
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        if p == 0.5 { return 0 }
        return p < 0.5 ? -upper(p, ν) : upper(1 - p, ν)
    }

    /// The t > 0 with P(T > t) = q for q in (0, 0.5): Newton's steps on ln P(T > t) against ln t, kept in a bracket.
    private static func upper(_ q: Double, _ ν: Double) -> Double {
        // The normal quantile is too small for every ν; twice it, again and again, ends beyond.
        var low = 0.0
        var high = max(1, -Normal.quantile(q))
        while tail(high, ν) > q, high < 1e300 {
            low = high
            high *= 2
        }
        var t = low > 0 ? (low * high).squareRoot() : high / 2
        for _ in 0..<200 {
            let found = tail(t, ν)
            if found > q { low = t } else { high = t }
            let square = t * t
            // t f(t) from the same factor as the tail: f(t) t = front / 1 with a = ν/2, b = 1/2.
            let density = IncompleteBeta.front(ν / 2, 0.5, x: ν / (ν + square), y: square / (ν + square))
            var next = density > 0 && found > 0 ? t * exp(found / density * log(found / q)) : .nan
            // Newton doubles the correct digits: the step after this one would change nothing.
            if abs(next - t) <= 1e-10 * t { return next }
            if !(next > low && next < high) { next = low > 0 ? (low * high).squareRoot() : high / 2 }
            t = next
        }
        return t
    }
}
