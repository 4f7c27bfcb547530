import Foundation

/// Where the results of studies lie: `ledger.sqlite`, `steps/KIND/KEY/` and `calls/`. A step is done when its folder
/// holds DONE, which is written last of all; nothing else decides it.
public final class Store: Sendable {
    public let folder: URL
    public let ledger: Ledger

    /// Opens a store, or makes one.
    ///
    /// - Throws: ``StoreError`` if the folder can't be made or the ledger can't be opened.
    public init(_ folder: URL) throws {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(
                at: folder.appending(path: "steps"), withIntermediateDirectories: true)
        } catch {
            throw StoreError(
                what: "the store \(folder.path) can't be made", remedy: "check the path and the permissions")
        }
        ledger = try Ledger(folder.appending(path: "ledger.sqlite"))
    }

    public func folder(of step: PlannedStep) -> URL {
        folder.appending(path: "steps").appending(path: step.kind.rawValue).appending(path: step.key.digits)
    }

    public func isDone(_ step: PlannedStep) -> Bool {
        FileManager.default.fileExists(atPath: folder(of: step).appending(path: Done.name).path)
    }

    /// Makes the step's folder and says in it what the step is. What an earlier attempt left there stays: it may go on
    /// from it.
    public func prepare(_ step: PlannedStep) throws -> URL {
        let folder = folder(of: step)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let inputs = Data((CanonicalJSON.text(step.inputs) + "\n").utf8)
            let file = folder.appending(path: "inputs.json")
            if (try? Data(contentsOf: file)) != inputs { try inputs.write(to: file, options: .atomic) }
        } catch {
            throw StoreError(what: "\(folder.path) can't be written", remedy: "check the disk and the permissions")
        }
        return folder
    }

    /// Declares a step done: every result is on the disk before DONE has its name.
    func finish(_ step: PlannedStep, seconds: Double) throws {
        let folder = folder(of: step)
        do {
            let results = try Done.results(in: folder)
            let done = Done(key: step.key, finished: Date().timeIntervalSince1970, seconds: seconds, results: results)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            let waiting = folder.appending(path: ".\(Done.name)-\(UUID().uuidString)")
            try encoder.encode(done).write(to: waiting)
            try Self.synchronise(waiting)
            guard rename(waiting.path, folder.appending(path: Done.name).path) == 0 else {
                throw CocoaError(.fileWriteUnknown)
            }
            try Self.synchronise(folder)
        } catch {
            throw StoreError(
                what: "\(folder.path) can't be written: \(error)", remedy: "check the disk and the permissions")
        }
    }

    /// What DONE says; none where the step isn't done.
    public func done(_ step: PlannedStep) -> Done? {
        guard let data = try? Data(contentsOf: folder(of: step).appending(path: Done.name)) else { return nil }
        return try? JSONDecoder().decode(Done.self, from: data)
    }

    /// Waits until the disk has it.
    static func synchronise(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown, userInfo: [NSFilePathErrorKey: url.path]) }
        defer { close(descriptor) }
        // Some file systems can't, for folders.
        _ = fsync(descriptor)
    }
}

/// What a step's DONE holds.
public struct Done: Codable, Hashable, Sendable {
    static let name = "DONE"

    public struct Result: Codable, Hashable, Sendable {
        public var bytes: Int
        public var sha256: String
    }

    public var key: StepKey
    /// Seconds since 1970.
    public var finished: Double
    public var seconds: Double
    /// By path within the folder.
    public var results: [String: Result]

    /// Every file of a step's folder but hidden ones, its inputs and DONE itself, each brought to the disk.
    static func results(in folder: URL) throws -> [String: Result] {
        var results: [String: Result] = [:]
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        for name in names
        where !name.hasPrefix(".") && !name.contains("/.") && ![Done.name, "inputs.json"].contains(name) {
            let file = folder.appending(path: name)
            var status = stat()
            guard stat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            try Store.synchronise(file)
            results[name] = Result(bytes: Int(status.st_size), sha256: try CanonicalJSON.hash(ofFile: file))
        }
        return results
    }
}

public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    public var what: String
    public var remedy: String
    public var description: String { "\(what); \(remedy)" }
}
