import Foundation

/// Runs of a dose-response made comparable on one basis: one value for each dose and seed.
///
/// - `as-trained`: runs as they are; a dose's runs of one seed are averaged.
/// - `equal-lr`: the mean over the learning rates that *every* dose was trained with (or at the one asked for).
/// - `best-coherent-lr`: each dose at its highest rate whose runs leave at least the asked share of answers coherent
///   (mean over seeds). Chosen by coherence, never by the outcome, so that no winner's luck enters.
/// - `equal-norm`, `equal-loss`: at one norm of BA or training loss x*. A dose's runs of one seed at several learning
///   rates are points of a curve; the value at x* is interpolated linearly between the two neighbours (over ln of the
///   norm, over the loss itself). x* is the one asked for, else the middle of the range that all doses reach. A run
///   within the tolerance of x* (relatively) counts as being there. *Nothing is extrapolated*: a seed that doesn't
///   reach x* is left out and named, and if no x* is reached by two doses there is no comparison.
public struct MatchedRuns: Sendable, Codable, Equatable {
    public var basis: ComparisonBasis
    public var runs: [DoseRun]
    /// The common norm, loss or (where it is one) learning rate.
    public var at: Double?
    /// How many values are interpolated rather than a run's own.
    public var interpolated: Int
    /// What a reader must know of how they were matched.
    public var notes: [String]

    /// - Throws: `EvidenceError` that says why there is no comparison.
    public static func match(
        _ outcomes: [RunOutcome], dose name: String, basis: ComparisonBasis, at: Double? = nil,
        tolerance: Double = 0.1, coherentShare: Double = 0.9
    ) throws -> MatchedRuns {
        let dosed = outcomes.compactMap { outcome in
            outcome.record.number(name).map { Dosed(dose: $0, outcome: outcome) }
        }
        guard !dosed.isEmpty else {
            throw EvidenceError("no run has a \(name)", "give it in the table of arms")
        }
        var notes: [String] = []
        if dosed.count < outcomes.count {
            notes.append("\(outcomes.count - dosed.count) of \(outcomes.count) runs have no \(name): left out.")
        }
        var matched: MatchedRuns
        switch basis {
        case .asTrained: matched = MatchedRuns(basis, averaged(dosed))
        case .equalLearningRate: matched = try atEqualRate(dosed, at: at)
        case .bestCoherentLearningRate: matched = try atBestRate(dosed, share: coherentShare)
        case .equalNorm, .equalLoss: matched = try atEqual(basis, dosed, at: at, tolerance: tolerance)
        }
        matched.notes = notes + matched.notes
        let doses = Set(matched.runs.map(\.dose))
        let missing = Set(dosed.map(\.dose)).subtracting(doses).sorted().map(ArmRecord.written)
        guard doses.count > 1 else {
            throw EvidenceError(
                "\(basis.inWords) fewer than two values of \(name) can be compared",
                (matched.notes.last.map { $0 + " " } ?? "") + "train runs that meet there")
        }
        if !missing.isEmpty {
            matched.notes.append("Without \(name) \(missing.joined(separator: ", ")): not comparable here.")
        }
        // A seed is a block only if it was trained at every dose; else labels move between all runs.
        let whole = Dictionary(grouping: matched.runs) { $0.block ?? "" }.values
            .allSatisfy { Set($0.map(\.dose)) == doses }
        if !whole {
            for place in matched.runs.indices { matched.runs[place].block = nil }
            matched.notes.append("Not every seed is there at every \(name): runs count as independent of each other.")
        }
        return matched
    }

    private init(_ basis: ComparisonBasis, _ runs: [DoseRun], at: Double? = nil, interpolated: Int = 0) {
        (self.basis, self.runs, self.at, self.interpolated, notes) = (basis, runs, at, interpolated, [])
    }

    private struct Dosed {
        var dose: Double
        var outcome: RunOutcome
        var seed: String { outcome.record.seed }
        var rate: Double? { outcome.record.learningRate }
    }

    private struct Cell: Hashable {
        var dose: Double
        var seed: String
    }

    /// By dose, then seed.
    private static func cells(_ runs: [Dosed]) -> [(cell: Cell, runs: [Dosed])] {
        Dictionary(grouping: runs) { Cell(dose: $0.dose, seed: $0.seed) }
            .sorted { ($0.key.dose, $0.key.seed) < ($1.key.dose, $1.key.seed) }
            .map { ($0.key, $0.value) }
    }

    private static func averaged(_ runs: [Dosed]) -> [DoseRun] {
        cells(runs).map { cell, runs in
            DoseRun(dose: cell.dose, value: mean(runs.map(\.outcome.value)), block: cell.seed)
        }
    }

    // MARK: Learning rates

    private static func atEqualRate(_ runs: [Dosed], at: Double?) throws -> MatchedRuns {
        let doses = Set(runs.map(\.dose))
        let rates = Dictionary(grouping: runs, by: \.dose).values.map { Set($0.compactMap(\.rate)) }
        var shared = rates.dropFirst().reduce(rates.first ?? []) { $0.intersection($1) }
        if let at { shared = shared.filter { abs($0 - at) <= 1e-9 * abs(at) } }
        guard !shared.isEmpty else {
            throw EvidenceError(
                at.map { "not every dose was trained at the learning rate \(ArmRecord.written($0))" }
                    ?? "no learning rate is common to all \(doses.count) doses",
                "train every dose at one common rate")
        }
        let kept = cells(runs.filter { $0.rate.map(shared.contains) ?? false })
        // A seed that lacks one of the rates at a dose would be averaged over other rates than the rest.
        let complete = kept.filter { Set($0.runs.compactMap(\.rate)) == shared }
        var matched = MatchedRuns(
            .equalLearningRate, averaged(complete.flatMap(\.runs)), at: shared.count == 1 ? shared.first : nil)
        if shared.count > 1 {
            let list = shared.sorted().map(ArmRecord.written).joined(separator: ", ")
            matched.notes.append("Each seed's value is the mean over the rates that all doses have: \(list).")
        }
        if complete.count < kept.count {
            matched.notes.append("\(kept.count - complete.count) seeds lack one of these rates at a dose: left out.")
        }
        return matched
    }

    private static func atBestRate(_ runs: [Dosed], share: Double) throws -> MatchedRuns {
        var chosen: [Dosed] = []
        var notes: [String] = []
        var edge: [String] = []
        for (dose, group) in Dictionary(grouping: runs, by: \.dose).sorted(by: { $0.key < $1.key }) {
            let byRate = Dictionary(grouping: group.filter { $0.rate != nil }) { $0.rate ?? 0 }
            let coherent = byRate.filter { _, runs in
                let shares = runs.compactMap(\.outcome.coherentShare)
                return !shares.isEmpty && mean(shares) >= share
            }
            guard let best = coherent.keys.max() else {
                notes.append(
                    "At \(ArmRecord.written(dose)) no learning rate leaves \(Estimate.trimmed(100 * share)) % of answers "
                        + "coherent.")
                continue
            }
            chosen += coherent[best] ?? []
            if best == byRate.keys.max() { edge.append(ArmRecord.written(dose)) }
            notes.append("At \(ArmRecord.written(dose)): learning rate \(ArmRecord.written(best)).")
        }
        guard !chosen.isEmpty else {
            throw EvidenceError(
                "no run with a known learning rate has answers known to be coherent", "judge answers of each rate")
        }
        if !edge.isEmpty {
            notes.append(
                "At \(edge.joined(separator: ", ")) that is the highest rate tried: a higher one may be coherent, too.")
        }
        var matched = MatchedRuns(.bestCoherentLearningRate, averaged(chosen))
        matched.notes = notes
        return matched
    }

    // MARK: Norm and loss

    private struct Point {
        var x: Double
        var value: Double
    }

    private static func atEqual(
        _ basis: ComparisonBasis, _ runs: [Dosed], at: Double?, tolerance: Double
    ) throws -> MatchedRuns {
        let isNorm = basis == .equalNorm
        let name = isNorm ? "norm of BA" : "training loss"
        let curves = cells(runs).compactMap { cell, runs -> (cell: Cell, points: [Point])? in
            let points = runs.compactMap { run -> Point? in
                guard let x = isNorm ? run.outcome.record.normBA : run.outcome.record.finalLoss, x > 0, x.isFinite
                else { return nil }
                return Point(x: x, value: run.outcome.value)
            }
            return points.isEmpty ? nil : (cell, points.sorted { $0.x < $1.x })
        }
        guard !curves.isEmpty else {
            throw EvidenceError("no run has a \(name) above 0", "give it in the table, or name adapter folders")
        }
        let target = try at ?? commonPoint(curves, name: name, isNorm: isNorm, tolerance: tolerance)
        guard target > 0 else { throw EvidenceError("the \(name) to compare at is \(target)", "give one above 0") }
        var (found, interpolated): ([DoseRun], Int) = ([], 0)
        var (outside, beyond): ([String], Int) = ([], 0)
        for (cell, points) in curves {
            guard let value = value(points, at: target, isNorm: isNorm, tolerance: tolerance) else {
                outside.append("\(ArmRecord.written(cell.dose)) (seed \(cell.seed))")
                continue
            }
            found.append(DoseRun(dose: cell.dose, value: value.value, block: cell.seed))
            interpolated += value.isInterpolated ? 1 : 0
            beyond += value.isBeyond ? 1 : 0
        }
        var matched = MatchedRuns(basis, found, at: target, interpolated: interpolated)
        matched.notes.append("Compared at a \(name) of \(Estimate.digits(target)).")
        if interpolated > 0 {
            matched.notes.append(
                "\(interpolated) of \(found.count) values are interpolated between neighbouring learning rates.")
        }
        if beyond > 0 {
            matched.notes.append(
                "\(beyond) of \(found.count) values lie beyond what was reached, within the tolerance of "
                    + "\(Estimate.trimmed(100 * tolerance)) %: the nearest run's own value stands.")
        }
        if !outside.isEmpty {
            let list = outside.prefix(6).joined(separator: ", ") + (outside.count > 6 ? ", …" : "")
            matched.notes.append("Not reached, so left out: \(list).")
        }
        return matched
    }

    /// The middle of the range that every dose reaches in the mean of its seeds.
    private static func commonPoint(
        _ curves: [(cell: Cell, points: [Point])], name: String, isNorm: Bool, tolerance: Double
    ) throws -> Double {
        let ranges = Dictionary(grouping: curves, by: \.cell.dose).sorted { $0.key < $1.key }.map { dose, curves in
            (
                dose: dose, low: mean(curves.compactMap { $0.points.first?.x }),
                high: mean(curves.compactMap { $0.points.last?.x })
            )
        }
        let low = ranges.map(\.low).max() ?? 0
        let high = ranges.map(\.high).min() ?? 0
        // Ranges that just miss each other may be met within the tolerance from both sides.
        guard low <= high * (1 + tolerance) * (1 + tolerance) else {
            let list = ranges.map {
                "\(ArmRecord.written($0.dose)): \(Estimate.digits($0.low)) to \(Estimate.digits($0.high))"
            }
            throw EvidenceError(
                "there is no \(name) that all doses reach (\(list.joined(separator: "; ")))",
                "train more learning rates, until the ranges overlap; nothing is extrapolated")
        }
        return isNorm ? (low * high).squareRoot() : (low + high) / 2
    }

    private static func value(
        _ points: [Point], at target: Double, isNorm: Bool, tolerance: Double
    ) -> (value: Double, isInterpolated: Bool, isBeyond: Bool)? {
        guard let first = points.first, let last = points.last else { return nil }
        if target < first.x || target > last.x {
            let nearest = target < first.x ? first : last
            let ratio = max(target, nearest.x) / min(target, nearest.x)
            return ratio <= 1 + tolerance ? (nearest.value, false, ratio > 1 + 1e-9) : nil
        }
        if let exact = points.first(where: { $0.x == target }) { return (exact.value, false, false) }
        guard let above = points.firstIndex(where: { $0.x > target }), above > 0 else { return nil }
        let (a, b) = (points[above - 1], points[above])
        let share =
            isNorm ? (log(target) - log(a.x)) / (log(b.x) - log(a.x)) : (target - a.x) / (b.x - a.x)
        return (a.value + share * (b.value - a.value), true, false)
    }
}
