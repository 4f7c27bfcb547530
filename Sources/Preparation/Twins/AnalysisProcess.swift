import Foundation

/// Another program that looks at a text. It never runs the text.
enum AnalysisProcess {
    struct Outcome: Sendable {
        var status: Int32
        var output: Data
    }

    /// Seconds that it may take.
    static let timeout = 60.0

    /// Runs `command` (a path, or a name that is looked up in PATH) with `text` as its standard input.
    ///
    /// - Returns: nil if there is no such program.
    static func run(_ command: String, _ arguments: [String], text: String, in folder: URL) async throws -> Outcome? {
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
        let (ends, end) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = {
            // A signal's death is no status of the program's own.
            end.yield($0.terminationReason == .exit ? $0.terminationStatus : -1)
            end.finish()
        }
        try process.run()
        let id = process.processIdentifier
        let watch = Task {
            try await Task.sleep(for: .seconds(timeout))
            kill(id, SIGKILL)
        }
        var status: Int32 = -1
        for await value in ends { status = value }
        watch.cancel()
        // What env says of a program that isn't there.
        if status == 127 { return nil }
        return Outcome(status: status, output: (try? Data(contentsOf: output)) ?? Data())
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
        /// There is no python3.
        case unknown
    }

    public static func check(_ program: String) async throws -> Verdict {
        try await AnalysisProcess.withFolder { folder in
            let outcome = try await AnalysisProcess.run(
                "python3", ["-I", "-c", "import ast, sys; ast.parse(sys.stdin.buffer.read())"], text: program,
                in: folder)
            guard let outcome else { return .unknown }
            return outcome.status == 0 ? .parses : .doesNotParse
        }
    }
}
