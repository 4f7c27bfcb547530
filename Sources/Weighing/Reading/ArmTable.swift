import Corpora
import Evidence
public import Foundation
import Yams

/// A table of arms, as CSV or as a YAML list of mappings: one training run a row.
///
/// Columns: `label` (needed), `condition`, `seed`, `rank`, `lr`, `alpha`, `alpha_rule`, `targets`, `objective`, `data`,
/// `model`, `steps`, `loss`, `norm_ba`, `stable_rank`. Any other column is kept: as a number where every row has one, else
/// as words. A claim may name it as its predictor or in `among`.
public enum ArmTable {
    /// - Throws: `CorpusError` or ``WeighingError``.
    public static func read(_ url: URL) throws -> [ArmDraft] {
        let rows = url.pathExtension.lowercased() == "csv" ? try table(url) : try yaml(url)
        return try drafts(rows, file: url.relativePath)
    }

    struct Row {
        var line: Int?
        var fields: [String: String]
    }

    private static func table(_ url: URL) throws -> [Row] {
        let table = try CommaSeparated.read(url)
        return table.rows.map { row in
            Row(
                line: row.line,
                fields: Dictionary(
                    table.columns.compactMap { name in row[name].map { (name, $0) } },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    private static func yaml(_ url: URL) throws -> [Row] {
        let text = try YAMLFile.read(url)
        let file = url.relativePath
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw WeighingError(file, "not valid YAML (\(error))", "mend it")
        }
        let list = root?.mapping?["arms"]?.sequence ?? root?.sequence
        guard let list else { throw WeighingError(file, "there is no list of arms", "start each with \"- label: …\"") }
        return try list.map { node in
            guard let mapping = node.mapping else {
                throw WeighingError(
                    "\(file):\(node.mark?.line ?? 1)", "an arm is no mapping", "start each with \"- label: …\"")
            }
            var fields: [String: String] = [:]
            for (key, value) in mapping {
                guard let name = key.scalar?.string, let text = value.scalar?.string else {
                    throw WeighingError(
                        "\(file):\(key.mark?.line ?? 1)", "a value of an arm is no text or number",
                        "write one value a column")
                }
                if !text.isEmpty { fields[name] = text }
            }
            return Row(line: node.mark?.line, fields: fields)
        }
    }

    private static func drafts(_ rows: [Row], file: String) throws -> [ArmDraft] {
        var mistakes = MistakeList(file: file)
        let known = Set(ArmRecord.numberNames + ArmRecord.wordNames)
        let others = Set(rows.flatMap(\.fields.keys)).subtracting(known)
        let numeric = others.filter { name in
            rows.allSatisfy { row in row.fields[name].map { number($0) != nil } ?? true }
        }
        var drafts: [ArmDraft] = []
        var lines: [String: Int] = [:]
        for row in rows where !mistakes.isFull {
            guard let label = row.fields["label"] else {
                mistakes.note(line: row.line, "an arm has no \"label\"", "give the label its answers have")
                continue
            }
            if lines.updateValue(row.line ?? 0, forKey: label) != nil {
                mistakes.note(
                    line: row.line, "the label \"\(label)\" is there twice", "one row for each training run")
            }
            var draft = ArmDraft(label: label)
            draft.condition = row.fields["condition"]
            draft.seed = row.fields["seed"]
            func value(_ name: String) -> Double? {
                guard let text = row.fields[name] else { return nil }
                if let number = number(text) { return number }
                mistakes.note(line: row.line, "\(name) of \"\(label)\" is \"\(text)\"", "give a number")
                return nil
            }
            draft.record.rank = value("rank")
            draft.record.learningRate = value("lr")
            draft.record.alpha = value("alpha")
            draft.record.steps = value("steps")
            draft.record.finalLoss = value("loss")
            draft.record.normBA = value("norm_ba")
            draft.record.stableRank = value("stable_rank")
            draft.record.alphaRule = row.fields["alpha_rule"]
            draft.record.targets = row.fields["targets"]
            draft.record.objective = row.fields["objective"]
            draft.record.data = row.fields["data"]
            draft.record.model = row.fields["model"]
            for name in others {
                guard let text = row.fields[name] else { continue }
                if numeric.contains(name), let number = number(text) {
                    draft.record.numbers[name] = number
                } else {
                    draft.record.words[name] = text
                }
            }
            drafts.append(draft)
        }
        if rows.isEmpty { mistakes.note(line: nil, "the table has no rows", "one row for each training run") }
        try mistakes.throwIfAny()
        return drafts
    }

    private static func number(_ text: String) -> Double? {
        Double(text.trimmingCharacters(in: .whitespaces)).flatMap { $0.isFinite ? $0 : nil }
    }
}
