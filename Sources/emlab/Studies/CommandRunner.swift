import Foundation
import Studies
import Synchronization

/// Does steps by running emlab's own commands, each in a process of its own: what a command keeps when it is cut short,
/// the next attempt goes on from.
struct CommandRunner: StepRunner {
    /// Within a step's folder. Hidden: it is no result.
    static let logName = ".log.txt"

    let plan: Plan
    let store: Store
    let device: String

    func run(_ work: [StepWork], reports: StepReports) async throws -> [StepKey: StepFailure] {
        let commands = StepCommands(plan: plan, store: store, device: device)
        var failures: [StepKey: StepFailure] = [:]
        for work in work {
            do {
                for command in try commands.commands(for: work) { try run(command, of: work, reports) }
                try removeBases(work)
            } catch let failure as StepFailure {
                failures[work.step.key] = failure
            }
        }
        return failures
    }

    private func removeBases(_ work: StepWork) throws {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: work.folder.path)) ?? []
        where name.hasPrefix(".base-") {
            try? FileManager.default.removeItem(at: work.folder.appending(path: name))
        }
    }

    private func run(_ command: StepCommand, of work: StepWork, _ reports: StepReports) throws {
        try reports.check()
        guard !FileManager.default.fileExists(atPath: command.result.path) else { return }
        guard let program = Bundle.main.executableURL else { throw StepFailure("emlab doesn't find its own program") }
        let log = try handle(work.folder.appending(path: Self.logName), appending: true)
        try log.write(contentsOf: Data("$ emlab \(command.arguments.joined(separator: " "))\n".utf8))
        // What is printed gets its name when the command has succeeded.
        let making = command.result.deletingLastPathComponent()
            .appending(path: ".making-\(command.result.lastPathComponent)")
        let process = Process()
        process.executableURL = program
        process.arguments = command.arguments
        let spending = SpendingReader(work.folder.appending(path: ".spending"))
        process.environment = ProcessInfo.processInfo.environment.merging([
            Parent.variable: String(ProcessInfo.processInfo.processIdentifier),
            SpendingLog.variable: spending.file.path,
        ]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = command.takesOutput ? try handle(making, appending: false) : log
        let pipe = Pipe()
        process.standardError = pipe
        do { try process.run() } catch { throw StepFailure("emlab can't be started: \(error)", isTransient: true) }
        let listener = CommandListener(pipe.fileHandleForReading, log: log, key: work.step.key, reports: reports)
        do {
            while process.isRunning {
                try spending.report(work.step.key, reports)
                Thread.sleep(forTimeInterval: 0.05)
            }
        } catch {
            process.interrupt()
            process.waitUntilExit()
            try? spending.report(work.step.key, reports)
            throw error
        }
        process.waitUntilExit()
        // What the last request took may be all that could be afforded: the command has succeeded all the same.
        try? spending.report(work.step.key, reports)
        let last = listener.lastLine()
        try judge(process, command, last, reports)
        if command.takesOutput, rename(making.path, command.result.path) != 0 {
            throw StepFailure("\(command.result.path) can't be written: \(String(cString: strerror(errno)))")
        }
    }

    private func judge(_ process: Process, _ command: StepCommand, _ last: String, _ reports: StepReports) throws {
        if process.terminationReason == .uncaughtSignal {
            throw StepFailure(
                "emlab \(command.arguments.prefix(2).joined(separator: " ")) was killed by signal \(process.terminationStatus): out of memory?",
                isTransient: true)
        }
        switch process.terminationStatus {
        case 0: return
        case 130: throw CancellationError()
        default: throw StepFailure(last.isEmpty ? "exit status \(process.terminationStatus)" : last)
        }
    }

    private func handle(_ url: URL, appending: Bool) throws -> FileHandle {
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_CLOEXEC | (appending ? O_APPEND : O_TRUNC), 0o666)
        guard descriptor >= 0 else {
            throw StepFailure("\(url.path) can't be written: \(String(cString: strerror(errno)))")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}

/// Reads what a command says: into the step's log, and its progress into reports.
private final class CommandListener: Sendable {
    private let last = Mutex("")
    private let ended = DispatchSemaphore(value: 0)

    init(_ handle: FileHandle, log: FileHandle, key: StepKey, reports: StepReports) {
        let thread = Thread { [self] in
            var rest = Data()
            while let data = try? handle.read(upToCount: 1 << 16), !data.isEmpty {
                try? log.write(contentsOf: data)
                rest += data
                while let end = rest.firstIndex(of: 0x0A) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    rest = Data(rest[(end + 1)...])
                    if !line.isEmpty { last.withLock { $0 = line } }
                    if let progress = Self.progress(line) {
                        reports.progress(key, done: progress.done, of: progress.total, detail: progress.detail)
                    }
                }
            }
            ended.signal()
        }
        thread.start()
    }

    /// The last line, when all are read.
    func lastLine() -> String {
        ended.wait()
        return last.withLock { $0.hasPrefix("emlab: ") ? String($0.dropFirst(7)) : $0 }
    }

    /// "training 12/50  310 tokens/s  4 s left  loss 1.2".
    private static func progress(_ line: String) -> (done: Int, total: Int, detail: String?)? {
        let words = line.split(separator: " ")
        guard words.count > 1 else { return nil }
        let counts = words[1].split(separator: "/").compactMap { Int($0) }
        guard counts.count == 2 else { return nil }
        return (counts[0], counts[1], words.dropFirst(2).joined(separator: " "))
    }
}
