import Foundation

/// The Hugging Face cache on this machine: `models--ORG--NAME/refs/REVISION` holds a commit, `snapshots/COMMIT/` the
/// files of it, links to `blobs/HASH`.
public struct HubCache: Sendable {
    public var folder: URL
    /// `HF_HUB_OFFLINE`: nothing may be fetched. (emlab itself never fetches; the remedy's words differ.)
    public var isOffline: Bool

    public init(folder: URL, isOffline: Bool = false) {
        self.folder = folder
        self.isOffline = isOffline
    }

    /// Where huggingface_hub looks: HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else
    /// ~/.cache/huggingface/hub.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        func path(_ name: String) -> URL? {
            guard let value = environment[name], !value.isEmpty else { return nil }
            return URL(filePath: value.hasPrefix("~/") ? NSHomeDirectory() + value.dropFirst() : value)
        }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        folder =
            path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") ?? path("HF_HOME")?.appending(path: "hub")
            ?? path("XDG_CACHE_HOME")?.appending(path: "huggingface/hub")
            ?? URL(filePath: home).appending(path: ".cache/huggingface/hub")
        isOffline = ["1", "on", "yes", "true"].contains(environment["HF_HUB_OFFLINE"]?.lowercased() ?? "")
    }

    public struct Snapshot: Hashable, Sendable {
        public var folder: URL
        /// The revision resolved: 40 hexadecimal digits.
        public var commit: String
    }

    /// - Throws: ``ModelNotHere`` where the cache lacks the model or the revision.
    public func snapshot(of repository: String, revision: String = "main") throws -> Snapshot {
        let model = folder.appending(path: "models--" + repository.replacingOccurrences(of: "/", with: "--"))
        let snapshots = model.appending(path: "snapshots")
        func snapshot(_ commit: String) -> Snapshot? {
            let folder = snapshots.appending(path: commit)
            let config = folder.appending(path: "config.json")
            return FileManager.default.fileExists(atPath: config.path) ? Snapshot(folder: folder, commit: commit) : nil
        }
        let isHexadecimal = revision.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        if isHexadecimal, revision.utf8.count == 40 {
            if let found = snapshot(revision) { return found }
        } else {
            let reference = model.appending(path: "refs").appending(path: revision)
            if let text = try? String(contentsOf: reference, encoding: .utf8),
                let found = snapshot(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                return found
            }
            // A commit's first digits, where they say enough.
            if isHexadecimal, revision.utf8.count >= 7 {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshots.path)) ?? []
                let found = names.filter { $0.hasPrefix(revision) }.compactMap(snapshot)
                if found.count == 1 { return found[0] }
            }
        }
        throw notHere(repository, revision, model: model, snapshots: snapshots)
    }

    private func notHere(_ repository: String, _ revision: String, model: URL, snapshots: URL) -> ModelNotHere {
        let name = revision == "main" ? repository : "\(repository)@\(revision)"
        let others = ((try? FileManager.default.contentsOfDirectory(atPath: snapshots.path)) ?? []).sorted()
        let what =
            others.isEmpty
            ? "\(name) is not in the Hugging Face cache \(folder.path)"
            : "the Hugging Face cache \(folder.path) has no revision \(revision) of \(repository), only "
                + others.map { String($0.prefix(12)) }.joined(separator: ", ")
        let option = revision == "main" ? "" : " --revision \(revision)"
        let fetch = "hf download \(repository)\(option)"
        let remedy =
            isOffline
            ? "HF_HUB_OFFLINE is set: run `\(fetch)` where the network is, and point HF_HOME to its cache"
            : "run `\(fetch)`, or point HF_HOME to the cache that has it, or name a folder"
        return ModelNotHere(what: what, remedy: remedy)
    }
}

/// A model that a study names and this machine lacks.
public struct ModelNotHere: Error, Hashable, Sendable, CustomStringConvertible {
    public var what: String
    public var remedy: String
    public var description: String { "\(what); \(remedy)" }
}
