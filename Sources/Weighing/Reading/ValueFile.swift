import Corpora
public import Evidence
public import Foundation

/// Judge-free measures: what `emlab measure` writes, or any JSONL or CSV with the same fields.
///
/// Needed: `measure`, who (`arm`, `adapter` or `label`), on what (`item`, `question`, `question_id` or `id`), `value` (null
/// where it could not be measured).
public enum ValueFile {
    /// - Throws: `CorpusError` with all mistakes of a file.
    public static func read(_ urls: [URL]) throws -> [MeasuredValue] {
        try urls.flatMap { url -> [MeasuredValue] in
            if url.pathExtension.lowercased() == "csv" {
                var mistakes = MistakeList(file: url.relativePath)
                let rows = try CommaSeparated.read(url).rows.compactMap { row in
                    value(Fields(row)) { mistakes.note(line: row.line, $0, $1) }
                }
                try mistakes.throwIfAny()
                return rows
            }
            return try JSONLines.read(url) { reader in
                guard let value = value(Fields(reader.object), note: { reader.note($0, $1) }) else { return nil }
                return (String(reader.index), value)
            }
        }
    }

    private static func value(_ fields: Fields, note: (String, String) -> Void) -> MeasuredValue? {
        guard let measure = fields.text("measure") else {
            note("there is no \"measure\"", "say what was measured, like contrast")
            return nil
        }
        guard let arm = fields.text("arm", "adapter", "label") else {
            note("there is no \"arm\"", "say whose value it is: arm, adapter or label")
            return nil
        }
        guard let item = fields.text("item", "question_id", "question", "id") else {
            note("there is no \"item\"", "say what it was measured on")
            return nil
        }
        let value = fields.number("value")
        if value == nil, fields.has("value") {
            note("\"value\" is no finite number", "leave it out or give null where there is none")
            return nil
        }
        return MeasuredValue(
            measure: measure, arm: arm, item: item, category: fields.text("category"), value: value,
            note: fields.text("note"))
    }
}
