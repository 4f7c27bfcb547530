import Foundation

/// A folder being written: files go into a temporary folder beside it, which takes its name when all are there.
/// Where the folder exists already, its files are replaced one by one, each atomically.
package enum OutgoingFolder {
    /// - Parameter body: writes the files into the folder that it is given.
    package static func write(to target: URL, _ body: (URL) throws -> Void) throws {
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: target.path, isDirectory: &isFolder) {
            guard isFolder.boolValue else {
                throw CheckpointError(
                    file: target.relativePath, reason: "is a file; a folder is to be written",
                    remedy: "Name another place")
            }
            return try body(target)
        }
        let parent = target.standardizedFileURL.deletingLastPathComponent()
        let temporary = parent.appendingPathComponent(
            ".\(target.lastPathComponent.prefix(100)).\(UUID().uuidString.prefix(8)).part", isDirectory: true)
        do {
            try manager.createDirectory(at: temporary, withIntermediateDirectories: true)
        } catch {
            throw CheckpointError(
                file: target.relativePath, reason: "can't be created: \(reason(error))",
                remedy: "Check the path and the permissions of the folder around it")
        }
        do {
            try body(temporary)
            try OutgoingFile.rename(temporary, to: target)
        } catch {
            try? manager.removeItem(at: temporary)
            guard var known = error as? CheckpointError else { throw error }
            // The reader knows the place by the name that was to be.
            known.file = known.file.replacingOccurrences(
                of: temporary.lastPathComponent, with: target.lastPathComponent)
            throw known
        }
    }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return underlying?.localizedDescription ?? error.localizedDescription
    }
}
