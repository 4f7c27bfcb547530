import Foundation

/// A file's bytes, memory-mapped read-only: nothing is read before it is touched.
///
/// A file that another process shortens while it is mapped ends this process (SIGBUS); weights are not edited in place,
/// and emlab replaces files only by rename.
// The address and the length never change after `init` and the pages are never written: sharing is safe.
final class MappedFile: @unchecked Sendable {
    /// The path as the caller gave it, for messages.
    let path: String
    /// Valid while this object lives, which a use of the pointer alone doesn't ensure: see ``withBytes(_:)``.
    let unretainedBytes: UnsafeRawBufferPointer

    var count: Int { unretainedBytes.count }

    init(_ url: URL) throws {
        path = url.relativePath
        let descriptor = url.withUnsafeFileSystemRepresentation { name in
            name.map { Foundation.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) } ?? -1
        }
        guard descriptor >= 0 else { throw Self.failure(path, "can't be opened", errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "can't be examined", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(
                file: path, reason: status.st_mode & S_IFMT == S_IFDIR ? "is a folder, not a file" : "is not a file")
        }
        guard status.st_size > 0 else { throw CheckpointError(file: path, reason: "is empty") }
        let size = Int(status.st_size)
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw Self.failure(path, "can't be mapped into memory", errno)
        }
        unretainedBytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: unretainedBytes.baseAddress), unretainedBytes.count)
    }

    func withBytes<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        try withExtendedLifetime(self) { try body(unretainedBytes) }
    }

    /// A copy of the whole file, which must not be larger than `limit` bytes.
    static func data(_ url: URL, limit: Int) throws -> Data {
        let file = try MappedFile(url)
        guard file.count <= limit else {
            throw CheckpointError(
                file: file.path, reason: "has \(file.count) bytes; such a file has at most \(limit)")
        }
        return file.withBytes { Data($0) }
    }

    static func failure(_ path: String, _ what: String, _ code: Int32) -> CheckpointError {
        let remedy: String? =
            switch code {
            case ENOENT: "Check the path"
            case EACCES, EPERM: "Check the permissions"
            case ENOSPC, EDQUOT: "Free space on that disk, or write elsewhere"
            default: nil
            }
        return CheckpointError(file: path, reason: what + ": " + String(cString: strerror(code)), remedy: remedy)
    }
}
