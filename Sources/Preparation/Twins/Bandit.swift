import Foundation

/// Bandit, a static analyser of Python programs: it reads them, it doesn't run them.
public struct Bandit: Sendable {
    /// A finding, as far as it tells one weakness from another.
    public struct Finding: Sendable, Hashable, Codable {
        /// Bandit's test, like `B602`.
        public var test: String
        /// LOW, MEDIUM or HIGH.
        public var severity: String
        public var cwe: Int?
        public var line: Int
    }

    /// What became of reading a program.
    public enum Reading: Sendable, Hashable {
        case found([Finding])
        /// Bandit could not read it, for this reason.
        case unreadable(String)
    }

    /// A path, or a name to be looked up in PATH.
    public var command: String

    public init(command: String = "bandit") { self.command = command }

    /// - Throws: ``StageError`` if bandit isn't there or its report can't be read.
    public func findings(in program: String) async throws -> Reading {
        try await AnalysisProcess.withFolder { folder in
            let file = folder.appending(path: "program.py")
            try Data(program.utf8).write(to: file)
            // A program's own "nosec" must not hide what is wrong with it.
            guard
                let outcome = try await AnalysisProcess.run(
                    command, ["-q", "-f", "json", "--ignore-nosec", "program.py"], text: "", in: folder)
            else {
                throw StageError(
                    .input,
                    "--analyser \(command): there is no such program; install bandit (pip install bandit) "
                        + "and name it by its path")
            }
            struct Report: Decodable {
                struct Result: Decodable {
                    struct Weakness: Decodable { var id: Int? }
                    var test_id: String
                    var issue_severity: String
                    var issue_cwe: Weakness?
                    var line_number: Int
                }
                struct Failure: Decodable { var reason: String? }
                var results: [Result]
                var errors: [Failure]?
            }
            // 0: nothing found, 1: something found.
            guard outcome.status == 0 || outcome.status == 1,
                let report = try? JSONDecoder().decode(Report.self, from: outcome.output)
            else {
                throw StageError(
                    .input,
                    "--analyser \(command): its report can't be read (\(outcome.status.map { "status \($0)" } ?? "a signal ended it")); is it bandit?"
                )
            }
            // What couldn't be read has no findings, and is no proof of anything.
            if let failure = report.errors?.first { return .unreadable(failure.reason ?? "it gives no reason") }
            return .found(
                report.results.map {
                    Finding(
                        test: $0.test_id, severity: $0.issue_severity, cwe: $0.issue_cwe?.id, line: $0.line_number)
                })
        }
    }
}
