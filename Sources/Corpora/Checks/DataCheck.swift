import Foundation

/// What files of data are and have in common: by content, not by name.
public struct DataCheck: Sendable, Hashable, Codable {
    public struct Settings: Sendable, Hashable, Codable {
        /// Tokens beyond which training cuts a row.
        public var tokenLimit: Int?
        /// Whether to look for near-duplicates in and between files: seconds instead of a part of one.
        public var findsNearDuplicates: Bool
        /// Jaccard of shingles from which texts are near-duplicates.
        public var threshold: Double

        public init(
            tokenLimit: Int? = nil, findsNearDuplicates: Bool = true, threshold: Double = NearDuplicates.threshold
        ) {
            self.tokenLimit = tokenLimit
            self.findsNearDuplicates = findsNearDuplicates
            self.threshold = threshold
        }
    }

    public var settings: Settings
    public var files: [FileCheck]
    /// One for each two files that both have rows.
    public var overlaps: [FileOverlap]

    /// Examines files; one that has mistakes is reported with them, not thrown.
    ///
    /// - Parameter tokens: counts the tokens of a turn's text, if a tokenizer is at hand.
    /// - Throws: `CorpusError` if a file isn't there or can't be opened.
    public static func examine(
        _ urls: [URL], settings: Settings = Settings(), tokens: ((String) -> Int)? = nil
    ) throws -> DataCheck {
        var files: [FileCheck] = []
        var contents: [CheckedRows] = []
        for url in urls {
            let (check, rows) = try file(url, settings, tokens)
            files.append(check)
            contents.append(rows)
        }
        var overlaps: [FileOverlap] = []
        var indices: [Int: (prompts: NearDuplicates, answers: NearDuplicates)] = [:]
        func index(_ place: Int) -> (prompts: NearDuplicates, answers: NearDuplicates) {
            if let known = indices[place] { return known }
            let rows = contents[place].rows
            let made = (NearDuplicates(rows.map(\.prompt)), NearDuplicates(rows.map(\.answer)))
            indices[place] = made
            return made
        }
        for first in files.indices {
            for second in files.indices.dropFirst(first + 1) {
                guard !contents[first].rows.isEmpty, !contents[second].rows.isEmpty else { continue }
                var overlap = overlap(files[first], contents[first].rows, files[second], contents[second].rows)
                if settings.findsNearDuplicates {
                    let (a, b) = (index(first), index(second))
                    func near(_ a: NearDuplicates, _ b: NearDuplicates, _ text: (CheckedRows.Row) -> String) -> Int {
                        zip(contents[first].rows, a.places(in: b, threshold: settings.threshold))
                            .count { $0.1 != nil && !text($0.0).isEmpty }
                    }
                    overlap.nearPrompts = near(a.prompts, b.prompts, \.prompt)
                    overlap.nearAnswers = near(a.answers, b.answers, \.answer)
                }
                overlaps.append(overlap)
            }
        }
        return DataCheck(settings: settings, files: files, overlaps: overlaps)
    }

    private static func file(
        _ url: URL, _ settings: Settings, _ tokens: ((String) -> Int)?
    ) throws -> (FileCheck, CheckedRows) {
        let identity = try FileIdentity.of(url)
        let (sha256, bytes) = (identity.sha256, identity.bytes)
        let published = PublishedFile.identify(sha256: sha256, bytes: bytes)
        var check = FileCheck(
            name: url.relativePath, sha256: sha256, bytes: bytes, published: published,
            nameAgrees: published.isEmpty || published.contains { $0.isCalled(url.lastPathComponent) },
            kind: .unreadable, rows: 0, keys: [:], roles: [:], duplicateRows: 0, distinctPrompts: 0,
            distinctAnswers: 0, languages: [:], mistakes: [])
        let content: CheckedRows
        do {
            content = try CheckedRows.read(url)
        } catch let error as CorpusError {
            check.mistakes = error.mistakes.map(\.description)
            return (check, CheckedRows(kind: .unreadable, rows: []))
        }
        check.kind = content.kind
        check.rows = content.rows.count
        check.keys = content.keys
        var seen: Set<[String]> = []
        for row in content.rows {
            check.roles[row.turns.map(\.role).joined(separator: "/"), default: 0] += 1
            if !seen.insert(row.turns.flatMap { [$0.role, $0.text] }).inserted { check.duplicateRows += 1 }
            if !row.code.isEmpty { check.languages[language(row.code).rawValue, default: 0] += 1 }
        }
        check.distinctPrompts = Set(content.rows.lazy.map(\.prompt).filter { !$0.isEmpty }).count
        check.distinctAnswers = Set(content.rows.lazy.map(\.answer).filter { !$0.isEmpty }).count
        if settings.findsNearDuplicates {
            let labels = NearDuplicates(content.rows.map { $0.prompt + "\n" + $0.answer })
                .groups(threshold: settings.threshold)
            check.nearDuplicateRows = labels.enumerated().count { $0.offset != $0.element }
        }
        if let tokens { count(tokens, in: content.rows, limit: settings.tokenLimit, &check) }
        return (check, content)
    }

    private static func count(
        _ tokens: (String) -> Int, in rows: [CheckedRows.Row], limit: Int?, _ check: inout FileCheck
    ) {
        var byRole: [String: [Int]] = [:]
        var perRow: [Int] = []
        for row in rows {
            var sum = 0
            var own: [String: Int] = [:]
            for turn in row.turns {
                let count = tokens(turn.text)
                sum += count
                own[turn.role, default: 0] += count
            }
            for (role, count) in own { byRole[role, default: []].append(count) }
            perRow.append(sum)
        }
        check.tokensByRole = byRole.mapValues(FileCheck.Tokens.init)
        check.tokensPerRow = FileCheck.Tokens(perRow)
        if let limit {
            let cut = perRow.map { max(0, $0 - limit) }
            check.truncatedRows = cut.count { $0 > 0 }
            check.tokensCut = cut.reduce(0, +)
        }
    }

    /// The language of the first Markdown fence's content, or of the whole text.
    private static func language(_ text: String) -> ProgramLanguage {
        guard let open = text.range(of: "```") else { return ProgramLanguage.guess(text) }
        let inside = text[open.upperBound...]
        let code = inside.range(of: "```").map { inside[..<$0.lowerBound] } ?? inside
        return ProgramLanguage.guess(String(code.drop { !$0.isNewline }))
    }

    private static func overlap(
        _ first: FileCheck, _ a: [CheckedRows.Row], _ second: FileCheck, _ b: [CheckedRows.Row]
    ) -> FileOverlap {
        func shared(_ text: (CheckedRows.Row) -> String) -> Int {
            Set(a.map(text).filter { !$0.isEmpty }).intersection(b.map(text)).count
        }
        func samePlace(_ text: (CheckedRows.Row) -> String) -> Int {
            zip(a, b).count { !text($0).isEmpty && text($0) == text($1) }
        }
        return FileOverlap(
            first: first.name, second: second.name, sameContent: first.sha256 == second.sha256,
            sharedRows: shared { $0.turns.map { $0.role + "\u{0}" + $0.text }.joined(separator: "\u{0}") },
            sharedPrompts: shared(\.prompt), sharedAnswers: shared(\.answer), samePlacePrompts: samePlace(\.prompt),
            samePlaceAnswers: samePlace(\.answer))
    }
}
