/// L-BFGS for smooth convex functions, with a backtracking and widening line search on the weak Wolfe conditions.
struct LimitedMemoryMinimiser {
    var tolerance: Double
    var memory = 12
    var steps = 2000
    private var moves: [(point: [Double], slope: [Double], scale: Double)] = []

    init(tolerance: Double) { self.tolerance = tolerance }

    /// - Parameter function: its value, and its gradient written into the second argument.
    mutating func minimise(_ point: inout [Double], _ function: ([Double], inout [Double]) -> Double) throws {
        var gradient = [Double](repeating: 0, count: point.count)
        var value = function(point, &gradient)
        for _ in 0..<steps {
            if gradient.allSatisfy({ abs($0) <= tolerance }) { return }
            var direction = direction(gradient)
            var slope = dot(direction[...], gradient[...])
            if slope >= 0 {
                moves = []
                direction = gradient.map { -$0 }
                slope = -dot(gradient[...], gradient[...])
            }
            // The first step is as long as the gradient says nothing about: no longer than 1.
            let start = moves.isEmpty ? min(1, 1 / (-slope).squareRoot()) : 1
            guard let found = search(point, value, direction, slope, start, function) else {
                // At the limit of double precision no step makes it smaller.
                if gradient.allSatisfy({ abs($0) <= 1e3 * tolerance }) { return }
                break
            }
            let move = zip(found.point, point).map { $0 - $1 }
            let change = zip(found.gradient, gradient).map { $0 - $1 }
            let curvature = dot(move[...], change[...])
            if curvature > 0 {
                moves.append((move, change, 1 / curvature))
                if moves.count > memory { moves.removeFirst() }
            }
            (point, value, gradient) = (found.point, found.value, found.gradient)
        }
        throw EvidenceError(
            "the fit did not come to its end in \(steps) steps", "standardise the columns or strengthen the penalty")
    }

    /// The two-loop recursion.
    private func direction(_ gradient: [Double]) -> [Double] {
        var direction = gradient.map { -$0 }
        var factors: [Double] = []
        for move in moves.reversed() {
            let factor = move.scale * dot(move.point[...], direction[...])
            factors.append(factor)
            for place in direction.indices { direction[place] -= factor * move.slope[place] }
        }
        if let last = moves.last {
            let scale = 1 / (last.scale * dot(last.slope[...], last.slope[...]))
            for place in direction.indices { direction[place] *= scale }
        }
        for (move, factor) in zip(moves, factors.reversed()) {
            let other = factor - move.scale * dot(move.slope[...], direction[...])
            for place in direction.indices { direction[place] += other * move.point[place] }
        }
        return direction
    }

    private func search(
        _ point: [Double], _ value: Double, _ direction: [Double], _ slope: Double, _ start: Double,
        _ function: ([Double], inout [Double]) -> Double
    ) -> (point: [Double], value: Double, gradient: [Double])? {
        var (low, high, length) = (0.0, Double.infinity, start)
        var gradient = [Double](repeating: 0, count: point.count)
        for _ in 0..<60 {
            let next = zip(point, direction).map { $0 + length * $1 }
            let found = function(next, &gradient)
            // Values that agree to their last bits say nothing: then the slope alone decides.
            let noise = 1e-15 * abs(value)
            if !(found <= value + 1e-4 * length * slope + noise) {
                high = length
            } else if dot(gradient[...], direction[...]) < 0.9 * slope {
                low = length
            } else {
                return (next, found, gradient)
            }
            length = high.isFinite ? (low + high) / 2 : 2 * length
        }
        return nil
    }
}
