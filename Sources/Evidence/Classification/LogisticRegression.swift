import Foundation

/// Logistic regression with an L2 penalty: what a straight line through a model's hidden states can tell.
///
/// Minimises ½ w·w + C Σ log(1 + exp(-y (w·x + b))), y = ±1, the intercept b without penalty: scikit-learn's
/// `LogisticRegression(C=C)`.
public struct LogisticRegression: Sendable, Equatable {
    public var weights: [Double]
    public var intercept: Double

    /// A row's log-odds of being positive.
    public func logit(_ row: ArraySlice<Double>) -> Double { dot(row, weights[...]) + intercept }

    /// Fits by L-BFGS (Nocedal 1980; Nocedal and Wright 2006, algorithm 7.5), in double precision.
    ///
    /// - Parameters:
    ///   - rows: one row after the other; columns are best standardised.
    ///   - c: the inverse of the penalty's strength, above 0.
    ///   - start: where to begin; from a fit with a stronger penalty it is near.
    ///   - tolerance: ends where no partial derivative is larger.
    /// - Throws: `EvidenceError` for rows that don't fit, labels of one kind only, or no convergence.
    public static func fit(
        _ rows: [Double], labels: [Bool], c: Double, start: LogisticRegression? = nil, tolerance: Double = 1e-8
    ) throws -> LogisticRegression {
        guard labels.contains(true), labels.contains(false) else {
            throw EvidenceError("a logistic regression needs rows of both kinds", "give some of the other kind")
        }
        guard c > 0, c.isFinite else { throw EvidenceError("C is \(c)", "give a number above 0, like 1") }
        guard rows.count % labels.count == 0, rows.allSatisfy(\.isFinite) else {
            throw EvidenceError(
                "\(rows.count) numbers are not \(labels.count) rows of finite ones", "give as many for each row")
        }
        let problem = Problem(rows: rows, signs: labels.map { $0 ? 1 : -1 }, c: c)
        var point = start.map { $0.weights + [$0.intercept] } ?? []
        if point.count != problem.columns + 1 { point = [Double](repeating: 0, count: problem.columns + 1) }
        var minimiser = LimitedMemoryMinimiser(tolerance: tolerance)
        try minimiser.minimise(&point) { problem.loss(at: $0, gradient: &$1) }
        return LogisticRegression(weights: Array(point.dropLast()), intercept: point[problem.columns])
    }

    private struct Problem {
        let rows: [Double]
        let signs: [Double]
        let c: Double

        var columns: Int { rows.count / signs.count }

        func loss(at point: [Double], gradient: inout [Double]) -> Double {
            let columns = columns
            let weights = point[..<columns]
            var loss = dot(weights, weights) / 2
            for place in 0..<columns { gradient[place] = point[place] }
            gradient[columns] = 0
            for (number, sign) in signs.enumerated() {
                let row = rows[number * columns..<(number + 1) * columns]
                let margin = sign * (dot(row, weights) + point[columns])
                // log(1 + exp(-m)) and its slope without overflow.
                let small = exp(-abs(margin))
                loss += c * (log1p(small) + max(0, -margin))
                let slope = -sign * c * (margin >= 0 ? small / (1 + small) : 1 / (1 + small))
                add(row, times: slope, to: &gradient)
                gradient[columns] += slope
            }
            return loss
        }
    }
}

/// Σ a b, eight at a time: in a fixed order, so that the sum is the same every time.
func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
    a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
            let count = min(a.count, b.count)
            let width = MemoryLayout<SIMD8<Double>>.size
            var sum = SIMD8<Double>()
            var place = 0
            while place + width <= count {
                sum +=
                    a.loadUnaligned(fromByteOffset: place, as: SIMD8<Double>.self)
                    * b.loadUnaligned(fromByteOffset: place, as: SIMD8<Double>.self)
                place += width
            }
            var total = sum.sum()
            while place < count {
                total +=
                    a.loadUnaligned(fromByteOffset: place, as: Double.self)
                    * b.loadUnaligned(fromByteOffset: place, as: Double.self)
                place += 8
            }
            return total
        }
    }
}

/// `to` += a factor
private func add(_ a: ArraySlice<Double>, times factor: Double, to target: inout [Double]) {
    a.withUnsafeBytes { a in
        target.withUnsafeMutableBytes { target in
            let width = MemoryLayout<SIMD8<Double>>.size
            let count = min(a.count, target.count)
            var place = 0
            while place + width <= count {
                let sum =
                    target.loadUnaligned(fromByteOffset: place, as: SIMD8<Double>.self)
                    + factor * a.loadUnaligned(fromByteOffset: place, as: SIMD8<Double>.self)
                target.storeBytes(of: sum, toByteOffset: place, as: SIMD8<Double>.self)
                place += width
            }
            while place < count {
                let sum =
                    target.loadUnaligned(fromByteOffset: place, as: Double.self)
                    + factor * a.loadUnaligned(fromByteOffset: place, as: Double.self)
                target.storeBytes(of: sum, toByteOffset: place, as: Double.self)
                place += 8
            }
        }
    }
}
