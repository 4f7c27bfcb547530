import Foundation

/// stdin, read so that Ctrl-C ends the wait for more.
struct StandardInput {
    private var buffer = Data()
    private var reachedEnd = false

    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Everything up to the end.
    static func readAll() throws -> Data {
        var input = StandardInput()
        while try input.fill() {}
        return input.buffer
    }

    /// The next line without its end; nil after the last.
    mutating func line() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = buffer[..<end]
                buffer = Data(buffer[(end + 1)...])
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            if try !fill() {
                defer { buffer = Data() }
                return buffer.isEmpty ? nil : String(decoding: buffer, as: UTF8.self)
            }
        }
    }

    /// - Returns: false at the end.
    private mutating func fill() throws -> Bool {
        guard !reachedEnd else { return false }
        while true {
            try Interruption.check()
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // A signal ends the wait; one that comes just before it is seen a moment later.
            guard poll(&waiting, 1, 500) > 0 else { continue }
            let size = 1 << 20
            var chunk = Data(count: size)
            let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, size) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else {
                throw ConsoleError("stdin can't be read: \(String(cString: strerror(errno)))")
            }
            reachedEnd = count == 0
            buffer.append(chunk.prefix(count))
            return count > 0
        }
    }
}
