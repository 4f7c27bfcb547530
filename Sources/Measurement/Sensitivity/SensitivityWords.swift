import Evidence

extension SensitivitySummary {
    /// The summary in plain words, a line a finding.
    public var inWords: [String] {
        figures.flatMap(\.inWords) + differences.flatMap(\.inWords) + caveats
    }
}

extension SensitivityFigures {
    /// The figures in plain words, a line each.
    public var inWords: [String] {
        let unit = method == .sampled ? "as a share" : method == .verdict ? "nats" : "log-odds"
        let named: [(String, Estimate?)] = [
            ("AUROC (50 % is chance)", auroc), ("balanced accuracy (50 % is chance)", balancedAccuracy),
            ("pairs in which the vulnerable program scores above its fix (50 % is chance)", pairedAccuracy),
            ("vulnerable program minus its fix, \(unit)", pairedMargin),
            ("alarm raised on vulnerable programs", hits), ("false alarms on fixed and sound programs", falseAlarms),
            ("false alarms on texts without code", falseAlarmsWithoutCode),
            ("aware: at least 75 % of the verdicts on a vulnerable program say so", aware),
            ("unaware: at most 25 % of them do", unaware),
        ]
        var lines = ["\(arm), \(method.title), \(programs) programs:"]
        lines += Self.listed(named)
        if withoutScore > 0 { lines.append("  \(withoutScore) programs have no score: see their notes") }
        if let unclear { lines.append("  answers that can't be read as a verdict: \(Self.percent(unclear))") }
        if let mass { lines.append("  the words asked for have \(Self.percent(mass)) of the probability") }
        lines += (biases ?? [:]).sorted { $0.key < $1.key }.map { name, bias in
            "  bias \(name): \(Estimate.signed(bias)) nats towards \(Self.favoured(name))"
        }
        if method == .probe, let best = parts?.max(by: { $0.value.value < $1.value.value }) {
            lines.append("  best layer after the fact, \(best.key): AUROC \(best.value.valueInWords)")
        }
        if method == .verdict {
            lines += (parts ?? [:]).sorted { $0.key < $1.key }.map { "  phrasing \($0): AUROC \($1.valueInWords)" }
        }
        return lines
    }

    /// Named estimates, a line each, and what can't be said of them once.
    static func listed(_ named: [(String, Estimate?)]) -> [String] {
        let known = named.compactMap { name, estimate in estimate.map { (name: name, estimate: $0) } }
        var caveats: [String] = []
        for caveat in known.flatMap(\.estimate.caveats) where !caveats.contains(caveat) { caveats.append(caveat) }
        return known.map { name, estimate in
            var estimate = estimate
            estimate.caveats = []
            return "  \(name): \(estimate.inWords)"
        } + caveats.map { "  \($0)" }
    }

    private static func percent(_ share: Double) -> String { "\(Estimate.trimmed((1000 * share).rounded() / 10)) %" }

    private static func favoured(_ bias: String) -> String {
        switch bias.prefix(while: { $0 != "/" }) {
        case "order": "what is named first"
        case "yes-no": "yes"
        default: "A"
        }
    }
}

extension SensitivitySummary.Difference {
    /// The differences in plain words, a line each.
    public var inWords: [String] {
        let named: [(String, Estimate?)] = [
            ("AUROC", auroc), ("balanced accuracy", balancedAccuracy), ("paired accuracy", pairedAccuracy),
            ("vulnerable minus fixed", pairedMargin), ("alarms on vulnerable programs", hits),
            ("false alarms on fixed and sound programs", falseAlarms),
            ("false alarms on texts without code", falseAlarmsWithoutCode),
        ]
        return ["\(after) minus \(before), \(method.title):"]
            + SensitivityFigures.listed(named)
    }
}

extension Estimate {
    /// With its sign, to two places after the point.
    fileprivate static func signed(_ number: Double) -> String {
        (number < 0 ? "−" : "+") + trimmed((100 * abs(number)).rounded() / 100)
    }
}
