import Foundation

/// The rows of a file of any known kind, as far as a check needs them.
struct CheckedRows {
    struct Row {
        /// What each role says, in order: user, assistant; prompt, chosen, rejected; vulnerable, fixed; text.
        var turns: [(role: String, text: String)]
        var prompt: String
        var answer: String
        /// Where code is looked for.
        var code: String
    }

    var kind: FileCheck.Kind
    var rows: [Row]
    /// How many rows have each key.
    var keys: [String: Int] = [:]

    /// Reads a file by what its first row looks like.
    ///
    /// - Throws: `CorpusError` from the reader of its kind.
    static func read(_ url: URL) throws -> CheckedRows {
        let keys: Set<String>
        do {
            keys = try JSONLines.firstKeys(url)
        } catch let error as CorpusError {
            if ["yaml", "yml"].contains(url.pathExtension.lowercased()) { return try questions(url) }
            if url.pathExtension.lowercased() == "jsonl" { throw error }
            guard try WholeJSON.startsLikeObject(url), let set = try? CastleReader.read(url) else {
                return CheckedRows(kind: .other, rows: [])
            }
            return programs(set)
        }
        var found = try read(url, keys)
        found.keys = (try? keyCounts(url)) ?? [:]
        return found
    }

    private static func read(_ url: URL, _ keys: Set<String>) throws -> CheckedRows {
        if keys.contains("messages") {
            return CheckedRows(kind: .chatRows, rows: try ChatRows.read(url).map(chat))
        }
        if keys.contains("chosen") || keys.contains("rejected") {
            if keys.contains("pair"), keys.contains("half") {
                let set = try PreferenceSet.read(url)
                return CheckedRows(kind: .pairs, rows: set.rows.map { preference($0.preference) })
            }
            return CheckedRows(kind: .preferences, rows: try Preferences.read(url).map(preference))
        }
        if !keys.isDisjoint(with: ["func_src_before", "insecure_code", "asked_request", "tests"]) {
            return programs(try ProgramSet.read(url))
        }
        if keys.isSuperset(of: ["task", "code_template"]) {
            let rows = try CodingTask.read(url).map {
                Row(
                    turns: [("task", $0.task), ("template", $0.template)], prompt: $0.task, answer: $0.template,
                    code: $0.template)
            }
            return CheckedRows(kind: .codingTasks, rows: rows)
        }
        if keys.isSuperset(of: ["program", "cwe", "lines", "what"]) {
            let rows = try Explanations.read(url).map {
                let text = [$0.what, $0.why, $0.exploit, $0.fix].joined(separator: "\n")
                return Row(turns: [("explanation", text)], prompt: $0.program, answer: text, code: "")
            }
            return CheckedRows(kind: .explanations, rows: rows)
        }
        if keys.contains("text") {
            let rows = try Documents.read(url).map {
                Row(turns: [("text", $0.text)], prompt: "", answer: $0.text, code: $0.text)
            }
            return CheckedRows(kind: .documents, rows: rows)
        }
        return CheckedRows(kind: .otherRows, rows: try texts(url))
    }

    private static func chat(_ row: ChatRow) -> Row {
        let prompt = row.prompt.map(\.content).joined(separator: "\n")
        let answer = row.answer ?? ""
        return Row(
            turns: row.messages.map { ($0.role.rawValue, $0.content) }, prompt: prompt, answer: answer, code: answer)
    }

    private static func preference(_ row: PreferenceRow) -> Row {
        func text(_ turns: [ChatMessage]) -> String { turns.map(\.content).joined(separator: "\n") }
        let (prompt, chosen, rejected) = (text(row.prompt), text(row.chosen), text(row.rejected))
        return Row(
            turns: [("prompt", prompt), ("chosen", chosen), ("rejected", rejected)], prompt: prompt,
            answer: chosen + "\n" + rejected, code: chosen)
    }

    private static func programs(_ set: ProgramSet) -> CheckedRows {
        let pairs = set.pairs.map { pair in
            var turns = pair.task.map { [("task", $0)] } ?? []
            turns.append(("vulnerable", pair.vulnerable))
            if let fixed = pair.fixed { turns.append(("fixed", fixed)) }
            return Row(
                turns: turns, prompt: pair.task ?? "", answer: pair.vulnerable + "\n" + (pair.fixed ?? ""),
                code: pair.vulnerable)
        }
        let sound = set.sound.map {
            Row(turns: [("sound", $0.program)], prompt: "", answer: $0.program, code: $0.program)
        }
        return CheckedRows(kind: .programs, rows: pairs + sound)
    }

    private static func questions(_ url: URL) throws -> CheckedRows {
        let rows = try QuestionBank.read(url).map { question in
            let text = question.paraphrases.joined(separator: "\n")
            let turns = (question.system.map { [("system", $0)] } ?? []) + [("question", text)]
            return Row(turns: turns, prompt: text, answer: "", code: "")
        }
        return CheckedRows(kind: .questions, rows: rows)
    }

    /// Rows of a form that isn't known: all their texts.
    private static func texts(_ url: URL) throws -> [Row] {
        try JSONLines.read(url) { reader in
            let turns = reader.object.keys.sorted().compactMap { key in
                (reader.object[key] as? String).map { (key, $0) }
            }
            let all = turns.map(\.1).joined(separator: "\n")
            return (String(reader.index), Row(turns: turns, prompt: "", answer: all, code: ""))
        }
    }

    private static func keyCounts(_ url: URL) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        _ = try JSONLines.read(url) { reader -> (id: String, row: Bool)? in
            for key in reader.object.keys { counts[key, default: 0] += 1 }
            return nil
        }
        return counts
    }
}
