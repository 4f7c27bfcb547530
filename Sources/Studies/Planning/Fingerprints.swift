import Checkpoint
import Corpora
import Foundation

/// Names for the content of what a study reads. What isn't here has a provisional name, good enough to plan with.
struct Fingerprints {
    /// Hashes by a file's path, size and time of change, so that gigabytes are read once.
    var known: @Sendable (String) -> String? = { _ in nil }
    var remember: @Sendable (String, String) -> Void = { _, _ in }
    var cache: HubCache

    struct Found {
        var fingerprint: String
        /// Where it lies; none where it isn't here.
        var url: URL?
        /// Why it isn't here.
        var problem: String?
    }

    func model(_ model: Study.Model) -> Found {
        switch model.location {
        case .hub(let repository, let revision):
            do {
                let snapshot = try cache.snapshot(of: repository, revision: revision)
                return Found(fingerprint: try Self.snapshot(snapshot, of: repository), url: snapshot.folder)
            } catch {
                return Found(fingerprint: "absent \(repository)@\(revision)", problem: "\(error)")
            }
        case .path(let url):
            do {
                let identity = try Self.identity(ofModel: url)
                if let hash = known(identity) { return Found(fingerprint: hash, url: url) }
                let hash = try ModelFiles.open(url).fingerprint()
                remember(identity, hash)
                return Found(fingerprint: hash, url: url)
            } catch {
                return Found(fingerprint: "absent \(url.lastPathComponent)", problem: "model \(model.name): \(error)")
            }
        }
    }

    /// The commit says what the files are: no gigabyte is read.
    private static func snapshot(_ snapshot: HubCache.Snapshot, of repository: String) throws -> String {
        CanonicalJSON.hash(["hub": .text(repository), "commit": .text(snapshot.commit)])
    }

    func data(_ data: Study.DataFile) -> Found {
        let identity: String
        let hash: String
        do {
            identity = try Self.identity(of: data.file)
            if let known = known(identity) {
                hash = known
            } else {
                hash = try CanonicalJSON.hash(ofFile: data.file)
                remember(identity, hash)
            }
        } catch {
            if let sha256 = data.sha256 {
                return Found(
                    fingerprint: sha256, problem: "data \(data.name): there is no \(data.file.relativePath)")
            }
            return Found(
                fingerprint: "absent \(data.file.lastPathComponent)",
                problem: "data \(data.name): there is no \(data.file.relativePath)")
        }
        if let wanted = data.sha256, wanted != hash {
            return Found(
                fingerprint: hash, url: data.file,
                problem:
                    "data \(data.name): \(data.file.relativePath) has the SHA-256 \(hash), not \(wanted) as the study says"
            )
        }
        return Found(fingerprint: hash, url: data.file)
    }

    private static func identity(of url: URL) throws -> String {
        var status = stat()
        guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CocoaError(.fileReadNoSuchFile, userInfo: [NSFilePathErrorKey: url.path])
        }
        let path = url.resolvingSymlinksInPath().standardizedFileURL.path
        return "\(path) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ino)"
    }

    private static func identity(ofModel url: URL) throws -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw ModelNotHere(what: "there is no \(url.relativePath)", remedy: "check the path")
        }
        guard isFolder.boolValue else { return "model " + (try identity(of: url)) }
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
        return "model "
            + names.compactMap { try? identity(of: url.appending(path: $0)) }.joined(separator: "\n")
    }
}
