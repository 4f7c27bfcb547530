import Foundation

/// The keys of a file's first row, by which its kind is known.
package enum RowKeys {
    /// nil where the file doesn't begin with a row: JSON over many lines, or no JSON at all.
    ///
    /// - Throws: `CorpusError` if it isn't there or can't be opened.
    package static func first(of url: URL) throws -> Set<String>? {
        _ = try openForReading(url, file: url.relativePath)
        return try? JSONLines.firstKeys(url)
    }
}
