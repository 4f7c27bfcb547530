import Foundation

/// Where results go, looked at before any work is done for them.
enum Destination {
    /// - Throws: ``ConsoleError`` where something has this name already or can't be made.
    static func check(_ out: String) throws {
        guard !FileManager.default.fileExists(atPath: out) else {
            throw ConsoleError("--out \(out) is there already; choose another name or remove it first")
        }
        // The nearest folder that exists: those between it and `out` are made when there is something to put in.
        var folder = URL(filePath: out).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
            folder.deleteLastPathComponent()
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ConsoleError("--out \(out): \(folder.path) is a file, not a folder; choose another --out")
        }
        guard access(folder.path, W_OK | X_OK) == 0 else {
            throw ConsoleError(
                "--out \(out): the folder \(folder.path) can't be written: \(String(cString: strerror(errno))); choose an --out that you may write"
            )
        }
    }

    /// Makes the folders that `out` is to lie in.
    static func makeFolder(for out: String) throws {
        let folder = URL(filePath: out).deletingLastPathComponent()
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw ConsoleError(
                "--out \(out): the folder \(folder.path) can't be made; choose an --out that you may write")
        }
    }
}
