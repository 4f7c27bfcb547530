import Foundation

/// Rows from a JSONL file: one JSON object a line, UTF-8, blank lines skipped.
///
/// All mistakes are gathered, up to `CorpusError.limit`; then nothing is returned but the error. Rows that carry
/// further columns (`source`, `score`, …) are read as they are: data sets have them.
package enum JSONLines {
    /// Deeper nesting than this is refused before the parser, which recurses, sees it.
    package static let depthLimit = 100

    package static func read<Row>(
        _ url: URL, lineLimit: Int = LineReader.lineLimit, parse: (inout RowReader) -> (id: String, row: Row)?
    ) throws -> [Row] {
        let file = url.relativePath
        var mistakes = MistakeList(file: file)
        var rows: [Row] = []
        var index = 0
        var firstLine: [String: Int] = [:]
        var lines = try LineReader(url, file: file, limit: lineLimit)
        reading: while !mistakes.isFull {
            let next: LineReader.Line?
            do {
                next = try lines.next()
            } catch {
                mistakes.note(line: lines.number + 1, "reading fails here", "check the disk and the file")
                break reading
            }
            guard let next else { break }
            guard case .bytes(let line) = next else {
                let limit = lineLimit >= 1_000_000 ? "\(lineLimit / 1_000_000) MB" : "\(lineLimit) bytes"
                mistakes.note(
                    line: lines.number, "the line is longer than \(limit)",
                    "a JSONL file has one row a line, ended by a line feed")
                break
            }
            guard !isBlank(line) else { continue }
            switch object(line) {
            case .failure(let flaw):
                mistakes.note(line: lines.number, flaw.what, flaw.remedy)
                if flaw.endsReading { break reading }
            case .success(let object):
                var reader = RowReader(object: object, index: index)
                let found = parse(&reader)
                for mistake in reader.mistakes { mistakes.note(line: lines.number, mistake.what, mistake.remedy) }
                if let found {
                    if let first = firstLine.updateValue(lines.number, forKey: found.id) {
                        mistakes.note(
                            line: lines.number, "the id \"\(shortened(found.id))\" is already that of line \(first)",
                            "ids must differ")
                    }
                    rows.append(found.row)
                }
            }
            index += 1
        }
        if index == 0, mistakes.all.isEmpty {
            mistakes.note(line: nil, "the file holds no rows", "it needs one JSON object a line")
        }
        try mistakes.throwIfAny()
        return rows
    }

    /// Writes one value a line, keys sorted, by atomic rename.
    static func write(_ values: some Sequence<some Encodable>, to url: URL) throws {
        try lines(values).write(to: url, options: .atomic)
    }

    /// One value a line, keys sorted.
    static func lines(_ values: some Sequence<some Encodable>) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = Data()
        for value in values {
            bytes.append(try encoder.encode(value))
            bytes.append(0x0A)
        }
        return bytes
    }

    /// The keys of a file's first row, by which its kind is recognised.
    ///
    /// - Throws: `CorpusError` if there is no first row or it is no JSON object.
    package static func firstKeys(_ url: URL) throws -> Set<String> {
        let file = url.relativePath
        func refusal(_ number: Int?, _ what: String, _ remedy: String) -> CorpusError {
            CorpusError(mistakes: [.init(file: file, line: number, what: what, remedy: remedy)])
        }
        var lines = try LineReader(url, file: file)
        while let next = try? lines.next() {
            guard case .bytes(let line) = next else { break }
            guard !isBlank(line) else { continue }
            switch object(line) {
            case .success(let object): return Set(object.keys)
            case .failure(let flaw): throw refusal(lines.number, flaw.what, flaw.remedy)
            }
        }
        throw refusal(nil, "the file holds no rows", "it needs one JSON object a line")
    }

    private struct Flaw: Error {
        var what: String
        var remedy: String
        var endsReading = false
    }

    private static func isBlank(_ line: Data) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    private static func object(_ line: Data) -> Result<[String: Any], Flaw> {
        if line.starts(with: [0x1F, 0x8B]) || line.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            return .failure(Flaw(what: "the file is compressed", remedy: "unpack it first", endsReading: true))
        }
        if line.starts(with: [0xFF, 0xFE]) || line.starts(with: [0xFE, 0xFF]) {
            return .failure(Flaw(what: "the file is UTF-16", remedy: "save it as UTF-8", endsReading: true))
        }
        guard let offset = firstInvalidUTF8(line) else { return parsed(line) }
        return .failure(
            Flaw(what: "byte \(offset + 1) of the line is not valid UTF-8", remedy: "save the file as UTF-8"))
    }

    private static func parsed(_ line: Data) -> Result<[String: Any], Flaw> {
        let depth = nestingDepth(line)
        guard depth <= depthLimit else {
            return .failure(
                Flaw(what: "JSON nested \(depth) deep", remedy: "a row nests a few levels, at most \(depthLimit)"))
        }
        do {
            let value = try JSONSerialization.jsonObject(with: line, options: .fragmentsAllowed)
            if let object = value as? [String: Any] { return .success(object) }
            let remedy =
                value is [Any]
                ? "one object a line is needed: jq -c '.[]' FILE turns a list into that" : "one object a line is needed"
            return .failure(Flaw(what: "the line is \(kind(of: value)), not a JSON object", remedy: remedy))
        } catch {
            // A pretty-printed list or object starts like this.
            if [[0x5B], [0x7B]].contains(Array(line)) {
                return .failure(
                    Flaw(
                        what: "the line holds only \"\(line.first == 0x5B ? "[" : "{")\"",
                        remedy: "one whole object a line is needed: jq -c . FILE (or '.[]' for a list) makes that",
                        endsReading: true))
            }
            return .failure(
                Flaw(what: "not valid JSON (\(reason(error)))", remedy: "one whole JSON object a line is needed"))
        }
    }

    /// The parser's own words without their capital and full stop, its offset as a column.
    private static func reason(_ error: any Error) -> String {
        let details = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "it can't be parsed"
        var words = details.hasSuffix(".") ? String(details.dropLast()) : details
        if let range = words.range(of: " around character "), let offset = Int(words[range.upperBound...]) {
            words = words[..<range.lowerBound] + " at column \(offset + 1)"
        }
        return words.prefix(1).lowercased() + words.dropFirst()
    }

    /// How deep lists and objects nest, without recursion; brackets inside of texts don't count.
    package static func nestingDepth(_ bytes: Data) -> Int {
        bytes.withUnsafeBytes { bytes in
            var (depth, deepest, inText, escaped) = (0, 0, false, false)
            for byte in bytes {
                if inText {
                    if escaped {
                        escaped = false
                    } else if byte == 0x5C {
                        escaped = true
                    } else if byte == 0x22 {
                        inText = false
                    }
                    continue
                }
                switch byte {
                case 0x22: inText = true
                case 0x5B, 0x7B:
                    depth += 1
                    deepest = max(deepest, depth)
                case 0x5D, 0x7D: depth -= 1
                default: break
                }
            }
            return deepest
        }
    }

    /// The offset of the first byte that isn't part of valid UTF-8, if there is one.
    package static func firstInvalidUTF8(_ bytes: Data) -> Int? {
        bytes.withUnsafeBytes { bytes -> Int? in
            if bytes.allSatisfy({ $0 < 0x80 }) { return nil }
            var decoder = Unicode.UTF8.ForwardParser()
            var iterator = bytes.makeIterator()
            var offset = 0
            while true {
                switch decoder.parseScalar(from: &iterator) {
                case .valid(let scalar): offset += scalar.count
                case .emptyInput: return nil
                case .error: return offset
                }
            }
        }
    }
}
