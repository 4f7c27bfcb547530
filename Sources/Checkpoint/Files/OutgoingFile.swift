import Foundation

/// A file being written: bytes go to a temporary file beside it, which takes its name only when everything is on disk.
/// An interrupted write leaves the old file, or none, as it was.
package struct OutgoingFile: ~Copyable {
    private let target: URL
    private let temporary: URL
    private var descriptor: Int32
    private(set) var bytesWritten = 0

    package init(_ target: URL) throws {
        self.target = target
        temporary = target.deletingLastPathComponent()
            .appendingPathComponent(".\(target.lastPathComponent.prefix(100)).\(UUID().uuidString.prefix(8)).part")
        descriptor = temporary.withUnsafeFileSystemRepresentation { name in
            name.map { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) } ?? -1
        }
        guard descriptor >= 0 else { throw MappedFile.failure(target.relativePath, "can't be created", errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        // After a commit nothing has this name any more.
        temporary.withUnsafeFileSystemRepresentation { name in _ = name.map { unlink($0) } }
    }

    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            // Linux writes at most 2 GiB at once.
            let written = Foundation.write(descriptor, start, min(rest.count, 1 << 30))
            if written < 0 {
                if errno == EINTR { continue }
                throw MappedFile.failure(target.relativePath, "can't be written", errno)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
        bytesWritten += bytes.count
    }

    package mutating func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Makes the bytes durable and gives the file its name.
    package consuming func commit() throws {
        guard fsync(descriptor) == 0 else {
            throw MappedFile.failure(target.relativePath, "can't be written", errno)
        }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0 else { throw MappedFile.failure(target.relativePath, "can't be written", errno) }
        try Self.rename(temporary, to: target)
    }

    /// A whole small file at once.
    package static func write(_ text: String, to url: URL) throws {
        var file = try OutgoingFile(url)
        try file.write(text)
        try file.commit()
    }

    static func rename(_ from: URL, to target: URL) throws {
        let result = from.withUnsafeFileSystemRepresentation { source in
            target.withUnsafeFileSystemRepresentation { name -> Int32 in
                guard let source, let name else { return -1 }
                return Foundation.rename(source, name)
            }
        }
        guard result == 0 else { throw MappedFile.failure(target.relativePath, "can't be put in place", errno) }
        synchronise(folder: target.deletingLastPathComponent())
    }

    /// Makes a rename durable. Not every file system can, and the rename itself has happened: a failure is no error.
    private static func synchronise(folder: URL) {
        let descriptor = folder.withUnsafeFileSystemRepresentation { name in
            name.map { open($0, O_RDONLY | O_CLOEXEC) } ?? -1
        }
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
