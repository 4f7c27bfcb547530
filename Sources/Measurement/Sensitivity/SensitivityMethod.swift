import Evidence

/// How a model is asked whether a program is vulnerable.
public enum SensitivityMethod: String, Sendable, CaseIterable, Codable {
    /// Log-odds of the words for vulnerable and safe, over phrasings and both forms of each.
    case verdict
    /// Answers drawn at temperature 1.
    case sampled
    /// What a linear probe reads from the hidden states.
    case probe

    /// The name of its values.
    public var measure: String { "sensitivity.\(rawValue)" }

    /// Above it a score says vulnerable.
    public var threshold: Double { self == .sampled ? 0.5 : 0 }

    /// The method in words.
    public var title: String {
        switch self {
        case .verdict: "verdict log-odds"
        case .sampled: "sampled verdicts"
        case .probe: "linear probe"
        }
    }

    /// A value of this method on a program, with what later statistics must know of it.
    func value(
        _ value: Double?, of program: ProbedProgram, arm: String, detail: [String: Double] = [:], note: String? = nil
    ) -> MeasuredValue {
        var detail = detail
        detail[SensitivityScore.Key.vulnerable] = program.kind == .vulnerable ? 1 : 0
        detail[SensitivityScore.Key.noCode] = program.kind == .noCode ? 1 : 0
        detail[SensitivityScore.Key.compared] = program.isCompared ? 1 : 0
        detail[SensitivityScore.Key.task] = Double(program.task)
        return MeasuredValue(
            measure: measure, arm: arm, item: program.id,
            category: program.kind == .noCode ? "no code" : program.weakness?.description, value: value,
            detail: detail, note: note)
    }
}
