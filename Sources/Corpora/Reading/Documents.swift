import Foundation

/// Documents for continued pretraining: JSONL `{"text"}`, with `"loss": [[start, end], …]` where a part of the text can be
/// learnt alone.
///
/// Starts and ends count Unicode code points from 0, the end is left out: in Python, `text[start:end]` is the part.
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
            guard reader.has("loss") else { return (id, Document(id: id, text: text)) }
            guard let ranges = ranges(&reader), let loss = bytes(of: ranges, in: text) else {
                reader.note(
                    "\"loss\" is no list of parts of the text",
                    "give [[start, end], …] in code points: ascending, apart, none empty, none beyond the text's \(text.unicodeScalars.count)"
                )
                return nil
            }
            return (id, Document(id: id, text: text, loss: loss))
        }
    }

    /// Writes `{"id", "text"}` with `"loss"` where a document has it, one document a line, by atomic rename.
    public static func write(_ documents: [Document], to url: URL) throws {
        try JSONLines.write(
            documents.lazy.map { document in
                Line(
                    id: document.id, text: document.text,
                    loss: document.loss.map { scalars(of: $0, in: document.text) })
            }, to: url)
    }

    private struct Line: Encodable {
        var id: String
        var text: String
        var loss: [[Int]]?
    }

    private static func ranges(_ reader: inout RowReader) -> [Range<Int>]? {
        guard let list = reader.object["loss"] as? [Any] else { return nil }
        var ranges: [Range<Int>] = []
        for entry in list {
            guard let ends = entry as? [Any], ends.count == 2, let start = wholeNumber(ends[0]),
                let end = wholeNumber(ends[1]), start >= ranges.last?.upperBound ?? 0, start < end
            else { return nil }
            ranges.append(start..<end)
        }
        return ranges
    }

    /// Offsets of code points as offsets of bytes; nil where one lies beyond the text.
    private static func bytes(of ranges: [Range<Int>], in text: String) -> [Range<Int>]? {
        var offsets = [0]
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            offsets.append(count)
        }
        guard ranges.allSatisfy({ $0.upperBound < offsets.count }) else { return nil }
        return ranges.map { offsets[$0.lowerBound]..<offsets[$0.upperBound] }
    }

    /// Offsets of bytes as offsets of code points; one amid a code point counts as that one's start.
    private static func scalars(of ranges: [Range<Int>], in text: String) -> [[Int]] {
        var scalarAt: [Int] = []
        var place = 0
        for scalar in text.unicodeScalars {
            scalarAt += Array(repeating: place, count: UTF8.width(scalar))
            place += 1
        }
        func scalar(_ offset: Int) -> Int { scalarAt.indices.contains(offset) ? scalarAt[offset] : place }
        return ranges.map { [scalar($0.lowerBound), scalar($0.upperBound)] }
    }
}
