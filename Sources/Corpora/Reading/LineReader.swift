import Foundation

/// Reads a file line by line in pieces, so that a file of any size needs the memory of its longest line.
///
/// A line ends with LF or CRLF; a byte order mark at the start is skipped. No line may be longer than `limit` bytes.
package struct LineReader {
    /// 200 MB: far above any row that a model could read, far below what would exhaust the memory.
    package static let lineLimit = 200_000_000

    enum Line {
        case bytes(Data)
        /// The line is longer than the limit; nothing more is read after it.
        case tooLong
    }

    private let handle: FileHandle
    private let limit: Int
    private var buffer = Data()
    private var start = 0
    private var reachedEnd = false
    private var isFirst = true
    /// The number of the line that `next` gave last, counted from 1.
    private(set) var number = 0

    /// Opens a file; `CorpusError` if it isn't there, is a folder, or may not be read.
    init(_ url: URL, file: String, limit: Int = lineLimit) throws {
        handle = try openForReading(url, file: file)
        self.limit = limit
    }

    /// The next line without its end, or nil after the last.
    mutating func next() throws -> Line? {
        guard !reachedEnd || start < buffer.count else { return nil }
        var searched = start
        while true {
            if let end = newline(from: searched) {
                number += 1
                let line = taken(to: end)
                start = end + 1
                return line.count > limit ? .tooLong : .bytes(line)
            }
            searched = buffer.count
            if buffer.count - start > limit {
                number += 1
                (start, reachedEnd) = (buffer.count, true)
                return .tooLong
            }
            if reachedEnd {
                guard start < buffer.count else { return nil }
                number += 1
                let line = taken(to: buffer.count)
                start = buffer.count
                return .bytes(line)
            }
            searched -= start
            try fill()
        }
    }

    private mutating func fill() throws {
        if start > 0 {
            buffer = Data(buffer.suffix(from: buffer.startIndex + start))
            start = 0
        }
        if let more = try handle.read(upToCount: 1 << 20), !more.isEmpty {
            buffer.append(more)
        } else {
            reachedEnd = true
        }
    }

    private func newline(from offset: Int) -> Int? {
        buffer.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, offset < bytes.count,
                let found = memchr(base + offset, 0x0A, bytes.count - offset)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private mutating func taken(to end: Int) -> Data {
        var line = buffer[buffer.startIndex + start..<buffer.startIndex + end]
        if isFirst {
            isFirst = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        if line.last == 0x0D { line = line.dropLast() }
        return line
    }
}

/// Opens a file for reading, or says as a `CorpusError` why not.
package func openForReading(_ url: URL, file: String) throws -> FileHandle {
    func refusal(_ what: String, _ remedy: String) -> CorpusError {
        CorpusError(mistakes: [.init(file: file, line: nil, what: what, remedy: remedy)])
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
        throw refusal("there is no such file", "check the path")
    }
    guard !isFolder.boolValue else {
        throw refusal("this is a folder, a file is needed", "name one file in it")
    }
    do {
        return try FileHandle(forReadingFrom: url)
    } catch {
        throw refusal("the file can't be opened", "check that you may read it")
    }
}
