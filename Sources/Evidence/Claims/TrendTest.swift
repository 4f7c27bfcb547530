extension BasisFinding {
    /// A dose-response: permutation of whole runs within seeds, isotonic fit, peak.
    mutating func testTrend(
        _ claim: Claim, _ outcomes: [RunOutcome], over predictor: String, _ shape: Claim.Shape
    ) throws {
        try checkConfounds(outcomes, predictor: predictor)
        let matched = try MatchedRuns.match(
            outcomes, dose: predictor, basis: basis, at: claim.at, tolerance: claim.tolerance,
            coherentShare: claim.coherentShare)
        notes += matched.notes
        let unit = claim.outcome.differenceUnit
        let doses = Set(matched.runs.map(\.dose)).sorted()
        let means = doses.map { dose in mean(matched.runs.filter { $0.dose == dose }.map(\.value)) }
        let counts = doses.map { dose in matched.runs.count { $0.dose == dose } }
        if let fewest = counts.min(), fewest < 2 {
            notes.append("A value of \(predictor) has one run only: how its runs spread is not known.")
        }
        let rising = try RankTrend.test(matched.runs, alternative: .rising, unit: unit)
        estimate = rising.slope
        let fit = try IsotonicFit.fit(means, weights: counts.map(Double.init), falling: rising.slope.value < 0)
        groups = doses.indices.map {
            .init(name: ArmRecord.written(doses[$0]), value: means[$0], runs: counts[$0], fit: fit[$0])
        }
        let located = try? PeakLocation.find(matched.runs, level: 1 - claim.alpha)
        switch shape {
        case .rising, .falling:
            let falling = try RankTrend.test(matched.runs, alternative: .falling, unit: unit)
            (p, pOpposite) = shape == .rising ? (rising.p, falling.p) : (falling.p, rising.p)
            peak = located
            if doses.count == 2 { notes.append("Two doses show a direction, no shape.") }
        case .peak:
            guard doses.count > 2 else {
                throw EvidenceError("a peak needs at least three values of \(predictor)", "train more of them")
            }
            let found = try PeakLocation.find(matched.runs, level: 1 - claim.alpha)
            (p, pOpposite, peak) = (found.insideP, found.outsideP, found)
        case .flat(let margin):
            (p, pOpposite) = flat(rising, margin: margin)
        }
    }

    /// Two one-sided t tests on the slope.
    private func flat(_ trend: RankTrend, margin: Double) -> (Double?, Double?) {
        guard trend.degrees > 0, trend.standardError.isFinite, trend.standardError > 0 else { return (nil, nil) }
        func above(_ distance: Double) -> Double {
            StudentT.survival(distance / trend.standardError, degrees: trend.degrees)
        }
        let slope = trend.slope.value
        let within = max(above(slope + margin), above(margin - slope))
        return (within, min(1, 2 * min(above(slope - margin), above(-margin - slope))))
    }

    /// Runs must differ in nothing but the predictor, the seed, and what the basis takes care of.
    private func checkConfounds(_ outcomes: [RunOutcome], predictor: String) throws {
        var allowed: Set<String> = [predictor]
        if basis != .asTrained { allowed.insert("lr") }
        // Alpha often goes with the rank by a rule; the basis or the reader takes care of scale.
        if predictor == "rank" { allowed.insert("alpha") }
        let settings = outcomes.map(\.record.settings)
        let names = Set(settings.flatMap(\.keys)).subtracting(allowed)
        let varied = names.filter { name in
            let values = Set(settings.map { $0[name] ?? "" })
            // A column that goes one to one with the predictor is another name for it.
            return values.count > 1 && !isAlias(name, of: predictor, outcomes)
        }.sorted()
        guard varied.isEmpty else {
            throw EvidenceError(
                "the runs differ in \(varied.joined(separator: ", ")), too",
                varied == ["lr"]
                    ? "choose another basis, or pick one rate: among: {lr: …}" : "pick one value of each with \"among\""
            )
        }
    }

    private func isAlias(_ name: String, of predictor: String, _ outcomes: [RunOutcome]) -> Bool {
        // Words only: a second number that moves along is a confound.
        guard outcomes.allSatisfy({ $0.record.number(name) == nil }) else { return false }
        let pairs = Set(outcomes.map { [$0.record.word(predictor) ?? "", $0.record.word(name) ?? ""] })
        return Set(pairs.map { $0[0] }).count == pairs.count && Set(pairs.map { $0[1] }).count == pairs.count
            && name != "objective" && name != "targets"
    }
}
