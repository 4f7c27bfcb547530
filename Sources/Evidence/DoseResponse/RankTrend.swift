import Foundation
import RandomStreams

/// One training run in a dose-response: the unit that permutations move, its answers already averaged.
public struct DoseRun: Sendable, Codable, Equatable {
    /// The LoRA rank, or any positive dose.
    public var dose: Double
    public var value: Double
    /// What runs of different doses share, like the training seed: labels move only within it. None: labels move
    /// between all runs.
    public var block: String?

    public init(dose: Double, value: Double, block: String? = nil) {
        self.dose = dose
        self.value = value
        self.block = block
    }
}

/// A permutation test for a trend over log2 of the dose.
///
/// Statistic: the sum over runs of (x - mean x of the block) · value with x = log2 dose, which is the within-block
/// slope times a constant. Under no effect of the dose every assignment of the doses to the runs of a block is equally
/// likely. All assignments are counted where there are few, else some are drawn and p = (1 + extreme) / (1 + draws)
/// (Phipson and Smyth 2010). Answers and questions are never permuted: the run is the unit.
public struct RankTrend: Sendable, Codable, Equatable {
    public enum Alternative: String, Sendable, Codable { case twoSided, rising, falling }

    /// The change of the value per doubling of the dose, with a t interval over blocks (or over runs without blocks).
    public var slope: Estimate
    /// Of the slope; infinite where too few runs show it.
    public var standardError: Double
    public var degrees: Double
    public var p: Double
    public var alternative: Alternative
    /// How many assignments were compared, the observed one included.
    public var assignments: Int
    /// True if those were all there are.
    public var isExact: Bool

    /// Tests the runs for a trend.
    ///
    /// - Parameters:
    ///   - exactLimit: up to so many assignments all are counted.
    ///   - draws: drawn beyond that.
    /// - Throws: `EvidenceError` if a dose isn't positive, a value not finite, or no block has two different doses.
    public static func test(
        _ runs: [DoseRun], alternative: Alternative = .twoSided, exactLimit: Int = 20_000, draws: Int = 9_999,
        seed: UInt64 = 0, level: Double = 0.95, unit: Estimate.Unit = .plain
    ) throws -> RankTrend {
        try EvidenceError.check(level: level)
        let blocks = try centeredBlocks(runs)
        let observed = blocks.reduce(0) { $0 + $1.statistic }
        // Sums that are equal in exact arithmetic may differ in their last digits.
        let slack = 1e-12 * blocks.reduce(0) { $0 + zip($1.x, $1.y).reduce(0) { $0 + abs($1.0 * $1.1) } }
        func isExtreme(_ statistic: Double) -> Bool {
            switch alternative {
            case .twoSided: abs(statistic) >= abs(observed) - slack
            case .rising: statistic >= observed - slack
            case .falling: statistic <= observed + slack
            }
        }
        let (line, standardError, degrees) = slopeEstimate(blocks, level: level, unit: unit)
        var slope = line
        if let all = allStatistics(blocks, limit: exactLimit) {
            let extreme = all.count { isExtreme($0) }
            let smallest = Double(alternative == .twoSided ? 2 : 1) / Double(all.count)
            if smallest > 1 - level {
                slope.caveats.append(
                    "\(all.count) assignments of the doses are too few for a p-value below \(smallest).")
            }
            return RankTrend(
                slope: slope, standardError: standardError, degrees: degrees, p: Double(extreme) / Double(all.count),
                alternative: alternative,
                assignments: all.count, isExact: true)
        }
        var extreme = 1
        for draw in 0..<draws {
            var random = RandomStream(seed: seed, purpose: "rank trend", item: UInt64(draw))
            var statistic = 0.0
            for block in blocks {
                var x = block.x
                random.shuffle(&x)
                statistic += zip(x, block.y).reduce(0) { $0 + $1.0 * $1.1 }
            }
            extreme += isExtreme(statistic) ? 1 : 0
        }
        return RankTrend(
            slope: slope, standardError: standardError, degrees: degrees, p: Double(extreme) / Double(draws + 1),
            alternative: alternative, assignments: draws + 1,
            isExact: false)
    }

    /// A block's log2 doses around their mean, and its values.
    private struct Block {
        var x: [Double]
        var y: [Double]

        var statistic: Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
        var squares: Double { x.reduce(0) { $0 + $1 * $1 } }
    }

    private static func centeredBlocks(_ runs: [DoseRun]) throws -> [Block] {
        guard runs.allSatisfy({ $0.dose > 0 && $0.dose.isFinite && $0.value.isFinite }) else {
            throw EvidenceError("a dose isn't positive or a value isn't finite", "leave out runs that have no value")
        }
        var groups: [String: [DoseRun]] = [:]
        for run in runs { groups[run.block ?? "", default: []].append(run) }
        let blocks = groups.keys.sorted().compactMap { key -> Block? in
            guard let group = groups[key], Set(group.map(\.dose)).count > 1 else { return nil }
            let x = group.map { log2($0.dose) }
            let center = mean(x)
            return Block(x: x.map { $0 - center }, y: group.map(\.value))
        }
        guard !blocks.isEmpty else {
            throw EvidenceError("no block of runs has two different doses", "a trend needs at least two doses")
        }
        return blocks
    }

    private static func slopeEstimate(
        _ blocks: [Block], level: Double, unit: Estimate.Unit
    ) -> (slope: Estimate, error: Double, degrees: Double) {
        let counts = Estimate.Counts(seeds: blocks.count > 1 ? blocks.count : blocks[0].y.count)
        let (slope, error, degrees): (Double, Double, Double)
        if blocks.count > 1 {
            let slopes = blocks.map { $0.statistic / $0.squares }
            slope = mean(slopes)
            error = (variance(slopes) / Double(slopes.count)).squareRoot()
            degrees = Double(slopes.count - 1)
        } else {
            let block = blocks[0]
            let center = mean(block.y)
            slope = block.statistic / block.squares
            degrees = Double(block.y.count - 2)
            let residuals = zip(block.x, block.y).reduce(0.0) { sum, point in
                let residual = point.1 - center - slope * point.0
                return sum + residual * residual
            }
            error = degrees > 0 ? (residuals / degrees / block.squares).squareRoot() : .infinity
        }
        let half = degrees > 0 ? StudentT.quantile(0.5 + level / 2, degrees: degrees) * error : .infinity
        let estimate = Estimate(
            value: slope, lower: slope - half, upper: slope + half, level: level,
            method: blocks.count > 1
                ? "slope per doubling of the dose, mean over seeds, t interval"
                : "slope per doubling of the dose, least squares over runs, t interval",
            counts: counts, caveats: Caveats.seeds(counts.seeds ?? 0), unit: unit)
        return (estimate, error, degrees)
    }

    /// The statistic of every different assignment, or nil if there are more than `limit`.
    private static func allStatistics(_ blocks: [Block], limit: Int) -> [Double]? {
        var sums = [0.0]
        for block in blocks {
            guard let statistics = statistics(block, limit: limit / sums.count) else { return nil }
            sums = sums.flatMap { sum in statistics.map { sum + $0 } }
        }
        return sums
    }

    /// The statistics of a block's different assignments in lexical order.
    private static func statistics(_ block: Block, limit: Int) -> [Double]? {
        var x = block.x.sorted()
        var found: [Double] = []
        while true {
            guard found.count < limit else { return nil }
            found.append(zip(x, block.y).reduce(0) { $0 + $1.0 * $1.1 })
            guard let pivot = x.indices.dropLast().last(where: { x[$0] < x[$0 + 1] }),
                let swap = x.indices.last(where: { x[$0] > x[pivot] })
            else { return found }
            x.swapAt(pivot, swap)
            x[(pivot + 1)...].reverse()
        }
    }
}
