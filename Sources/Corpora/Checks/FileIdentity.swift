import Crypto
public import Foundation

/// What a file is by its content: its hash, and the published files that have it.
public struct FileIdentity: Sendable, Hashable, Codable {
    public var name: String
    /// 64 hex digits.
    public var sha256: String
    public var bytes: Int
    /// The published files with the same content, as emlab's collection calls them.
    public var published: [String]

    /// Reads the file in pieces.
    ///
    /// - Throws: `CorpusError` if it isn't there or can't be read.
    public static func of(_ url: URL) throws -> FileIdentity {
        let file = url.relativePath
        let handle = try openForReading(url, file: file)
        var hash = SHA256()
        var bytes = 0
        do {
            while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
                hash.update(data: piece)
                bytes += piece.count
            }
        } catch {
            throw CorpusError(mistakes: [
                .init(file: file, line: nil, what: "the file can't be read", remedy: "check the disk and the file")
            ])
        }
        let sha256 = hash.finalize().map { String(format: "%02x", $0) }.joined()
        return FileIdentity(
            name: file, sha256: sha256, bytes: bytes,
            published: PublishedFile.identify(sha256: sha256, bytes: bytes).map(\.name))
    }
}
