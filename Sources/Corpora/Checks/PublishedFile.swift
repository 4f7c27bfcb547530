/// A file that has been published, known by its content.
public struct PublishedFile: Sendable, Hashable, Codable {
    /// Its place in emlab's collection of published data.
    public var name: String
    /// Repository and path that it was published under.
    public var origin: String
    public var what: String
    public var rows: Int
    public var bytes: Int
    /// 64 hex digits, or the first 8 where no more is on record.
    public var sha256: String

    /// All published files with this content: two names may have the same.
    public static func identify(sha256: String, bytes: Int) -> [PublishedFile] {
        let exact = known.filter { $0.sha256 == sha256 }
        return exact.isEmpty ? knownByStart.filter { $0.bytes == bytes && sha256.hasPrefix($0.sha256) } : exact
    }

    /// Whether a file of this name is called like this one, here or where it was published.
    public func isCalled(_ fileName: String) -> Bool {
        [name, origin].contains { $0.split(separator: "/").last.map(String.init) == fileName }
    }
}
