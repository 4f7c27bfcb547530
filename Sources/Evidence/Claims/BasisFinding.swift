/// What one claim's test on one basis gave.
public struct BasisFinding: Sendable, Codable, Equatable {
    public var basis: ComparisonBasis
    /// The slope per doubling, or the difference.
    public var estimate: Estimate?
    /// For the claim, one-sided, before any correction.
    public var p: Double?
    /// For its opposite.
    public var pOpposite: Double?
    /// The mean by dose, and the closest monotone curve; or the mean by condition.
    public var groups: [Group]
    public var peak: PeakLocation?
    /// How runs were matched, and what that leaves open.
    public var notes: [String]
    /// Why there is no test, if there is none.
    public var reason: String?

    public struct Group: Sendable, Codable, Equatable {
        public var name: String
        public var value: Double
        public var runs: Int
        /// The monotone fit, for doses.
        public var fit: Double?
    }

    init(basis: ComparisonBasis) {
        self.basis = basis
        groups = []
        notes = []
    }

    static func test(
        _ claim: Claim, _ runs: [RunOutcome], base: RunOutcome?, basis: ComparisonBasis
    ) -> BasisFinding {
        var finding = BasisFinding(basis: basis)
        do {
            let runs = try claim.selected(runs)
            switch claim.comparison {
            case .trend(let predictor, let shape):
                try finding.testTrend(claim, runs, over: predictor, shape)
            case .difference(let a, let b, let expectation):
                try finding.testDifference(claim, runs, base: base, a, b, expectation)
            }
        } catch {
            (finding.p, finding.pOpposite) = (nil, nil)
            finding.reason = "\(error)"
        }
        return finding
    }

    /// What it says of itself.
    public var words: [String] {
        var words: [String] = []
        let place = basis.inWords.prefix(1).uppercased() + basis.inWords.dropFirst()
        if let reason {
            words.append("\(place): can't say, since \(reason).")
        } else if let estimate {
            words.append(
                "\(place): \(estimate.inWords) For the claim \(Verdict.written(p)), for its opposite "
                    + "\(Verdict.written(pOpposite)).")
        }
        if let peak { words.append(peak.inWords) }
        return words + notes
    }
}

extension Claim {
    /// The runs that the claim is about.
    ///
    /// - Throws: `EvidenceError` if none is left, or a column it names is known to no run.
    func selected(_ runs: [RunOutcome]) throws -> [RunOutcome] {
        guard !runs.isEmpty else {
            throw EvidenceError("no run has \(outcome.inWords)", "judge or measure the runs, and name them in the arms")
        }
        let kept = runs.filter { run in among.allSatisfy { run.record.word($0.key) == $0.value } }
        guard !kept.isEmpty else {
            let wanted = among.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            let unknown = among.keys.filter { key in runs.allSatisfy { $0.record.word(key) == nil } }.sorted()
            throw EvidenceError(
                "no run has \(wanted)",
                unknown.isEmpty
                    ? "correct \"among\"" : "no run has a column \(unknown.joined(separator: ", ")): correct \"among\"")
        }
        return kept
    }
}
