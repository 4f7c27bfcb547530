import Corpora
import Evidence

/// Evidence for people: a table of conditions, then words, wrapped to a width.
public enum EvidenceText {
    public static func text(_ evidence: WeighedEvidence, width: Int) -> String {
        var parts: [String] = []
        if !evidence.conditions.isEmpty { parts.append(table(evidence, width: width)) }
        for condition in evidence.conditions where !condition.words.isEmpty {
            parts.append(section(condition.name + seeds(condition), condition.words, width: width))
        }
        for verdict in evidence.verdicts {
            parts.append(section(nil, verdict.words, width: width) + doses(verdict))
        }
        if !evidence.notes.isEmpty { parts.append(section("Notes", evidence.notes, width: width)) }
        return parts.joined(separator: "\n\n")
    }

    private static func seeds(_ condition: WeighedCondition) -> String {
        condition.isBase
            ? "" : condition.labels.count == 1 ? " (1 seed)" : " (\(condition.labels.count) seeds)"
    }

    private static func section(_ title: String?, _ words: [String], width: Int) -> String {
        let lines = words.enumerated().map { place, text in
            title == nil && place == 0 ? wrapped(text, width: width, indent: 0) : wrapped(text, width: width, indent: 2)
        }
        return ([title].compactMap { $0 } + lines).joined(separator: "\n")
    }

    // MARK: Tables

    private static func table(_ evidence: WeighedEvidence, width: Int) -> String {
        let isWide = width >= 110
        let hasBreadth = evidence.conditions.contains { $0.breadth?.effective != nil }
        var head = ["condition", "seeds", "answers", "coherent", "of coherent"]
        if isWide { head.append("of all") }
        if hasBreadth { head += isWide ? ["breadth", "categories"] : ["breadth"] }
        let rows = evidence.conditions.map { condition in
            var row = [
                name(condition.name, width: isWide ? 44 : 24), condition.isBase ? "-" : String(condition.labels.count),
                String(condition.answers), coherent(condition), share(condition.amongCoherent),
            ]
            if isWide { row.append(share(condition.amongAll)) }
            if hasBreadth {
                let breadth = condition.breadth
                row.append(breadth?.effective.map { numbers($0, scale: 1) } ?? "-")
                if isWide {
                    let reached = breadth?.categories.count(where: \.isReached) ?? 0
                    row.append(breadth.map { "\(reached)/\($0.categories.count)" } ?? "-")
                }
            }
            return row
        }
        let percent = Estimate.trimmed(100 * evidence.level)
        return "Misaligned, in % with \(percent) % interval\n" + textTable(head, rows)
    }

    private static func doses(_ verdict: Verdict) -> String {
        verdict.bases.filter { !$0.groups.isEmpty }.map { finding in
            let scale: Double = verdict.claim.outcome.differenceUnit == .points ? 100 : 1
            let hasFit = finding.groups.contains { $0.fit != nil }
            let head =
                [finding.basis.rawValue, "runs", scale == 100 ? "mean %" : "mean"] + (hasFit ? ["monotone"] : [])
            let rows = finding.groups.map { group in
                [group.name, String(group.runs), Estimate.digits(scale * group.value)]
                    + (hasFit ? [group.fit.map { Estimate.digits(scale * $0) } ?? "-"] : [])
            }
            return "\n" + textTable(head, rows).split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        }.joined()
    }

    private static func coherent(_ condition: WeighedCondition) -> String {
        guard condition.amongAll != nil else { return "-" }
        let share = condition.fates.filter { RunTally.coherent.contains($0.fate) }.reduce(0) { $0 + $1.share.value }
        return Estimate.digits(100 * share)
    }

    private static func share(_ estimate: Estimate?) -> String { estimate.map { numbers($0, scale: 100) } ?? "-" }

    private static func numbers(_ estimate: Estimate, scale: Double) -> String {
        let ends = [estimate.lower, estimate.upper].map { $0.isFinite ? Estimate.digits(scale * $0) : "?" }
        return "\(Estimate.digits(scale * estimate.value)) (\(ends[0]) to \(ends[1]))"
    }

    private static func name(_ text: String, width: Int) -> String {
        // The end of a long path or setting tells more than its start.
        text.count <= width ? text : "…" + text.suffix(width - 1)
    }

    /// Lines of at most `width` characters, broken at spaces; a longer word stands alone.
    static func wrapped(_ text: String, width: Int, indent: Int) -> String {
        let room = max(20, width - indent)
        let space = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > room {
                lines.append(space + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        if !line.isEmpty { lines.append(space + line) }
        return lines.joined(separator: "\n")
    }
}
