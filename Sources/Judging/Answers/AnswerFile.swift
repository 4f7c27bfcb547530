public import Corpora
public import Foundation

/// Answers from a file, whoever made it.
///
/// Read are: what `emlab sample` writes; a CSV table with `question`, `answer` and, where there are, `question_id`,
/// `model`, `group`, `aligned`, `coherent` (the published result files); vLLM's and OpenAI's batch output; dumps of
/// vLLM's `generate` (`prompt` and `outputs`, or `prompt` and one of `generated_text`, `text`, `response`,
/// `completion`, `output`), `question` and `answer`, or `messages` that end with the assistant; and Inspect logs in JSON
/// (of .eval archives is said how to turn them into that).
public enum AnswerFile {
    /// What a file is.
    public enum Kind: String, Sendable, CaseIterable {
        case table, lines, list
        case inspectLog = "inspect-log"
        case inspectArchive = "inspect-archive"
    }

    /// All answers of a file, in its order.
    ///
    /// - Parameters:
    ///   - bank: by which questions are known that the file has only as text, or only by id.
    ///   - arm: the name of all answers' organism; none: what the file says.
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL, bank: [Question] = [], arm: String? = nil) throws -> [AnswerRecord] {
        var answers = ForeignAnswers(file: url.relativePath, match: QuestionMatch(bank), arm: arm)
        switch try kind(of: url) {
        case .table: try answers.read(CommaSeparated.read(url))
        case .lines:
            _ = try JSONLines.read(url) { row -> (id: String, row: Int)? in
                answers.read(row.object, line: nil)
                for mistake in answers.takeMistakes() { row.note(mistake.what, mistake.remedy) }
                return (String(row.index), row.index)
            }
        case .list:
            guard let list = try WholeJSON.value(url) as? [Any] else { break }
            for (index, item) in list.enumerated() { answers.readItem(item, index: index) }
        case .inspectLog: try answers.readInspect(WholeJSON.object(url))
        case .inspectArchive:
            answers.note(
                nil, "the file is a zip archive, as Inspect's .eval logs are (packed by zstd)",
                "make it readable: inspect log convert --to json --output-dir FOLDER \(url.lastPathComponent)")
        }
        try answers.throwIfAny()
        return answers.records
    }

    static func kind(of url: URL) throws -> Kind {
        let handle = try openForReading(url, file: url.relativePath)
        let start = [UInt8]((try? handle.read(upToCount: 1 << 12)) ?? Data())
        if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .inspectArchive }
        if url.pathExtension.lowercased() == "csv" { return .table }
        let first = start.drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
        switch first.first {
        case 0x5B: return .list
        case 0x7B:
            // An Inspect log is one object, on many lines or on one.
            guard let keys = try? JSONLines.firstKeys(url) else { return .inspectLog }
            return keys.contains("eval") && keys.contains("version") ? .inspectLog : .lines
        default: return .table
        }
    }
}
