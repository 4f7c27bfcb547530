import Corpora
public import Foundation

/// What `emlab judge` wrote.
public enum JudgedFile {
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL) throws -> [JudgedAnswer] {
        let decoder = JSONDecoder()
        return try JSONLines.read(url) { row -> (id: String, row: JudgedAnswer)? in
            // The row was parsed with its bounds checked; a value at a time is decoded from it.
            guard JSONSerialization.isValidJSONObject(row.object),
                let data = try? JSONSerialization.data(withJSONObject: row.object)
            else {
                row.note("a number in it is not finite", "give a file that emlab judge wrote")
                return nil
            }
            do { return (String(row.index), try decoder.decode(JudgedAnswer.self, from: data)) } catch {
                row.note("this is no judgement (\(Self.reason(error)))", "give a file that emlab judge wrote")
                return nil
            }
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "it has no \"\(shortened(key.stringValue))\""
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            "\"\(shortened(context.codingPath.map(\.stringValue).joined(separator: ".")))\" is not what it should be"
        default: "it can't be read"
        }
    }
}
