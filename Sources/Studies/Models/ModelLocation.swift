import Foundation

/// How a study names a model.
public enum ModelLocation: Hashable, Sendable, CustomStringConvertible {
    /// A folder or a .gguf file.
    case path(URL)
    /// A repository of the Hugging Face Hub; the revision is a branch, a tag or a commit.
    case hub(repository: String, revision: String)

    /// `organisation/name`, with or without `@revision`, is a Hub id unless something of that name lies at `url`.
    public init(_ text: String, at url: URL) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        let isID =
            names.count == 2 && names.allSatisfy(Self.isHubName) && !text.hasSuffix(".gguf")
            && (parts.count == 1 || Self.isRevision(parts[1])) && !FileManager.default.fileExists(atPath: url.path)
        if isID {
            self = .hub(repository: String(parts[0]), revision: parts.count == 2 ? String(parts[1]) : "main")
        } else {
            self = .path(url)
        }
    }

    public var description: String {
        switch self {
        case .path(let url): url.relativePath
        case .hub(let repository, let revision): revision == "main" ? repository : "\(repository)@\(revision)"
        }
    }

    private static func isHubName(_ text: Substring) -> Bool {
        text != "." && text != ".." && (1...96).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }

    /// Branches may hold slashes; nothing may climb out of the cache.
    private static func isRevision(_ text: Substring) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy(isHubName)
    }
}
