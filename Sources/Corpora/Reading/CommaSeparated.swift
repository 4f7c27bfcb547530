import Foundation

/// A table in CSV (RFC 4180): fields apart by commas, in quotes where they hold commas, quotes or line ends.
public struct CommaSeparated: Sendable {
    public let columns: [String]
    /// Each as wide as ``columns``.
    public let rows: [Row]

    public struct Row: Sendable {
        /// Where the row begins, counted from 1.
        public let line: Int
        let fields: [String]
        let places: [String: Int]

        /// The field of a column; none where the table has no such column or the field is empty.
        public subscript(column: String) -> String? {
            guard let place = places[column], fields.indices.contains(place), !fields[place].isEmpty else { return nil }
            return fields[place]
        }
    }

    /// A table of judged answers has some megabytes; what is larger than this isn't one.
    static let sizeLimit = 1_000_000_000

    /// Reads a file whose first row names the columns.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit: rows of another width, a quote that nothing
    ///   closes, columns of the same name.
    public static func read(_ url: URL) throws -> CommaSeparated {
        let file = url.relativePath
        let handle = try openForReading(url, file: file)
        let bytes = (try? handle.read(upToCount: sizeLimit + 1)) ?? Data()
        var mistakes = MistakeList(file: file)
        if bytes.count > sizeLimit {
            mistakes.note(line: nil, "the file is larger than \(sizeLimit / 1_000_000) MB", "split it")
        } else if let offset = JSONLines.firstInvalidUTF8(bytes) {
            let line = bytes.prefix(offset).count { $0 == 0x0A } + 1
            mistakes.note(line: line, "the line is not valid UTF-8", "save the file as UTF-8")
        }
        try mistakes.throwIfAny()
        var text = [UInt8](bytes)
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
        let records = records(text, &mistakes)
        guard let head = records.first else {
            mistakes.note(line: nil, "the file is empty", "its first row must name the columns")
            try mistakes.throwIfAny()
            return CommaSeparated(columns: [], rows: [])
        }
        var places: [String: Int] = [:]
        for (place, name) in head.fields.enumerated() where places.updateValue(place, forKey: name) != nil {
            mistakes.note(line: 1, "two columns are named \"\(shortened(name))\"", "rename one")
        }
        var rows: [Row] = []
        for record in records.dropFirst() where !mistakes.isFull {
            if record.fields.count != head.fields.count {
                mistakes.note(
                    line: record.line, "the row has \(record.fields.count) fields, the head has \(head.fields.count)",
                    "put fields that hold commas, quotes or line ends in quotes, and double the quotes in them")
            }
            rows.append(Row(line: record.line, fields: record.fields, places: places))
        }
        try mistakes.throwIfAny()
        return CommaSeparated(columns: head.fields, rows: rows)
    }

    private static func records(_ text: [UInt8], _ mistakes: inout MistakeList) -> [(line: Int, fields: [String])] {
        var records: [(line: Int, fields: [String])] = []
        var (fields, field): ([String], [UInt8]) = ([], [])
        var (line, start, at) = (1, 1, 0)
        var isQuoted = false
        var holdsQuotes = false
        func take() { fields.append(String(decoding: field, as: UTF8.self)) }
        func end() {
            take()
            // A line without anything is no row.
            if fields.count > 1 || !field.isEmpty || holdsQuotes { records.append((start, fields)) }
            (fields, field, holdsQuotes) = ([], [], false)
        }
        while at < text.count {
            let byte = text[at]
            let next = at + 1 < text.count ? text[at + 1] : nil
            if byte == 0x0A { line += 1 }
            switch byte {
            case 0x22 where isQuoted && next == 0x22:
                field.append(byte)
                at += 1
            case 0x22 where isQuoted: isQuoted = false
            case 0x22 where field.isEmpty:
                (isQuoted, holdsQuotes) = (true, true)
            case _ where isQuoted: field.append(byte)
            case 0x2C:
                take()
                field = []
            case 0x0D where next == 0x0A: break
            case 0x0A, 0x0D:
                end()
                start = line
            default: field.append(byte)
            }
            at += 1
        }
        if isQuoted {
            mistakes.note(line: start, "a quote is opened in this row and never closed", "close it, or double it")
        } else if !field.isEmpty || !fields.isEmpty || holdsQuotes {
            end()
        }
        return records
    }

    /// A field as it must be written: in quotes only where it needs them.
    public static func written(_ field: String) -> String {
        let needsQuotes =
            field.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) } || field.first == " " || field.last == " "
        return needsQuotes ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }
}
