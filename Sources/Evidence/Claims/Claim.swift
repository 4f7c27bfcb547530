/// A claim of a study, stated before its evidence is weighed.
///
/// In YAML (under `claims:` of a study file, or in a file of its own) one of two forms:
///
///     - name: C1                            # a dose-response
///       says: a lower rank gives stronger misalignment
///       outcome: misaligned                 # see Outcome
///       predictor: rank                     # any number of the arms: rank, lr, steps, norm_ba, a column of the table
///       direction: falling                  # rising, falling, peak; flat (needs margin, per doubling)
///       basis: [equal-lr, best-coherent-lr, equal-norm, equal-loss]
///       among: {objective: sft}             # only these runs
///
///     - name: C4                            # two conditions
///       outcome: misaligned
///       condition: complementary
///       against: sft                        # a condition, or base
///       direction: higher                   # higher, lower; not-lower, not-higher, same (need margin)
///       margin: 0.02                        # in the outcome's unit: 0.02 is two points of a rate
///       alpha: 0.05
///
/// Several bases: the claim must hold on each (an intersection-union test, Berger 1982, so its p is the largest).
public struct Claim: Sendable, Equatable, Hashable {
    public var name: String
    /// The claim in its author's words.
    public var says: String?
    public var outcome: Outcome
    public var comparison: Comparison
    /// Never empty.
    public var bases: [ComparisonBasis]
    /// Only runs whose columns have these values count; names as in ``ArmRecord/word(_:)``.
    public var among: [String: String]
    /// The chance of supporting it, or of refuting it, where there is no effect, before Holm's correction.
    public var alpha: Double
    /// `best-coherent-lr`: what share of answers must be coherent.
    public var coherentShare: Double
    /// `equal-lr`, `equal-norm`, `equal-loss`: the value to compare at; nil: chosen from what all doses reach.
    public var at: Double?
    /// `equal-norm`, `equal-loss`: a run this close to the value, relatively, counts as being there.
    public var tolerance: Double

    public enum Comparison: Sendable, Equatable, Hashable {
        /// Over the doubling of a number of the arms.
        case trend(over: String, Shape)
        /// Of one condition against another.
        case difference(of: String, against: String, Expectation)
    }

    /// How the outcome goes with the dose.
    public enum Shape: Sendable, Equatable, Hashable {
        case rising
        case falling
        /// Highest between the ends.
        case peak
        /// Changes by at most this much per doubling.
        case flat(margin: Double)
    }

    /// How a condition's outcome lies to the other's.
    public enum Expectation: Sendable, Equatable, Hashable {
        case higher
        case lower
        /// Not lower by more than the margin (non-inferiority).
        case notLower(margin: Double)
        case notHigher(margin: Double)
        /// Within the margin (equivalence).
        case same(margin: Double)
    }

    /// - Throws: ``EvidenceError`` for what can't be weighed: no name, no basis, alpha outside of (0, 0.5), a margin or
    ///   tolerance not above 0, a basis that holds equal what the claim varies.
    public init(
        name: String, says: String? = nil, outcome: Outcome, comparison: Comparison,
        bases: [ComparisonBasis] = [.asTrained], among: [String: String] = [:], alpha: Double = 0.05,
        coherentShare: Double = 0.9, at: Double? = nil, tolerance: Double = 0.1
    ) throws {
        self.name = name
        self.says = says
        self.outcome = outcome
        self.comparison = comparison
        self.bases = bases
        self.among = among
        self.alpha = alpha
        self.coherentShare = coherentShare
        self.at = at
        self.tolerance = tolerance
        try check()
    }

    private func check() throws {
        func refuse(_ what: String, _ remedy: String) -> EvidenceError {
            EvidenceError("claim \"\(name)\": \(what)", remedy)
        }
        guard !name.isEmpty else { throw EvidenceError("a claim has no name", "give it one, like C1") }
        guard !bases.isEmpty else {
            throw refuse("no basis", "give one of \(ComparisonBasis.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard Set(bases).count == bases.count else { throw refuse("a basis twice", "name each once") }
        guard alpha > 0, alpha < 0.5 else { throw refuse("alpha is \(alpha)", "give one between 0 and 0.5, like 0.05") }
        if let margin = comparison.margin, !(margin > 0 && margin.isFinite) {
            throw refuse("the margin is \(margin)", "give a number above 0 in the outcome's unit, like 0.02")
        }
        guard tolerance > 0, tolerance < 1 else {
            throw refuse("the tolerance is \(tolerance)", "give one between 0 and 1, like 0.1")
        }
        guard coherentShare > 0, coherentShare <= 1 else {
            throw refuse("the coherent share is \(coherentShare)", "give one above 0 and at most 1, like 0.9")
        }
        if let at, !at.isFinite { throw refuse("it is to be compared at \(at)", "give a number") }
        if at != nil, bases.count > 1 {
            throw refuse("\"at\" with several bases", "a norm is no loss: state a claim for each basis")
        }
        if case .trend(let predictor, _) = comparison {
            let varied: [String: [ComparisonBasis]] = [
                "lr": [.equalLearningRate, .bestCoherentLearningRate], "norm_ba": [.equalNorm], "loss": [.equalLoss],
            ]
            if let clash = bases.first(where: { varied[predictor]?.contains($0) ?? false }) {
                throw refuse(
                    "it varies \(predictor), which the basis \(clash.rawValue) holds equal", "choose another basis")
            }
        }
        if case .difference(let a, let b, _) = comparison {
            guard a != b else { throw refuse("\(a) is compared with itself", "name two conditions") }
        }
    }
}

extension Claim.Comparison {
    public var margin: Double? {
        switch self {
        case .trend(_, .flat(let margin)): margin
        case .difference(_, _, .notLower(let margin)), .difference(_, _, .notHigher(let margin)),
            .difference(_, _, .same(let margin)):
            margin
        default: nil
        }
    }
}

extension Claim {
    /// The claim in plain words, without what its author says.
    public var inWords: String {
        let ways = bases.map(\.inWords).joined(separator: ", and ")
        switch comparison {
        case .trend(let predictor, let shape):
            let what =
                switch shape {
                case .rising: "rises with \(predictor)"
                case .falling: "falls with \(predictor)"
                case .peak: "is highest at a middling \(predictor)"
                case .flat(let margin):
                    "changes by at most \(outcome.written(margin)) per doubling of \(predictor)"
                }
            return "\(outcome.inWords) \(what), \(ways)"
        case .difference(let a, let b, let expectation):
            let what =
                switch expectation {
                case .higher: "higher in \(a) than in \(b)"
                case .lower: "lower in \(a) than in \(b)"
                case .notLower(let margin): "not lower in \(a) than in \(b) by more than \(outcome.written(margin))"
                case .notHigher(let margin): "not higher in \(a) than in \(b) by more than \(outcome.written(margin))"
                case .same(let margin): "the same in \(a) and \(b) within \(outcome.written(margin))"
                }
            return "\(outcome.inWords) is \(what), \(ways)"
        }
    }
}

extension Outcome {
    /// A difference of it, with its unit.
    func written(_ difference: Double) -> String {
        differenceUnit == .points
            ? "\(Estimate.trimmed(100 * difference)) points" : Estimate.trimmed(difference)
    }
}
