import Foundation

/// Chat rows: JSONL `{"messages": [{"role", "content"}, …]}`, the form of the published data sets.
public enum ChatRows {
    /// Reads all rows of a file. Each has at least one turn of the assistant, and no turn is empty.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL) throws -> [ChatRow] { try read(url, lineLimit: LineReader.lineLimit) }

    package static func read(_ url: URL, lineLimit: Int) throws -> [ChatRow] {
        try JSONLines.read(url, lineLimit: lineLimit) { reader in
            let id = reader.id()
            guard let messages = reader.messages("messages") else { return nil }
            guard messages.contains(where: { $0.role == .assistant }) else {
                reader.note("the row has no turn of the assistant", "add what the model should answer")
                return nil
            }
            return (id, ChatRow(id: id, messages: messages))
        }
    }

    /// Whether a file's first row is a conversation.
    ///
    /// - Throws: `CorpusError` if there is no first row or it is no JSON object.
    public static func areIn(_ url: URL) throws -> Bool { try JSONLines.firstKeys(url).contains("messages") }

    /// Writes `{"id", "messages"}`, one row a line, by atomic rename.
    public static func write(_ rows: [ChatRow], to url: URL) throws {
        try lines(rows).write(to: url, options: .atomic)
    }

    /// What `write` writes.
    public static func lines(_ rows: [ChatRow]) throws -> Data {
        try JSONLines.lines(rows.lazy.map { Line(id: $0.id, messages: $0.messages) })
    }

    private struct Line: Encodable {
        var id: String
        var messages: [ChatMessage]
    }
}
