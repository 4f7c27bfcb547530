import Corpora
import Evidence
import Foundation
import Transformer

/// Verdicts without drawing any: log P(vulnerable) - log P(safe) over phrasings, each in both its forms.
///
/// A form's log-odds are what the program has to do with it, plus a bias that is the other way round in the other form.
/// So their mean is free of the bias, and half their difference is the bias.
public struct VerdictOdds {
    public let prompts: VerdictPrompts
    public let scorer: CompletionScorer

    public init(prompts: VerdictPrompts, scorer: CompletionScorer) {
        self.prompts = prompts
        self.scorer = scorer
    }

    /// A value for each program: nats, the mean over phrasings; above 0: vulnerable.
    ///
    /// `detail` has each phrasing's mean (`phrasing/ID`) and bias (`order/ID`, `yes-no/ID`, `letter/ID`), and `mass`: the
    /// mean probability of all the words together, which is low where the model would answer otherwise.
    public func measure(
        _ programs: [ProbedProgram], arm: String, onPrograms: (Int) throws -> Void = { _ in }
    ) throws -> [MeasuredValue] {
        let trees = try programs.map { try prompts.tree($0) }
        let scores = try scorer.logprobs(of: trees.compactMap(\.tree), onTrees: onPrograms)
        var next = scores.makeIterator()
        return zip(programs, trees).map { program, tree in
            guard tree.tree != nil, let branches = next.next() else {
                return SensitivityMethod.verdict.value(
                    nil, of: program, arm: arm,
                    note: "\(tree.tokens) tokens with its question, more than \(prompts.limit)")
            }
            return value(branches, of: program, arm: arm)
        }
    }

    private func value(_ branches: [[[Float]]], of program: ProbedProgram, arm: String) -> MeasuredValue {
        var detail: [String: Double] = [:]
        var (means, masses): ([Double], [Double]) = ([], [])
        var rest = branches[...]
        for phrasing in prompts.phrasings {
            let forms = zip(phrasing.forms, rest.prefix(phrasing.forms.count)).map { form, completions in
                let each = completions.map { $0.reduce(0) { $0 + Double($1) } }
                let sides = [each.prefix(form.vulnerable.count), each.dropFirst(form.vulnerable.count)].map(Self.total)
                masses.append(exp(sides[0]) + exp(sides[1]))
                return sides[0] - sides[1]
            }
            rest = rest.dropFirst(phrasing.forms.count)
            let mean = forms.reduce(0, +) / Double(forms.count)
            means.append(mean)
            detail[SensitivityScore.Key.phrasing + phrasing.id] = mean
            detail["\(phrasing.bias.rawValue)/\(phrasing.id)"] = forms.first.map { $0 - mean }
        }
        detail["mass"] = masses.reduce(0, +) / Double(masses.count)
        return SensitivityMethod.verdict.value(
            means.reduce(0, +) / Double(means.count), of: program, arm: arm, detail: detail)
    }

    /// log Σ exp
    private static func total(_ logprobs: ArraySlice<Double>) -> Double {
        let most = logprobs.max() ?? -.infinity
        guard most.isFinite else { return most }
        return most + log(logprobs.reduce(0) { $0 + exp($1 - most) })
    }
}
