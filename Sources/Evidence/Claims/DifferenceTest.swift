extension BasisFinding {
    /// Two conditions, their seeds independent: Welch's t; rates after Anscombe's transformation where no margin is
    /// asked about. Against the base, which has no seeds, ``BaseDifference``.
    mutating func testDifference(
        _ claim: Claim, _ outcomes: [RunOutcome], base: RunOutcome?, _ a: String, _ b: String,
        _ expectation: Claim.Expectation
    ) throws {
        let one = try condition(a, outcomes)
        let unit = claim.outcome.differenceUnit
        let level = 1 - claim.alpha
        var test: (difference: Double, error: Double, degrees: Double)
        var (pHigher, pLower): (Double?, Double?) = (nil, nil)
        if b == "base" && !outcomes.contains(where: { $0.record.condition == "base" }) {
            guard let base else {
                throw EvidenceError("the base has no such answers", "sample and judge the base, too")
            }
            try checkBasis(claim, [one])
            groups = [group(a, one), .init(name: "base", value: base.value, runs: 1, fit: nil)]
            if claim.outcome.isRate, let floor = base.hits, one.allSatisfy({ $0.hits != nil }) {
                let found = try BaseDifference.test(one.compactMap(\.hits), base: floor, level: level)
                estimate = found.difference
                (pHigher, pLower) = (found.pAbove, found.pBelow)
                test = (found.difference.value, found.standardError, found.degrees)
            } else {
                guard one.count > 1 else {
                    throw EvidenceError("\(a) has one seed, and its spread is not known", "train more seeds")
                }
                let rises = one.map { $0.value - base.value }
                var found = try MeanEstimate.of(rises, level: level, unit: unit)
                found.method = "mean over seeds less the base, t interval with \(rises.count - 1) degrees of freedom"
                found.counts = .init(seeds: rises.count)
                found.caveats = Caveats.seeds(rises.count)
                estimate = found
                test = (
                    found.value, (variance(rises) / Double(rises.count)).squareRoot(), Double(rises.count - 1)
                )
            }
        } else {
            let other = try condition(b, outcomes)
            guard one.count > 1, other.count > 1 else {
                throw EvidenceError(
                    "\(one.count < 2 ? a : b) has one seed, and nothing says how another training run would turn out",
                    "train at least two seeds of each, better five")
            }
            try checkBasis(claim, [one, other])
            groups = [group(a, one), group(b, other)]
            let (x, y) = (one.map(\.value), other.map(\.value))
            let (error, degrees) = welch(x, y)
            test = (mean(x) - mean(y), error, degrees)
            let half = StudentT.quantile(0.5 + level / 2, degrees: degrees) * error
            estimate = Estimate(
                value: test.difference, lower: test.difference - half, upper: test.difference + half, level: level,
                method: "difference of means over seeds, Welch's t interval with \(Estimate.trimmed(degrees)) degrees "
                    + "of freedom",
                counts: .init(
                    seeds: x.count + y.count,
                    answers: claim.outcome.isRate
                        ? (one + other).reduce(0) { $0 + ($1.hits?.total.answers ?? 0) } : nil),
                caveats: Caveats.seeds(min(x.count, y.count)), unit: unit)
            if claim.outcome.isRate {
                let hits = [one, other].map { $0.compactMap { $0.hits?.total } }
                (pHigher, pLower) = (
                    RateDifference.p(hits[0], above: hits[1]), RateDifference.p(hits[1], above: hits[0])
                )
            }
        }
        /// For "the difference is above `bound`".
        func above(_ bound: Double) -> Double {
            let distance = test.difference - bound
            guard test.error > 0 else { return distance > 0 ? 0 : distance < 0 ? 1 : 0.5 }
            return StudentT.survival(distance / test.error, degrees: test.degrees)
        }
        if claim.outcome.isRate, test.error == 0 {
            notes.append("All seeds agree exactly, so a margin can't be tested: their spread is not known.")
        }
        switch expectation {
        case .higher: (p, pOpposite) = (pHigher ?? above(0), pLower ?? 1 - above(0))
        case .lower: (p, pOpposite) = (pLower ?? 1 - above(0), pHigher ?? above(0))
        case .notLower(let margin): (p, pOpposite) = (above(-margin), 1 - above(-margin))
        case .notHigher(let margin): (p, pOpposite) = (1 - above(margin), above(margin))
        case .same(let margin):
            p = max(above(-margin), 1 - above(margin))
            pOpposite = min(1, 2 * min(above(margin), 1 - above(-margin)))
        }
        if test.error == 0, pHigher == nil { (p, pOpposite) = (nil, nil) }
        if test.error == 0, claim.comparison.margin != nil { (p, pOpposite) = (nil, nil) }
        if claim.outcome == .breadth, one.contains(where: { ($0.hits?.total.hits ?? 0) < 50 }) {
            notes.append(
                "Some seeds have fewer than 50 misaligned answers: their breadth comes out low, so compare only arms of "
                    + "like rate.")
        }
    }

    private func group(_ name: String, _ runs: [RunOutcome]) -> Group {
        Group(name: name, value: mean(runs.map(\.value)), runs: runs.count, fit: nil)
    }

    private func condition(_ name: String, _ outcomes: [RunOutcome]) throws -> [RunOutcome] {
        let found = outcomes.filter { $0.record.condition == name }
        guard !found.isEmpty else {
            let known = Set(outcomes.map(\.record.condition)).sorted()
            throw EvidenceError(
                "no run of the condition \"\(name)\" has this outcome",
                "known are \(known.prefix(12).joined(separator: ", "))\(known.count > 12 ? ", …" : "")")
        }
        return found
    }

    /// Conditions are compared as they are; a basis only says what must be alike, and here it is checked.
    private mutating func checkBasis(_ claim: Claim, _ conditions: [[RunOutcome]]) throws {
        switch basis {
        case .asTrained: return
        case .equalLearningRate: try checkEqual(conditions, "learning rate", tolerance: 1e-9) { $0.learningRate }
        case .equalNorm: try checkEqual(conditions, "norm of BA", tolerance: claim.tolerance) { $0.normBA }
        case .equalLoss: try checkEqual(conditions, "training loss", tolerance: claim.tolerance) { $0.finalLoss }
        case .bestCoherentLearningRate:
            for runs in conditions {
                let shares = runs.compactMap(\.coherentShare)
                guard !shares.isEmpty, mean(shares) >= claim.coherentShare else {
                    throw EvidenceError(
                        "\(runs.first?.record.condition ?? "a condition") is not known to leave "
                            + "\(Estimate.trimmed(100 * claim.coherentShare)) % of answers coherent",
                        "train it at a lower learning rate")
                }
            }
            notes.append("Both are coherent; whether each is at its best rate is for whoever chose the conditions.")
        }
    }

    private func checkEqual(
        _ conditions: [[RunOutcome]], _ name: String, tolerance: Double, _ number: (ArmRecord) -> Double?
    ) throws {
        let means = try conditions.map { runs -> Double in
            let found = runs.compactMap { number($0.record) }
            guard found.count == runs.count else {
                throw EvidenceError(
                    "a run of \(runs.first?.record.condition ?? "a condition") has no \(name)",
                    "give it in the table of arms, or name adapter folders")
            }
            return mean(found)
        }
        guard let low = means.min(), let high = means.max(), high - low <= tolerance * abs(high) else {
            let list = means.map { Estimate.digits($0, small: true) }.joined(separator: " and ")
            throw EvidenceError(
                "the conditions have not the same \(name) (\(list))",
                "train conditions that meet, or choose another basis")
        }
    }
}
