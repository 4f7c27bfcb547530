/// Where a dose-response is highest, which doses can't be excluded as the highest, and whether the peak lies inside.
///
/// The plausible doses are a confidence set for the true best (multiple comparisons with the best, Hsu 1984, with
/// Bonferroni's bound): a dose is excluded if some other is better by a one-sided t test at (1 - level) / (m - 1), m
/// the number of doses. The set holds the true best dose with at least the given level; with few seeds it is wide, as
/// it should be.
///
/// A peak inside is claimed if some dose between the ends beats both ends: its p-value is the larger of the two
/// one-sided p-values, times the number of inner doses (intersection-union test, Berger 1982, with Bonferroni's bound).
public struct PeakLocation: Sendable, Codable, Equatable {
    /// The dose with the highest mean.
    public var best: Double
    /// The doses, in order, that can't be excluded as the best.
    public var plausible: [Double]
    public var level: Double
    /// For "the peak lies between the lowest and the highest dose"; none with fewer than three doses.
    public var insideP: Double?
    /// For its opposite, "every dose between the ends is beaten by some other": the level at which the set of plausible
    /// doses would lose the last inner one.
    public var outsideP: Double?
    /// Mean value by dose, in order of dose.
    public var means: [Mean]
    public var caveats: [String]

    public struct Mean: Sendable, Codable, Equatable {
        public var dose: Double
        public var value: Double
        public var runs: Int
    }

    public var inWords: String {
        let set = plausible.map { Estimate.digits($0) }.joined(separator: ", ")
        var words =
            "Highest at \(Estimate.digits(best)); not excluded as the highest (\(Estimate.trimmed(100 * level)) %): \(set)."
        if let insideP {
            words +=
                insideP <= 1 - level
                ? " The peak lies between the ends (p = \(Estimate.digits(insideP)))."
                : " A peak between the ends is not shown (p = \(Estimate.digits(insideP)))."
        }
        return caveats.isEmpty ? words : words + " " + caveats.joined(separator: " ")
    }

    /// Finds the peak. Where every dose has the same blocks, each once, doses are compared within blocks, else by
    /// Welch's t.
    ///
    /// - Throws: `EvidenceError` if there are fewer than two doses or a dose has fewer than two runs.
    public static func find(_ runs: [DoseRun], level: Double = 0.95) throws -> PeakLocation {
        try EvidenceError.check(level: level)
        guard runs.allSatisfy({ $0.dose.isFinite && $0.value.isFinite }) else {
            throw EvidenceError("a dose or a value isn't finite", "leave out runs that have no value")
        }
        let doses = Set(runs.map(\.dose)).sorted()
        guard doses.count > 1 else { throw EvidenceError("there is one dose", "a peak needs at least two") }
        let groups = doses.map { dose in runs.filter { $0.dose == dose } }
        guard let fewest = groups.map(\.count).min(), fewest > 1 else {
            throw EvidenceError("a dose has one run only", "train at least two seeds of each dose")
        }
        let blocked = groups.map { group in Dictionary(grouping: group) { $0.block ?? "" } }
        let blocks = blocked[0].keys.sorted()
        let isPaired =
            runs.allSatisfy { $0.block != nil }
            && blocked.allSatisfy { $0.keys.sorted() == blocks && $0.values.allSatisfy { $0.count == 1 } }
        let values = zip(groups, blocked).map { group, byBlock in
            isPaired ? blocks.compactMap { byBlock[$0]?.first?.value } : group.map(\.value)
        }
        /// For "the mean at a is above that at b".
        func p(_ a: Int, above b: Int) -> Double {
            let (x, y) = (values[a], values[b])
            let difference = mean(x) - mean(y)
            let (error, degrees): (Double, Double)
            if isPaired {
                error = (variance(zip(x, y).map { $0 - $1 }) / Double(x.count)).squareRoot()
                degrees = Double(x.count - 1)
            } else {
                (error, degrees) = welch(x, y)
            }
            // Runs that agree exactly can't show how they spread: nothing is excluded on their word.
            guard error > 0 else { return 1 }
            return StudentT.survival(difference / error, degrees: degrees)
        }
        let means = values.map(mean)
        let bound = (1 - level) / Double(doses.count - 1)
        let plausible = doses.indices.filter { dose in
            doses.indices.allSatisfy { $0 == dose || p($0, above: dose) > bound }
        }
        let inner = doses.indices.dropFirst().dropLast()
        let insideP = inner.map { max(p($0, above: 0), p($0, above: doses.count - 1)) }.min()
        let outsideP = inner.map { dose in
            doses.indices.filter { $0 != dose }.map { p($0, above: dose) }.min() ?? 1
        }.max()
        let top = doses.indices.max { means[$0] < means[$1] } ?? 0
        var caveats = Caveats.seeds(fewest)
        if plausible.count == doses.count { caveats.append("No dose is excluded: these runs don't locate the peak.") }
        return PeakLocation(
            best: doses[top], plausible: plausible.map { doses[$0] }, level: level,
            insideP: insideP.map { min(1, $0 * Double(inner.count)) },
            outsideP: outsideP.map { min(1, $0 * Double(doses.count - 1)) },
            means: doses.indices.map { Mean(dose: doses[$0], value: means[$0], runs: values[$0].count) },
            caveats: caveats)
    }
}
