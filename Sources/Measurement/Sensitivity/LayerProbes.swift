import Evidence
import Foundation

/// Linear probes on hidden states, one for each layer and way of pooling, judged on tasks that they haven't seen.
///
/// The score is that of the place that the training folds would choose, fold by fold: the best of many places, named
/// after the fact, would look better than it is.
public struct LayerProbes: Sendable {
    public var settings: CrossValidatedProbe

    public init(settings: CrossValidatedProbe = CrossValidatedProbe()) { self.settings = settings }

    /// A value for each program: the probe's log-odds, above 0: vulnerable.
    ///
    /// `detail` has each place's (`layer/12/mean`), and the place chosen (`chosen-layer`, `chosen-mean`). Programs that
    /// aren't compared, and texts without code, are scored by all folds' fits, of which none has seen them.
    ///
    /// - Throws: `EvidenceError` for too few tasks.
    public func measure(
        _ programs: [ProbedProgram], states: HiddenStates, arm: String, onSites: (Int) throws -> Void = { _ in }
    ) throws -> [MeasuredValue] {
        let read = states.places.map { programs[$0] }
        let compared = read.indices.filter { read[$0].isCompared }
        let others = read.indices.filter { !read[$0].isCompared }
        guard !compared.isEmpty else {
            throw SensitivityError(
                "a probe has nothing to learn from: none of the \(programs.count) programs fits into the length limit; raise --max-length, or give shorter ones"
            )
        }
        let labels = compared.map { read[$0].kind == .vulnerable }
        let groups = compared.map { "task \(read[$0].task)" }
        func rows(_ site: Int, _ places: [Int]) -> [Double] {
            let features = states.features(site)
            return places.flatMap { features[$0 * states.width..<($0 + 1) * states.width].map(Double.init) }
        }
        var outcomes: [CrossValidatedProbe.Outcome] = []
        for site in states.sites.indices {
            outcomes.append(
                try settings.run(rows(site, compared), labels: labels, groups: groups, others: rows(site, others)))
            try onSites(site + 1)
        }
        guard let (chosen, choices) = CrossValidatedProbe.chosen(among: outcomes) else {
            throw SensitivityError("no layer is left to look at; name one with --layers")
        }
        var values: [Int: MeasuredValue] = [:]
        for (row, place) in compared.enumerated() {
            var detail = details(states, outcomes) { $0.logits[row] }
            let fold = chosen.fold[row]
            detail["fold"] = Double(fold)
            detail["chosen-layer"] = Double(states.sites[choices[fold]].layer)
            detail["chosen-mean"] = states.sites[choices[fold]].pooling == .mean ? 1 : 0
            values[states.places[place]] = SensitivityMethod.probe.value(
                chosen.logits[row], of: read[place], arm: arm, detail: detail)
        }
        for (row, place) in others.enumerated() {
            values[states.places[place]] = SensitivityMethod.probe.value(
                chosen.otherLogits[row], of: read[place], arm: arm,
                detail: details(states, outcomes) { $0.otherLogits[row] })
        }
        return programs.indices.map { place in
            values[place]
                ?? SensitivityMethod.probe.value(nil, of: programs[place], arm: arm, note: "too many tokens")
        }
    }

    private func details(
        _ states: HiddenStates, _ outcomes: [CrossValidatedProbe.Outcome],
        _ logit: (CrossValidatedProbe.Outcome) -> Double
    ) -> [String: Double] {
        Dictionary(
            zip(states.sites, outcomes).map { (SensitivityScore.Key.layer + $0.name, logit($1)) },
            uniquingKeysWith: { first, _ in first })
    }
}
