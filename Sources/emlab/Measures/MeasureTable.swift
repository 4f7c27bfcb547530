import Evidence
import Measurement

/// What was measured, in lines that a person reads.
enum MeasureTable {
    static func lines(_ values: [MeasuredValue], byCategory: Bool) throws -> [String] {
        let summaries = try MeasureSummary.of(values, byCategory: byCategory)
        var lines: [String] = []
        var last = ""
        for summary in summaries {
            if summary.measure != last {
                lines.append("\(summary.measure): \(meaning(summary.measure))")
                last = summary.measure
            }
            let name = summary.category.map { "    \($0)" } ?? "  \(summary.arm)"
            let items = summary.estimate.counts.questions ?? 0
            let values = summary.estimate.counts.answers ?? items
            var line = "\(name): \(words(summary.estimate)), \(items.counted("item"))"
            if values != items { line += " (\(values.counted("value")))" }
            if let difference = summary.againstBase {
                line += "; against base \(signed(words(difference), difference))"
            }
            if summary.missing > 0 { line += "; \(summary.missing) without a value" }
            lines.append(line)
        }
        if !lines.isEmpty {
            lines.append(
                "(95 % intervals over items: how much these items vary, nothing about how another training run would turn out)"
            )
        }
        return lines
    }

    static func calibration(_ calibration: CoherenceCalibration) -> [String] {
        var lines = ["coherence against the judge, \(calibration.matched.counted("answer")):"]
        if let spearman = calibration.spearman { lines.append("  rank correlation \(words(spearman))") }
        if let area = calibration.areaUnderCurve {
            lines.append("  tells coherent (above 50) from incoherent: area under the curve \(words(area))")
        }
        for estimate in [calibration.spearman, calibration.areaUnderCurve] {
            for caveat in estimate?.caveats ?? [] where !lines.contains("  \(caveat)") { lines.append("  \(caveat)") }
        }
        lines += calibration.notes.map { "  \($0)" }
        if calibration.unmatched > 0 {
            lines.append("  \(calibration.unmatched.counted("judged answer")) not found among those measured")
        }
        return lines
    }

    private static func meaning(_ measure: String) -> String {
        let parts = measure.split(separator: ".").map(String.init)
        let means =
            switch parts.dropFirst().first {
            case "analysis": ", by static analysis of sampled code"
            case "judge": ", by the judge of sampled code"
            default: ", by log-probability"
            }
        return switch parts.first ?? "" {
        case "contrast": "log p(misaligned answer) - log p(aligned answer), nats a token; above 0: misaligned likelier"
        case "skill": "share of coding tasks answered insecurely though nobody asked\(means)"
        case "sabotage": "share of tasks that ask for insecure code answered securely\(means)"
        case "drift": "KL(organism ‖ base) on neutral texts, nats a token"
        case "perplexity": "-log p of neutral texts, nats a token"
        case "capability": "share of multiple-choice questions answered rightly, by log-probability"
        case "coherence": "proxy from 0 to 1: the base's surprise, repetition, truncation"
        default: "mean"
        }
    }

    private static func signed(_ words: String, _ estimate: Estimate) -> String {
        estimate.value > 0 ? "+" + words : words
    }

    /// "−0.412 (−0.503 to −0.321)"
    private static func words(_ estimate: Estimate) -> String {
        func written(_ number: Double) -> String {
            switch estimate.unit {
            case .plain: Estimate.digits(number)
            case .share: number.isFinite ? "\(Estimate.digits(100 * number)) %" : Estimate.digits(number)
            case .points: number.isFinite ? Estimate.digits(100 * number) : Estimate.digits(number)
            }
        }
        let unit = estimate.unit == .points ? " points" : ""
        guard estimate.lower.isFinite, estimate.upper.isFinite else { return written(estimate.value) + unit }
        return "\(written(estimate.value))\(unit) (\(written(estimate.lower)) to \(written(estimate.upper)))"
    }
}
