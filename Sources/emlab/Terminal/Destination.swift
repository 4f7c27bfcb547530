import Foundation

/// Where results go, looked at before any work is done for them.
enum Destination {
    /// - Parameter option: that named it.
    /// - Throws: ``ConsoleError`` where something has this name already or can't be made.
    static func check(_ out: String, option: String = "--out") throws {
        guard !FileManager.default.fileExists(atPath: out) else {
            throw ConsoleError("\(option) \(out) is there already; choose another name or remove it first")
        }
        // The nearest folder that exists: those between it and `out` are made when there is something to put in.
        var folder = URL(filePath: out).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
            folder.deleteLastPathComponent()
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ConsoleError("\(option) \(out): \(folder.path) is a file, not a folder; choose another \(option)")
        }
        guard access(folder.path, W_OK | X_OK) == 0 else {
            throw ConsoleError(
                "\(option) \(out): the folder \(folder.path) can't be written: \(String(cString: strerror(errno))); choose one that you may write"
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

/// Where rows come from.
enum Source {
    /// Training reads its rows twice: to train on, and to know them again by their hash.
    ///
    /// - Throws: ``ConsoleError`` for a pipe, which gives its bytes once. What is no file at all its reader tells.
    static func check(_ data: String) throws {
        var status = stat()
        guard stat(data, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return }
        throw ConsoleError("--data \(data) is not a file: write the rows to one first, since they are read twice")
    }
}

/// A folder that one process at a time works in. It ends with this object, or with the process, however that ends.
final class FolderLock {
    private let descriptor: Int32

    /// - Throws: ``ConsoleError`` where another process works in it.
    init(_ folder: URL) throws {
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A file system without locks is no reason not to work.
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        throw ConsoleError("\(folder.path) is being written by another emlab: wait for it, or choose another --out")
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
