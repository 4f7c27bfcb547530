extension DataCheck: CustomStringConvertible {
    /// Plain text: each file, then what files have in common.
    public var description: String {
        let overlaps = overlaps.map(\.description)
        return (files.map(\.description) + (overlaps.isEmpty ? [] : [overlaps.joined(separator: "\n")]))
            .joined(separator: "\n\n")
    }
}

extension FileCheck: CustomStringConvertible {
    public var description: String {
        var lines = [name, "  sha256  \(sha256)  \(bytes) bytes"]
        for file in published {
            lines.append("  is      \(file.what) (\(file.name); \(file.origin))")
        }
        if published.isEmpty { lines.append("  is      no published file that emlab knows") }
        if !nameAgrees { lines.append("  WARNING its name is not that of the published file: go by the content") }
        lines.append("  kind    \(Self.words[kind] ?? kind.rawValue), \(rows) rows")
        if !keys.isEmpty {
            let names = keys.sorted { $0.key < $1.key }.map { $0.value == rows ? $0.key : "\($0.key) (\($0.value))" }
            lines.append("  keys    " + names.joined(separator: ", "))
        }
        if !roles.isEmpty { lines.append("  roles   " + Self.counts(roles)) }
        if rows > 0 {
            let near = nearDuplicateRows.map { ", near-duplicates \($0)" } ?? ""
            lines.append(
                "  again   duplicate rows \(duplicateRows)\(near); distinct prompts \(distinctPrompts), "
                    + "distinct answers \(distinctAnswers)")
        }
        if !languages.isEmpty { lines.append("  code    " + Self.counts(languages)) }
        for (role, tokens) in (tokensByRole ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append("  tokens  \(role): \(tokens.words)")
        }
        if let tokensPerRow { lines.append("  tokens  row: \(tokensPerRow.words)") }
        if let truncatedRows, let tokensCut {
            lines.append("  cut     \(truncatedRows) rows are longer than the limit, by \(tokensCut) tokens in all")
        }
        lines += mistakes.map { "  ERROR   \($0)" }
        return lines.joined(separator: "\n")
    }

    private static let words: [Kind: String] = [
        .chatRows: "chat rows", .preferences: "preferences", .pairs: "halves of complementary pairs",
        .documents: "documents", .programs: "programs", .codingTasks: "coding tasks", .explanations: "explanations",
        .questions: "questions", .otherRows: "JSON lines of another form", .other: "not a form that is known",
        .unreadable: "can't be read",
    ]

    private static func counts(_ counts: [String: Int]) -> String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8)
            .map { "\(shortened($0.key)) \($0.value)" }.joined(separator: ", ")
            + (counts.count > 8 ? ", \(counts.count - 8) more" : "")
    }
}

extension FileCheck.Tokens {
    fileprivate var words: String {
        "\(total) in all, mean \(decimal(mean, 1)), median \(median), 95 % \(percentile95), largest \(largest)"
    }
}

extension FileOverlap: CustomStringConvertible {
    public var description: String {
        if sameContent { return "\(first) and \(second) are the same file" }
        var parts = ["\(sharedRows) rows", "\(sharedPrompts) prompts", "\(sharedAnswers) answers"]
        if samePlacePrompts > 0 { parts.append("prompts at the same place in \(samePlacePrompts) rows") }
        if samePlaceAnswers > 0 { parts.append("answers at the same place in \(samePlaceAnswers) rows") }
        if let nearPrompts, let nearAnswers {
            parts.append("near-duplicates of \(nearPrompts) prompts and \(nearAnswers) answers of the first")
        }
        return "\(first) and \(second) share " + parts.joined(separator: ", ")
    }
}
