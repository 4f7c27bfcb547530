import Foundation
import Studies

/// invented-study STUDY STORE: runs a study whose steps do nothing but write files that follow from their inputs.
@main
struct InventedStudy {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            print("invented-study STUDY STORE")
            exit(2)
        }
        do {
            let store = try Store(URL(filePath: arguments[2]))
            let plan = Plan(try Study.read(URL(filePath: arguments[1])), store: store, hub: HubCache(environment: [:]))
            var settings = StudyRun.Settings()
            settings.interval = 0.05
            let runner = InventedRunner(log: store.folder.appending(path: "bodies.log"))
            let summary = try await StudyRun(plan, store: store, runner: runner, settings: settings).run()
            exit(summary.isComplete ? 0 : 1)
        } catch {
            print("\(error)")
            exit(1)
        }
    }
}

/// Writes a result in pieces, each the hash of the one before: an earlier attempt's pieces are gone on from.
struct InventedRunner: StepRunner {
    /// One line when a body begins, one when it ends.
    let log: URL

    func run(_ work: [StepWork], reports: StepReports) async throws -> [StepKey: StepFailure] {
        for work in work {
            let isDone = FileManager.default.fileExists(atPath: work.folder.appending(path: "DONE").path)
            try say("began \(work.step.key) \(isDone ? "DONE" : "open")")
            let result = work.folder.appending(path: "result.txt")
            var pieces =
                (try? String(contentsOf: result, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
            let seed = try work.inputs.sorted { $0.key < $1.key }.map { role, folder in
                let read = folder.appending(path: "result.txt")
                let text = try? String(contentsOf: read, encoding: .utf8)
                if work.step.read(role) != nil, text == nil { throw StepFailure("\(read.path) isn't there") }
                return "\(role) \(text ?? "")"
            }
            while pieces.count < 4 {
                try reports.check()
                usleep(4000)
                let last = pieces.last ?? seed.joined(separator: "\n")
                pieces.append(CanonicalJSON.hash(.text("\(work.step.key) \(last)")))
                // Whole or not at all, as a runner must write what it wants to go on from.
                try Data((pieces.joined(separator: "\n") + "\n").utf8).write(to: result, options: .atomic)
                reports.progress(work.step.key, done: pieces.count, of: 4)
            }
            try say("ended \(work.step.key)")
        }
        return [:]
    }

    private func say(_ line: String) throws {
        let descriptor = open(log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw StepFailure("\(log.path) can't be written") }
        defer { close(descriptor) }
        let data = Data((line + "\n").utf8)
        _ = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
