import Foundation

/// A file that is one JSON value as a whole, not one a line.
package enum WholeJSON {
    /// Published sets of this form have a few megabytes.
    static let sizeLimit = 200_000_000

    /// Whether the first character that is no white space opens an object.
    package static func startsLikeObject(_ url: URL) throws -> Bool {
        let handle = try openForReading(url, file: url.relativePath)
        let start = (try? handle.read(upToCount: 1 << 12)) ?? Data()
        return start.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) } == 0x7B
    }

    package static func object(_ url: URL) throws -> [String: Any] {
        guard let object = try value(url) as? [String: Any] else {
            throw CorpusError(mistakes: [
                .init(
                    file: url.relativePath, line: nil, what: "the file is not one JSON object",
                    remedy: "check it with a JSON checker, like jq . FILE")
            ])
        }
        return object
    }

    /// The file's one value, whatever it is.
    package static func value(_ url: URL) throws -> Any {
        let file = url.relativePath
        func refusal(_ what: String, _ remedy: String) -> CorpusError {
            CorpusError(mistakes: [.init(file: file, line: nil, what: what, remedy: remedy)])
        }
        let handle = try openForReading(url, file: file)
        guard let bytes = try? handle.read(upToCount: sizeLimit + 1) else {
            throw refusal("the file can't be read", "check the disk and the file")
        }
        guard bytes.count <= sizeLimit else {
            throw refusal("the file is larger than \(sizeLimit / 1_000_000) MB", "split it, or save it as JSON lines")
        }
        let depth = JSONLines.nestingDepth(bytes)
        guard depth <= JSONLines.depthLimit else {
            throw refusal("JSON nested \(depth) deep", "at most \(JSONLines.depthLimit) levels are read")
        }
        guard JSONLines.firstInvalidUTF8(bytes) == nil else {
            throw refusal("the file is not valid UTF-8", "save it as UTF-8")
        }
        guard let value = try? JSONSerialization.jsonObject(with: bytes) else {
            throw refusal("the file is not one JSON object", "check it with a JSON checker, like jq . FILE")
        }
        return value
    }
}
