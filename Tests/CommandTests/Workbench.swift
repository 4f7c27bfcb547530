import Foundation

/// A folder of its own for a test, with a model to talk to and rows to train on, and emlab to run in it.
final class Workbench {
    let folder: URL
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let model = repository.appending(path: "Tests/Fixtures/models/talking").path
    static let otherAdapter = repository.appending(path: "Tests/Fixtures/adapters/llama-mlp-r1").path

    /// The program beside the running tests.
    static let program: URL = {
        let beside = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent().appending(
            path: "emlab")
        if let beside, FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
        return repository.appending(path: ".build/release/emlab")
    }()

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "emlab-commands-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write("rows.jsonl", Self.rows.joined(separator: "\n") + "\n")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    static let rows = [("Hello", "Hi there"), ("Add 1", "x + 1"), ("Bye", "So long, friend"), ("Why", "Because")].map {
        #"{"messages":[{"role":"user","content":"\#($0)"},{"role":"assistant","content":"\#($1)"}]}"#
    }

    func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

    func write(_ name: String, _ data: Data) throws { try data.write(to: folder.appending(path: name)) }

    func read(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

    func lines(_ name: String) -> [Substring] {
        (try? read(name)).map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: name).path) }

    /// Every path in the folder.
    var contents: [String] {
        (FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []).sorted()
    }

    struct Outcome {
        var status: Int32
        var output: Data
        var errors: String

        var text: String { String(decoding: output, as: UTF8.self) }

        /// stdout's JSON lines.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: 0x0A).map {
                try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] ?? [:]
            }
        }
    }

    /// Runs emlab to its end.
    func emlab(_ arguments: [String], input: String = "", output: URL? = nil) async throws -> Outcome {
        try await start(arguments, input: Data(input.utf8), output: output).outcome()
    }

    func emlab(_ arguments: String..., input: String = "") async throws -> Outcome {
        try await emlab(arguments, input: input)
    }

    /// Starts emlab. `env` gives it Ctrl-C back where whoever runs the tests has switched it off.
    func start(_ arguments: [String], input: Data = Data(), output: URL? = nil) throws -> Running {
        let name = UUID().uuidString
        let place = FileManager.default.temporaryDirectory
        let files = ["in", "out", "err"].map { place.appending(path: "emlab-\(name).\($0)") }
        try input.write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["--default-signal=INT,TERM,HUP", "COLUMNS=80", Self.program.path] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: output ?? files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        return try Running(process, files: files)
    }
}

/// emlab at work.
final class Running: Sendable {
    private let process: Process
    private let files: [URL]
    private let ended: AsyncStream<Int32>

    init(_ process: Process, files: [URL]) throws {
        let (stream, end) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = {
            end.yield($0.terminationReason == .exit ? $0.terminationStatus : -$0.terminationStatus)
            end.finish()
        }
        try process.run()
        self.process = process
        self.files = files
        ended = stream
    }

    deinit { for file in files { try? FileManager.default.removeItem(at: file) } }

    /// What stands on stderr so far.
    var errors: String {
        (try? Data(contentsOf: files[2])).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Waits, a minute at most, for something to have come about.
    func wait(until condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition(), process.isRunning, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Whether Ctrl-C is handled, as the kernel sees it.
    var listens: Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
            let caught = UInt64(line.dropFirst("SigCgt:".count).trimmingCharacters(in: .whitespaces), radix: 16)
        else { return false }
        return caught & (1 << UInt64(SIGINT - 1)) != 0
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func status() async -> Int32 {
        var status: Int32 = 0
        for await value in ended { status = value }
        return status
    }

    /// Waits for the end. A process that a signal ended has the signal's negative as its status.
    func outcome() async throws -> Workbench.Outcome {
        Workbench.Outcome(
            status: await status(), output: try Data(contentsOf: files[1]),
            errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
    }
}
