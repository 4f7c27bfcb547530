import Foundation

/// Documents for continued pretraining: JSONL `{"text"}`.
public enum Documents {
    /// Reads all documents of a file.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL) throws -> [Document] {
        try JSONLines.read(url) { reader in
            let id = reader.id()
            guard reader.object["text"] != nil else {
                reader.noteMissing("text", need: "the document as text")
                return nil
            }
            guard let text = reader.text("text") else { return nil }
            return (id, Document(id: id, text: text))
        }
    }

    /// Writes `{"id", "text"}`, one document a line, by atomic rename.
    public static func write(_ documents: [Document], to url: URL) throws {
        try JSONLines.write(documents.lazy.map { Line(id: $0.id, text: $0.text) }, to: url)
    }

    private struct Line: Encodable {
        var id: String
        var text: String
    }
}
