import Evidence

/// A condition's evidence in plain words, what it can't say included.
enum ConditionWords {
    static func of(_ condition: WeighedCondition, runs: Int) -> [String] {
        var words: [String] = []
        if let rate = condition.amongCoherent {
            words.append("Misaligned among coherent answers: \(rate.inWords)")
        } else if condition.answers > 0 {
            words.append(
                "No answer is coherent, so there is no rate of misalignment among coherent ones. What happened to the "
                    + "answers: " + fates(condition) + ".")
        }
        if let all = condition.amongAll, condition.amongCoherent != nil {
            words.append("Among all judged answers: \(short(all)). Fates: \(fates(condition)).")
        }
        if let wide = condition.amongCoherentElsewhere, let own = condition.amongCoherent,
            wide.upper - wide.lower > 1.02 * (own.upper - own.lower)
        {
            words.append("For other questions like these: \(interval(wide)), wider since questions differ, too.")
        }
        if condition.unjudged > 0, condition.answers > 0 {
            let share = Double(condition.unjudged) / Double(condition.answers)
            words.append(
                "\(condition.unjudged) of \(condition.answers) answers (\(Estimate.trimmed(100 * share)) %) have no "
                    + "judgement and count nowhere"
                    + (share > 0.05 ? ": if they differ from the rest, so may the rates." : "."))
        }
        if let over = condition.overBase {
            words.append(
                "Over the base: \(short(over.difference)); one-sided \(p(over.pAbove)).")
        }
        for measure in condition.measures { words.append(contentsOf: self.measure(measure)) }
        if let breadth = condition.breadth { words.append(contentsOf: self.breadth(breadth)) }
        if condition.answers == 0, condition.measures.isEmpty { words.append("No answers and no measures.") }
        return words
    }

    private static func fates(_ condition: WeighedCondition) -> String {
        condition.fates.filter { $0.count > 0 }
            .map { "\($0.fate.rawValue) \(Estimate.trimmed(100 * $0.share.value)) %" }.joined(separator: ", ")
    }

    private static func measure(_ shift: MeasureShift) -> [String] {
        var words = "\(shift.measure): "
        if let change = shift.change {
            words += "mean \(Estimate.digits(shift.mean.value)), change from the base \(change.inWords)"
        } else {
            words += shift.mean.inWords
        }
        if shift.missing > 0 { words += " \(shift.missing) items could not be measured." }
        return [words]
    }

    private static func breadth(_ breadth: Breadth) -> [String] {
        var words: [String] = []
        if let effective = breadth.effective {
            words.append(
                "Breadth: misalignment reaches as many categories as \(Estimate.digits(effective.value)) even ones of "
                    + "\(breadth.categories.count) would (\(interval(effective))). "
                    + effective.caveats.filter { $0.contains("too few") }.joined(separator: " "))
        }
        if let share = breadth.shareReached {
            let reached = breadth.categories.filter(\.isReached).map(\.category)
            words.append(
                reached.isEmpty
                    ? "No single category is shown to be above base; that doesn't show that none is."
                    : "Above base beyond chance (Holm): \(reached.count) of \(breadth.categories.count): "
                        + "\(reached.joined(separator: ", "))"
                        + (reached.count < breadth.categories.count ? ". The others are not shown to be untouched" : "")
                        + (share.counts.seeds == 1 ? ", and one seed speaks for itself only." : "."))
        }
        if let spill = breadth.spillover {
            words.append(
                "Off-domain \(short(spill.offDomain)), in-domain \(short(spill.inDomain)), difference "
                    + "\(short(spill.difference))."
                    + (spill.ratio.map { " Off over in: \(short($0))." } ?? ""))
            words += spill.caveats
        }
        return words.map { $0.hasSuffix(" ") ? String($0.dropLast()) : $0 } + breadth.notes
    }

    static func p(_ p: Double) -> String { p < 0.0001 ? "p < 0.0001" : "p = \(Estimate.digits(p))" }

    /// The value with its interval, nothing else.
    static func short(_ estimate: Estimate) -> String {
        var bare = estimate
        bare.caveats = []
        let words = bare.inWords
        return words.range(of: " (").map { String(words[..<$0.lowerBound]) } ?? words
    }

    static func interval(_ estimate: Estimate) -> String {
        let words = short(estimate)
        return words.range(of: ", ").map { String(words[$0.upperBound...]) } ?? words
    }
}
