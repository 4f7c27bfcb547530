import Foundation

/// A stream of random numbers named by (seed, purpose, item): the same name, the same numbers, whatever else was
/// drawn before or beside it. Streams of different names don't overlap.
public struct RandomStream: RandomNumberGenerator, Sendable {
    private let key: SIMD2<UInt32>
    private let item: UInt64
    private var block: UInt64 = 0
    private var spare: UInt64?

    /// - Parameters:
    ///   - purpose: what the numbers are for, like "bootstrap"; its FNV-1a hash enters the key.
    ///   - item: which of many: a draw's number, a question's place.
    public init(seed: UInt64, purpose: String, item: UInt64 = 0) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let mixed = Self.mix(seed &+ Self.mix(hash))
        key = SIMD2(UInt32(truncatingIfNeeded: mixed), UInt32(truncatingIfNeeded: mixed >> 32))
        self.item = item
    }

    public mutating func next() -> UInt64 {
        if let spare {
            self.spare = nil
            return spare
        }
        let words = Philox.block(
            counter: SIMD4(
                UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
                UInt32(truncatingIfNeeded: item), UInt32(truncatingIfNeeded: item >> 32)),
            key: key)
        block &+= 1
        spare = UInt64(words[3]) << 32 | UInt64(words[2])
        return UInt64(words[1]) << 32 | UInt64(words[0])
    }

    /// Uniform in [0, 1), in steps of 2^-53.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0..<bound, without bias (Lemire 2019).
    ///
    /// - Precondition: `bound` is at least 1.
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "a random index needs a bound of at least 1")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// A random order of `values` (Fisher and Yates), the same with every version of the standard library.
    public mutating func shuffle<Value>(_ values: inout [Value]) {
        guard values.count > 1 else { return }
        for last in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(last, index(below: last + 1)) }
    }

    /// Standard normal, by the polar method (Marsaglia and Bray 1964).
    public mutating func normal() -> Double {
        while true {
            let (u, v) = (2 * uniform() - 1, 2 * uniform() - 1)
            let s = u * u + v * v
            if s > 0, s < 1 { return u * (-2 * log(s) / s).squareRoot() }
        }
    }

    /// Gamma of this shape and scale 1 (Marsaglia and Tsang 2000).
    public mutating func gamma(shape: Double) -> Double {
        guard shape >= 1 else { return gamma(shape: shape + 1) * pow(1 - uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
    }

    public mutating func beta(_ a: Double, _ b: Double) -> Double {
        let (x, y) = (gamma(shape: a), gamma(shape: b))
        // Both shapes may be so small that both draws underflow: then the mass is at the ends.
        return x + y > 0 ? x / (x + y) : (uniform() < a / (a + b) ? 1 : 0)
    }

    /// Successes in `trials` of probability `p`: halved by beta order statistics while large (Devroye 1986, X.4.3),
    /// then counted by the gaps between successes.
    public mutating func binomial(trials: Int, p: Double) -> Int {
        guard trials > 0, p > 0 else { return 0 }
        guard p < 1 else { return trials }
        if p > 0.5 { return trials - binomial(trials: trials, p: 1 - p) }
        var (count, n, p) = (0, trials, p)
        while Double(n) * p > 16, n > 40 {
            let middle = (n + 1) / 2
            let x = beta(Double(middle), Double(n + 1 - middle))
            if x <= p {
                count += middle
                n -= middle
                p = (p - x) / (1 - x)
            } else {
                n = middle - 1
                p /= x
            }
            if p >= 1 { return count + n }
        }
        guard p > 0 else { return count }
        let scale = log1p(-p)
        var place = 0.0
        while true {
            place += (log(1 - uniform()) / scale).rounded(.down) + 1
            if place > Double(n) { return count }
            count += 1
        }
    }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
