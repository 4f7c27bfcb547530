import Foundation

/// Records on their way to a file: each is appended to `<out>.partial` as it comes, so that whatever ends the run, the
/// same stage goes on from there.
///
/// The first line says which run this is; a run with other settings doesn't mix with it.
public final class UnfinishedRecords<Value: Codable & Sendable> {
    public let file: URL
    /// What earlier runs finished.
    public private(set) var kept: [StageRecord<Value>] = []
    private let descriptor: Int32

    private struct Header: Codable { var unfinished: [String: String] }

    /// - Parameters:
    ///   - out: the file that the records will make up.
    ///   - identity: everything that decides them.
    /// - Throws: ``StageError`` where the file can't be made, belongs to another run, or is being written.
    public init(out: URL, identity: [String: String]) throws {
        file = URL(filePath: out.relativePath + ".partial")
        let name = file.relativePath
        try? FileManager.default.createDirectory(
            at: out.deletingLastPathComponent(), withIntermediateDirectories: true)
        descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(name, "can't be made") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw StageError(.file, "\(name) is being written by another emlab: wait for it, or choose another --out")
        }
        guard let data = try? Data(contentsOf: file) else { throw Self.failure(name, "can't be read") }
        // What follows the last line feed was cut off in the middle.
        let whole = data.lastIndex(of: 0x0A).map { data[...$0] } ?? Data()
        let lines = whole.split(separator: 0x0A)
        let decoder = JSONDecoder()
        if let first = lines.first {
            guard let found = try? decoder.decode(Header.self, from: Data(first)).unfinished else {
                throw StageError(
                    .file, "\(name) doesn't begin like unfinished records; remove it or choose another --out")
            }
            let changed = Set(found.keys).union(identity.keys).filter { found[$0] != identity[$0] }.sorted()
            guard changed.isEmpty else {
                throw StageError(
                    .file,
                    "\(name) holds unfinished records of a run with another "
                        + "\(changed.joined(separator: ", another ")). Finish that run with the command that began it, "
                        + "or remove the file")
            }
            for (number, line) in lines.enumerated().dropFirst() {
                guard let record = try? decoder.decode(StageRecord<Value>.self, from: Data(line)) else {
                    throw StageError(.file, "\(name):\(number + 1) is damaged; remove that file to start anew")
                }
                kept.append(record)
            }
        }
        guard ftruncate(descriptor, off_t(whole.count)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            throw Self.failure(name, "can't be written")
        }
        if lines.isEmpty { try write(Header(unfinished: identity)) }
    }

    deinit { close(descriptor) }

    func append(_ record: StageRecord<Value>) throws { try write(record) }

    /// Removes the file: its records are where they belong.
    public func remove() { unlink(file.path) }

    private func write(_ value: some Encodable) throws {
        let bytes = try StageFiles.line(value)
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Foundation.write(descriptor, start, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw Self.failure(file.relativePath, "can't be written") }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    private static func failure(_ name: String, _ what: String) -> StageError {
        StageError(.file, "\(name) \(what): \(String(cString: strerror(errno))); choose an --out that you may write")
    }
}
