/// The closest monotone curve through values in order of dose (least squares, weighted), by pooling adjacent violators
/// (Ayer et al. 1955).
public enum IsotonicFit {
    /// The fitted values, in the order given.
    ///
    /// - Parameters:
    ///   - weights: one a value, positive; none: all equal.
    ///   - falling: fits a curve that never rises.
    /// - Throws: `EvidenceError` if weights and values differ in number, a weight isn't positive, or a number not
    ///   finite.
    public static func fit(_ values: [Double], weights: [Double]? = nil, falling: Bool = false) throws -> [Double] {
        let weights = weights ?? Array(repeating: 1, count: values.count)
        guard weights.count == values.count else {
            throw EvidenceError("\(values.count) values have \(weights.count) weights", "give one a value")
        }
        guard values.allSatisfy(\.isFinite), weights.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw EvidenceError("a value isn't finite or a weight not positive", "leave out doses without runs")
        }
        let sign: Double = falling ? -1 : 1
        var pools: [(mean: Double, weight: Double, count: Int)] = []
        for (value, weight) in zip(values, weights) {
            var pool = (mean: sign * value, weight: weight, count: 1)
            while let last = pools.last, last.mean >= pool.mean {
                let sum = last.weight + pool.weight
                pool = ((last.mean * last.weight + pool.mean * pool.weight) / sum, sum, last.count + pool.count)
                pools.removeLast()
            }
            pools.append(pool)
        }
        return pools.flatMap { Array(repeating: sign * $0.mean, count: $0.count) }
    }
}
