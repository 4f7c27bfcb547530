import Foundation

/// stderr for people, stdout for results.
enum Console {
    /// A line on stderr. On a terminal it takes the place of an open progress bar, which draws itself anew below.
    static func say(_ text: String) {
        let text = (isTerminal ? "\r\u{1B}[K" : "") + text + "\n"
        // Where stderr can't be written there is nowhere left to say so.
        try? write(Data(text.utf8), to: STDERR_FILENO, named: "stderr")
    }

    /// Part of a line on stderr: a bar, a prompt.
    static func draw(_ text: String) {
        try? write(Data(text.utf8), to: STDERR_FILENO, named: "stderr")
    }

    /// A line on stdout. Unlike Swift's `print` it throws where the line doesn't arrive.
    static func show(_ text: String) throws { try write(Data((text + "\n").utf8)) }

    /// One JSON object a line to stdout.
    static func emit(_ value: some Encodable) throws { try write(encode(value)) }

    static func write(_ data: Data) throws {
        // On one screen with a progress bar results take the bar's line; the bar draws itself anew below.
        if isTerminal, isatty(STDOUT_FILENO) == 1 { draw("\r\u{1B}[K") }
        try write(data, to: STDOUT_FILENO, named: "stdout")
    }

    static func write(_ data: Data, to descriptor: Int32, named name: String) throws {
        try data.withUnsafeBytes { bytes in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Foundation.write(descriptor, start, min(rest.count, 1 << 30))
                if count >= 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                    continue
                }
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&waiting, 1, 1000)
                case EPIPE:
                    throw ConsoleError("\(name) was closed before everything was written: its reader has ended")
                case let code:
                    throw ConsoleError("\(name) can't be written: \(String(cString: strerror(code)))")
                }
            }
        }
    }

    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(value) + Data("\n".utf8)
    }

    /// What ``encode(_:)`` wrote.
    static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: data)
    }

    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Columns of the terminal on stderr; 80 where it does not say.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

/// What the command line itself finds wrong: what, where, and what to do.
struct ConsoleError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Int {
    /// "1 row", "2 rows".
    func counted(_ one: String, _ many: String? = nil) -> String { "\(self) \(self == 1 ? one : many ?? one + "s")" }
}
