/// What the evidence makes of a claim.
public struct Verdict: Sendable, Codable, Equatable {
    public enum Finding: String, Sendable, Codable {
        /// Shown at the claim's alpha, after Holm's correction over all claims weighed together.
        case supported
        /// Its opposite is shown, likewise.
        case refuted
        /// Neither: ``words`` says why.
        case cantSay = "can't say"
    }

    public var claim: Claim
    public var finding: Finding
    /// For the claim, one-sided; the largest over its bases. Nil where a basis could not be compared.
    public var p: Double?
    public var adjustedP: Double?
    /// For its opposite.
    public var pOpposite: Double?
    public var adjustedPOpposite: Double?
    public var bases: [BasisFinding]
    /// All of it in plain words.
    public var words: [String]

    /// Weighs claims together, so that Holm's correction covers them all.
    ///
    /// Supported and refuted are two families of tests: where there is no effect, the chance to support any claim
    /// wrongly is at most alpha, and that to refute any is at most alpha.
    ///
    /// - Parameters:
    ///   - outcomes: the training runs with a claim's outcome.
    ///   - base: the base's value of it, if the base was asked.
    public static func weigh(
        _ claims: [Claim], outcomes: (Claim) -> [RunOutcome], base: (Claim) -> RunOutcome?
    ) -> [Verdict] {
        var verdicts = claims.map { claim -> Verdict in
            let runs = outcomes(claim)
            let base = base(claim)
            let bases = claim.bases.map { BasisFinding.test(claim, runs, base: base, basis: $0) }
            func largest(_ p: [Double?]) -> Double? {
                let known = p.compactMap { $0 }
                return known.count == p.count ? known.max() : nil
            }
            return Verdict(
                claim: claim, finding: .cantSay, p: largest(bases.map(\.p)), adjustedP: nil,
                pOpposite: largest(bases.map(\.pOpposite)), adjustedPOpposite: nil, bases: bases, words: [])
        }
        let tested = verdicts.count { $0.p != nil }
        fill(&verdicts, from: \.p, into: \.adjustedP)
        fill(&verdicts, from: \.pOpposite, into: \.adjustedPOpposite)
        for place in verdicts.indices {
            let (verdict, alpha) = (verdicts[place], verdicts[place].claim.alpha)
            if let p = verdict.adjustedP, p <= alpha {
                verdicts[place].finding = .supported
            } else if let p = verdict.adjustedPOpposite, p <= alpha {
                verdicts[place].finding = .refuted
            }
            verdicts[place].words = verdicts[place].inWords(tested: tested)
        }
        return verdicts
    }

    private static func fill(
        _ verdicts: inout [Verdict], from source: KeyPath<Verdict, Double?>,
        into target: WritableKeyPath<Verdict, Double?>
    ) {
        let places = verdicts.indices.filter { verdicts[$0][keyPath: source] != nil }
        let p = places.compactMap { verdicts[$0][keyPath: source] }.map { min(1, max(0, $0)) }
        guard let adjusted = try? Holm.adjusted(p) else { return }
        for (place, value) in zip(places, adjusted) { verdicts[place][keyPath: target] = value }
    }

    private func inWords(tested: Int) -> [String] {
        let name = claim.says.map { "\(claim.name) (\($0))" } ?? claim.name
        var words = ["\(name): \(finding.rawValue.uppercased()). The claim: \(claim.inWords)."]
        let correction = tested > 1 ? ", \(tested) claims taken together" : ""
        switch finding {
        case .supported:
            words.append("It is shown at \(Estimate.trimmed(claim.alpha)) (\(Self.written(adjustedP))\(correction)).")
        case .refuted:
            words.append(
                "Its opposite is shown at \(Estimate.trimmed(claim.alpha)) (\(Self.written(adjustedPOpposite))"
                    + "\(correction)).")
        case .cantSay:
            if p == nil {
                words.append("It could not be tested on every basis it names: see below.")
            } else {
                words.append(
                    "Neither the claim (\(Self.written(adjustedP))) nor its opposite (\(Self.written(adjustedPOpposite))) "
                        + "is shown at \(Estimate.trimmed(claim.alpha))\(correction). That is not evidence of no effect: "
                        + "the interval says what is left open.")
            }
        }
        if bases.count > 1 { words.append("It must hold on every basis; the weakest decides.") }
        return words + bases.flatMap(\.words)
    }

    static func written(_ p: Double?) -> String {
        p.map { $0 < 0.0001 ? "p < 0.0001" : "p = \(Estimate.digits($0))" } ?? "not tested"
    }
}
