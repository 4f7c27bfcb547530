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

    /// The verdicts on claims alone, with what there is to note.
    public static func verdicts(_ evidence: WeighedEvidence, width: Int) -> String {
        var parts = evidence.verdicts.map { section(nil, $0.words, width: width) + doses($0) }
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
        return ([title.map { name($0, width: width) }].compactMap { $0 } + lines).joined(separator: "\n")
    }

    // MARK: Tables

    /// A column of the table; where the width doesn't hold all, those with the highest `order` go first.
    private struct Column {
        var head: String
        var order: Int
        var cells: [String]

        var width: Int { max(head.count, cells.map(\.count).max() ?? 0) + 2 }
    }

    private static func table(_ evidence: WeighedEvidence, width: Int) -> String {
        let conditions = evidence.conditions
        var columns = [
            Column(head: "seeds", order: 1, cells: conditions.map { $0.isBase ? "-" : String($0.labels.count) }),
            Column(head: "answers", order: 3, cells: conditions.map { String($0.answers) }),
            Column(head: "coherent", order: 2, cells: conditions.map(coherent)),
            Column(head: "of coherent", order: 0, cells: conditions.map { share($0.amongCoherent) }),
            Column(head: "of all", order: 5, cells: conditions.map { share($0.amongAll) }),
        ]
        if conditions.contains(where: { $0.breadth?.effective != nil }) {
            columns += [
                Column(
                    head: "breadth", order: 2,
                    cells: conditions.map { $0.breadth?.effective.map { numbers($0, scale: 1) } ?? "-" }),
                Column(
                    head: "reached", order: 4,
                    cells: conditions.map { condition in
                        condition.breadth.map { "\($0.categories.count(where: \.isReached))/\($0.categories.count)" }
                            ?? "-"
                    }),
            ]
        }
        let longest = conditions.map(\.name.count).max() ?? 0
        func room() -> Int { width - columns.reduce(0) { $0 + $1.width } }
        while room() < min(longest, 18), let last = columns.indices.max(by: { columns[$0].order < columns[$1].order }),
            columns[last].order > 0
        {
            columns.remove(at: last)
        }
        let names = conditions.map { name($0.name, width: max(9, room())) }
        let rows = names.indices.map { row in [names[row]] + columns.map { $0.cells[row] } }
        let percent = Estimate.trimmed(100 * evidence.level)
        return wrapped("Misaligned in per cent, with \(percent) % intervals", width: width, indent: 0) + "\n"
            + textTable(["condition"] + columns.map(\.head), rows)
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
