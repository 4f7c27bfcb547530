import Foundation

/// The regularised incomplete beta function I_x(a, b).
public enum IncompleteBeta {
    /// I_x(a, b) for a, b > 0 and x in [0, 1].
    ///
    /// - Parameter y: 1 - x, given apart because where x is near 1 the difference would lose digits.
    ///
    /// Continued fraction of Didonato and Morris (1992), which loses no digits for large a and b, with the factor
    /// x^a y^b / B(a, b) from Loader's form of the binomial density (Loader 2000).
    public static func regularised(_ a: Double, _ b: Double, x: Double, y: Double) -> Double {
        guard a > 0, b > 0, x >= 0, y >= 0, !x.isNaN, !y.isNaN else { return .nan }
        guard x > 0 else { return 0 }
        guard y > 0 else { return 1 }
        if (a + b) * y >= b { return front(a, b, x: x, y: y) * fraction(a, b, x: x, y: y) }
        return 1 - front(b, a, x: y, y: x) * fraction(b, a, x: y, y: x)
    }

    /// x^a y^b / B(a, b).
    static func front(_ a: Double, _ b: Double, x: Double, y: Double) -> Double {
        let n = a + b
        let exponent =
            stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y)
        return exp(exponent) * (a * b / (2 * Double.pi * n)).squareRoot()
    }

    /// I_x(a, b) over `front`: 1 / (β1 + α2 / (β2 + α3 / (β3 + …))), Didonato and Morris 1992, eq. 9, by Lentz's method.
    private static func fraction(_ a: Double, _ b: Double, x: Double, y: Double) -> Double {
        // a - (a + b) x, from whichever of x and y is small.
        let λ = x < y ? a - (a + b) * x : (a + b) * y - b
        let tiny = 1e-300
        var value = a / (a + 1) * (λ + 1)
        if abs(value) < tiny { value = tiny }
        var c = value
        var d = 0.0
        for step in 1...100_000 {
            let n = Double(step)
            let odd = a + 2 * n - 1
            let α = (a + n - 1) / odd * ((a + b + n - 1) / odd) * n * (b - n) * x * x
            let β = n + n * (b - n) * x / odd + (a + n) / (a + 2 * n + 1) * (λ + 1 + n * (1 + y))
            d = β + α * d
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = β + α / c
            if abs(c) < tiny { c = tiny }
            value *= c * d
            if abs(c * d - 1) < 4e-16 { break }
        }
        return 1 / value
    }

    /// ln Γ(z + 1) - (z + 1/2) ln z + z - ln(2π)/2: what Stirling's formula lacks.
    static func stirlingError(_ z: Double) -> Double {
        guard z >= 16 else {
            return logGamma(z + 1) - (z + 0.5) * log(z) + z - 0.5 * log(2 * Double.pi)
        }
        return stirlingSeries(z)
    }

    /// x ln(x / m) + m - x without cancellation near x = m.
    static func deviance(_ x: Double, _ m: Double) -> Double {
        guard abs(x - m) < 0.1 * (x + m) else { return x * log(x / m) + m - x }
        let v = (x - m) / (x + m)
        var sum = (x - m) * v
        var power = 2 * x * v
        for step in 1..<1000 {
            power *= v * v
            let next = sum + power / Double(2 * step + 1)
            if next == sum { break }
            sum = next
        }
        return sum
    }

    /// ln Γ(z) for z > 0, without the C library's global sign variable.
    static func logGamma(_ z: Double) -> Double {
        // Shifted up to where Stirling's series is exact: Γ(z) = Γ(z + k) / (z (z + 1) … (z + k - 1)).
        var (z, product) = (z, 1.0)
        while z < 16 {
            product *= z
            z += 1
        }
        return (z - 0.5) * log(z) - z + 0.5 * log(2 * Double.pi) + stirlingSeries(z) - log(product)
    }

    /// The sum of B_2k / (2k (2k - 1) z^(2k - 1)).
    private static func stirlingSeries(_ z: Double) -> Double {
        let s = 1 / (z * z)
        let tail = s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188 - s * 691.0 / 360_360)))
        return (1.0 / 12 - s / 360 + s * tail) / z
    }
}
