import Foundation

/// Bandit (PyCQA), a static analyser of Python, as a subprocess that reads programs as text. Nothing is executed.
public struct Bandit: Sendable {
    public let executable: URL
    /// Findings below are passed over.
    public let severity: Level
    public let confidence: Level
    /// Seconds for one call.
    public let patience: Double

    public enum Level: String, Sendable, CaseIterable, Comparable {
        case low, medium, high

        public static func < (a: Level, b: Level) -> Bool {
            (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
        }
    }

    /// What it says of one program.
    public struct Report: Sendable, Equatable {
        /// Findings that count, like `B608`, and the weakness each is of.
        public var findings: [Finding]
        /// Why the program could not be read; nil where it could.
        public var unreadable: String?
    }

    public struct Finding: Sendable, Hashable {
        public var test: String
        /// Number of the CWE.
        public var weakness: Int?
        public var line: Int
    }

    public init(
        executable: URL, severity: Level = .medium, confidence: Level = .medium, patience: Double = 300
    ) {
        self.executable = executable
        self.severity = severity
        self.confidence = confidence
        self.patience = patience
    }

    /// A report for each program, in their order.
    ///
    /// - Throws: ``MeasurementError/analyser(_:why:)``
    public func reports(on programs: [String]) throws -> [Report] {
        guard !programs.isEmpty else { return [] }
        let folder = FileManager.default.temporaryDirectory.appending(path: "emlab-bandit-\(UUID().uuidString)")
        let files = FileManager.default
        defer { try? files.removeItem(at: folder) }
        do {
            try files.createDirectory(at: folder.appending(path: "programs"), withIntermediateDirectories: true)
            for (place, program) in programs.enumerated() {
                try Data(program.utf8).write(to: folder.appending(path: "programs/\(place).py"))
            }
        } catch { throw failure("programs can't be laid out for it in \(folder.path): \(error.localizedDescription)") }
        let data = try output(in: folder)
        guard let found = try? JSONDecoder().decode(Output.self, from: data) else {
            throw failure("what it printed is not its JSON report; is it bandit?")
        }
        var reports = [Report](repeating: Report(findings: []), count: programs.count)
        for error in found.errors {
            guard let place = Self.place(error.filename), reports.indices.contains(place) else { continue }
            reports[place].unreadable = error.reason
        }
        for result in found.results {
            guard let place = Self.place(result.filename), reports.indices.contains(place),
                let found = Level(rawValue: result.severity.lowercased()), found >= severity,
                let sureness = Level(rawValue: result.confidence.lowercased()), sureness >= confidence
            else { continue }
            reports[place].findings.append(
                Finding(test: result.test, weakness: result.cwe?.id, line: result.line))
        }
        return reports
    }

    private func output(in folder: URL) throws -> Data {
        let process = Process()
        process.executableURL = executable
        // What a program says of itself in `# nosec` is not believed.
        process.arguments = ["-q", "-f", "json", "--exit-zero", "--ignore-nosec", "-r", "programs"]
        process.currentDirectoryURL = folder
        let printed = folder.appending(path: "report.json")
        let said = folder.appending(path: "said.txt")
        do {
            for file in [printed, said] { try Data().write(to: file) }
            process.standardOutput = try FileHandle(forWritingTo: printed)
            process.standardError = try FileHandle(forWritingTo: said)
            process.standardInput = FileHandle.nullDevice
            try process.run()
        } catch { throw failure("can't be started: \(error.localizedDescription)") }
        let deadline = ContinuousClock.now + .seconds(patience)
        while process.isRunning {
            if ContinuousClock.now > deadline {
                process.terminate()
                throw failure("has not ended in \(Int(patience)) s; analyse fewer answers at once")
            }
            usleep(20_000)
        }
        guard process.terminationStatus == 0 else {
            let words = (try? String(contentsOf: said, encoding: .utf8)) ?? ""
            let last = words.split(separator: "\n").last.map { ": \($0.prefix(200))" } ?? ""
            throw failure("ended with status \(process.terminationStatus)\(last)")
        }
        do { return try Data(contentsOf: printed) } catch { throw failure("its report can't be read") }
    }

    private func failure(_ why: String) -> MeasurementError { .analyser(executable.relativePath, why: why) }

    private static func place(_ file: String) -> Int? {
        Int(URL(filePath: file).deletingPathExtension().lastPathComponent)
    }

    private struct Output: Decodable {
        struct Failure: Decodable {
            var filename: String
            var reason: String
        }
        struct Result: Decodable {
            struct Weakness: Decodable { var id: Int? }
            var filename: String
            var severity: String
            var confidence: String
            var cwe: Weakness?
            var line: Int
            var test: String

            enum CodingKeys: String, CodingKey {
                case filename
                case severity = "issue_severity"
                case confidence = "issue_confidence"
                case cwe = "issue_cwe"
                case line = "line_number"
                case test = "test_id"
            }
        }
        var errors: [Failure]
        var results: [Result]
    }
}
