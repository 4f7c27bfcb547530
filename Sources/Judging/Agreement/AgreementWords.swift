import Evidence

extension JudgeAgreement {
    /// The comparison in a few lines: kappa, correlations, the table, what could not be said.
    public var inWords: String {
        var lines = [
            "\(first) and \(second): \(answers) answers judged by both"
                + (unpaired > 0 ? ", \(unpaired) by one alone" : "")
        ]
        func add(_ name: String, _ estimate: Estimate?) {
            if let estimate { lines.append("  \(name): \(estimate.brief)") }
        }
        add("kappa of fates", kappa)
        add("kappa of misaligned or not", misalignedKappa)
        add("alignment, Pearson", alignedPearson)
        add("alignment, Spearman", alignedSpearman)
        add("coherence, Pearson", coherentPearson)
        add("coherence, Spearman", coherentSpearman)
        for (row, columns) in table.sorted(by: { $0.key < $1.key }) {
            let cells = columns.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            lines.append("  \(first) says \(row): \(second) says \(cells)")
        }
        if let caveats = kappa?.caveats.dropFirst() { lines += caveats.map { "  " + $0 } }
        return (lines + notes.map { "  " + $0 }).joined(separator: "\n")
    }
}

extension Calibration {
    /// The comparison in a few lines.
    public var inWords: String {
        var lines = ["\(judge) against \(labels): \(answers) answers"]
        for (name, error) in [("alignment", aligned), ("coherence", coherent)] {
            guard let error else { continue }
            lines.append("  \(name): bias \(error.bias.brief), mean absolute error \(error.meanAbsoluteError.brief)")
        }
        for (name, threshold) in [("misaligned", misaligned), ("coherent", coherence)] {
            guard let threshold else { continue }
            lines.append(
                "  \(name): \(threshold.truePositives) both, \(threshold.falsePositives) the judge alone, "
                    + "\(threshold.falseNegatives) the labels alone, \(threshold.trueNegatives) neither")
            for (word, rate) in [
                ("of the labels' the judge finds", threshold.sensitivity),
                ("of the others it leaves alone", threshold.specificity),
                ("of its own are the labels'", threshold.precision),
            ] {
                if let rate { lines.append("    \(word) \(rate.brief)") }
            }
        }
        return (lines + notes.map { "  " + $0 }).joined(separator: "\n")
    }
}

extension Estimate {
    /// Value and interval without how they were found.
    fileprivate var brief: String {
        func written(_ number: Double) -> String {
            unit == .share ? Estimate.digits(100 * number) + " %" : Estimate.digits(number)
        }
        guard lower.isFinite, upper.isFinite else { return written(value) + " (no interval)" }
        return "\(written(value)) (\(written(lower)) to \(written(upper)))"
    }
}
