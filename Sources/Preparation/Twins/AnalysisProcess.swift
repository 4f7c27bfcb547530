import Foundation

/// Another program that looks at a text. It never runs the text.
enum AnalysisProcess {
    struct Outcome: Sendable {
        /// Nil where a signal ended it.
        var status: Int32?
        var output: Data
    }

    /// Of a report, more than this is not read.
    static let outputLimit = 1 << 26

    /// Runs `command` (a path, or a name that is looked up in PATH) with `text` as its standard input.
    ///
    /// - Parameter timeout: seconds after which it is ended.
    /// - Returns: nil if there is no such program.
    /// - Throws: ``StageError`` where it took too long or said too much; `CancellationError`, and it is ended.
    static func run(
        _ command: String, _ arguments: [String], text: String, in folder: URL, timeout: Double = 60
    ) async throws -> Outcome? {
        let input = folder.appending(path: "input")
        let output = folder.appending(path: "output")
        try Data(text.utf8).write(to: input)
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [command] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        let (ends, end) = AsyncStream<Int32?>.makeStream()
        process.terminationHandler = {
            // A signal's death is no status of the program's own.
            end.yield($0.terminationReason == .exit ? $0.terminationStatus : nil)
            end.finish()
        }
        try process.run()
        let id = process.processIdentifier
        let watch = Task {
            try await Task.sleep(for: .seconds(timeout))
            kill(id, SIGKILL)
            return true
        }
        var status: Int32?
        // Cancelled, it is ended and its end awaited all the same: a verdict on half a look would be kept.
        await withTaskCancellationHandler {
            for await value in ends { status = value }
        } onCancel: {
            kill(id, SIGKILL)
        }
        watch.cancel()
        try Task.checkCancellation()
        if status == nil, (try? await watch.value) == true {
            throw StageError(.input, "\(command) was ended after \(Int(timeout)) s: it found no end")
        }
        // What env says of a program that isn't there.
        if status == 127 { return nil }
        let file = try FileHandle(forReadingFrom: output)
        defer { try? file.close() }
        let data = try file.read(upToCount: outputLimit + 1) ?? Data()
        guard data.count <= outputLimit else {
            throw StageError(.input, "\(command) wrote more than \(outputLimit >> 20) MiB: is it what was meant?")
        }
        return Outcome(status: status, output: data)
    }

    /// A folder that is gone afterwards.
    static func withFolder<Value: Sendable>(_ body: @Sendable (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "emlab-analysis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }
}

/// Whether a text is a Python program, by Python's own parser, which executes nothing.
public enum PythonSyntax {
    public enum Verdict: Sendable, Hashable {
        case parses
        case doesNotParse
        /// There is no python3, or it ended otherwise than by a yes or a no.
        case unknown
    }

    public static func check(_ program: String) async throws -> Verdict {
        try await AnalysisProcess.withFolder { folder in
            let outcome = try await AnalysisProcess.run(
                "python3", ["-I", "-c", "import ast, sys; ast.parse(sys.stdin.buffer.read())"], text: program,
                in: folder)
            guard let outcome else { return .unknown }
            // An exception that nobody caught, like a SyntaxError, is status 1.
            return outcome.status == 0 ? .parses : outcome.status == 1 ? .doesNotParse : .unknown
        }
    }
}
