import Checkpoint
import Foundation
import Torch
import Transformer

/// Where a run of one arm leaves its adapter, its log, and on the way the means to go on after an interruption.
///
/// Everything is made in `<out>.partial`, which becomes `<out>` in one rename at the end.
///
///     adapter_config.json, adapter_model.safetensors   PEFT's
///     training.json                                     what was trained on what, and how
///     log.jsonl                                         a StepRecord a line
///     checkpoint-N/ (on the way)                        parameters and moments after N steps
public struct TrainingFolder: Sendable {
    public let out: URL
    /// Everything that decides the run's numbers: a resumed run must have the same.
    public let identity: [String: String]

    public var partial: URL { out.deletingLastPathComponent().appending(path: out.lastPathComponent + ".partial") }
    private var logURL: URL { partial.appending(path: "log.jsonl") }
    private var identityURL: URL { partial.appending(path: "training.json") }

    /// Opens or makes the working folder.
    ///
    /// - Throws: ``FineTuningError/checkpoint(_:_:)`` when `out` is taken, holds another run, or can't be written.
    public init(out: URL, identity: [String: String]) throws {
        self.out = out.standardizedFileURL
        self.identity = identity
        let files = FileManager.default
        guard !files.fileExists(atPath: self.out.path) else {
            throw FineTuningError.checkpoint(
                out.relativePath, "is there already; choose another --out or remove it first")
        }
        do {
            try files.createDirectory(at: partial, withIntermediateDirectories: true)
        } catch {
            throw FineTuningError.checkpoint(
                partial.relativePath, "can't be made: \(Self.reason(error)); choose an --out that you may write")
        }
        if files.fileExists(atPath: identityURL.path) {
            try checkIdentity()
        } else {
            try write(try JSON.encode(identity), to: identityURL)
        }
    }

    private enum JSON {
        static func encode(_ value: some Encodable, pretty: Bool = true) throws -> Data {
            let encoder = JSONEncoder()
            encoder.outputFormatting = pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys]
            return try encoder.encode(value) + Data("\n".utf8)
        }
    }

    private static func reason(_ error: any Error) -> String {
        let cocoa = error as NSError
        let beneath = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError
        if let beneath, beneath.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(beneath.code))) }
        return cocoa.localizedDescription
    }

    private func write(_ data: Data, to url: URL) throws {
        do {
            try data.write(to: url, options: .atomic)
        } catch {
            throw FineTuningError.checkpoint(url.relativePath, "can't be written: \(Self.reason(error))")
        }
    }

    private func checkIdentity() throws {
        guard let data = try? Data(contentsOf: identityURL),
            let found = try? JSONDecoder().decode([String: String].self, from: data)
        else {
            throw FineTuningError.checkpoint(
                identityURL.relativePath,
                "can't be read as the settings of an unfinished run; remove \(partial.relativePath)")
        }
        let changed = Set(found.keys).union(identity.keys).filter { found[$0] != identity[$0] }.sorted()
        guard changed.isEmpty else {
            let what = changed.map { "\($0) was \(found[$0] ?? "not set"), is \(identity[$0] ?? "not set")" }
            throw FineTuningError.checkpoint(
                partial.relativePath,
                "holds an unfinished run with other settings (\(what.joined(separator: "; "))). Run it to its end with "
                    + "these, or remove that folder")
        }
    }

    // MARK: Checkpoints

    private struct State: Codable {
        var step: Int
        /// Bytes of the log that belong to the steps done.
        var logBytes: Int
    }

    /// Keeps an arm's state after its last step. The one before is removed once this one is whole.
    public func save<O>(_ arm: Trainer<O>.Arm) throws {
        let name = "checkpoint-\(arm.step)"
        let making = partial.appending(path: name + ".making")
        let files = FileManager.default
        try? files.removeItem(at: making)
        do {
            try files.createDirectory(at: making, withIntermediateDirectories: true)
        } catch {
            throw FineTuningError.checkpoint(making.relativePath, "can't be made: \(Self.reason(error))")
        }
        try Safetensors.write(
            vectors(of: arm).map { name, vector in
                // One at a time, and in pieces: a model's own weights are large.
                Safetensors.Tensor(name: name, shape: vector.shape, type: .f32) { write in
                    try vector.inPieces { try $0.values(as: Float.self).withUnsafeBytes(write) }
                }
            }, to: making.appending(path: "state.safetensors"))
        let logBytes = (try? files.attributesOfItem(atPath: logURL.path)[.size] as? Int) ?? 0
        try write(
            try JSON.encode(State(step: arm.step, logBytes: logBytes)), to: making.appending(path: "state.json"))
        let place = partial.appending(path: name)
        try? files.removeItem(at: place)
        try files.moveItem(at: making, to: place)
        for step in checkpoints() where step != arm.step {
            try? files.removeItem(at: partial.appending(path: "checkpoint-\(step)"))
        }
    }

    private func vectors<O>(of arm: Trainer<O>.Arm) -> [(name: String, vector: Tensor)] {
        [
            ("parameters", arm.training.parameters), ("first_moment", arm.optimiser.firstMoment),
            ("second_moment", arm.optimiser.secondMoment),
        ]
    }

    private func checkpoints() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: partial.path)) ?? []
        return names.compactMap { $0.hasPrefix("checkpoint-") ? Int($0.dropFirst("checkpoint-".count)) : nil }.sorted()
    }

    /// Puts back the last checkpoint, if there is one, and cuts the log to it.
    ///
    /// - Returns: the step it was taken after; 0 for a fresh start.
    public func resume<O>(_ arm: inout Trainer<O>.Arm) throws -> Int {
        guard let step = checkpoints().last else {
            try? FileManager.default.removeItem(at: logURL)
            return 0
        }
        let folder = partial.appending(path: "checkpoint-\(step)")
        let stateURL = folder.appending(path: "state.safetensors")
        guard let data = try? Data(contentsOf: folder.appending(path: "state.json")),
            let state = try? JSONDecoder().decode(State.self, from: data), state.step == step, state.logBytes >= 0
        else {
            throw FineTuningError.checkpoint(folder.relativePath, "is damaged; remove it to start anew")
        }
        let file = try SafetensorsFile(stateURL)
        let bytes = try Data(contentsOf: stateURL, options: .mappedIfSafe)
        for (name, tensor) in vectors(of: arm) {
            guard let record = file.records[name], record.type == .f32, record.shape == tensor.shape else {
                throw FineTuningError.checkpoint(stateURL.relativePath, "has no \(name) of shape \(tensor.shape)")
            }
            var place = record.byteRange.lowerBound
            try tensor.inPieces { piece in
                let range = place..<place + piece.count * MemoryLayout<Float>.stride
                place = range.upperBound
                try piece.overwrite(
                    with: [Float](unsafeUninitializedCapacity: piece.count) { buffer, count in
                        count = bytes[range].copyBytes(to: buffer) / MemoryLayout<Float>.stride
                    })
            }
        }
        arm.resume(atStep: step)
        if let log = FileHandle(forUpdatingAtPath: logURL.path) {
            try log.truncate(atOffset: UInt64(state.logBytes))
            try log.close()
        }
        return step
    }

    // MARK: The log

    /// Appends a record to the log.
    public func log(_ record: StepRecord) throws {
        let line = try JSON.encode(record, pretty: false)
        if !FileManager.default.fileExists(atPath: logURL.path) {
            try write(Data(), to: logURL)
        }
        do {
            let handle = try FileHandle(forWritingTo: logURL)
            try handle.seekToEnd()
            try handle.write(contentsOf: line)
            try handle.close()
        } catch {
            throw FineTuningError.checkpoint(logURL.relativePath, "can't be written: \(Self.reason(error))")
        }
    }

    // MARK: The end

    /// Writes the adapter and gives the folder its name.
    public func finish(_ adapter: AdapterFiles, summary: [String: String]) throws {
        try finish(summary: summary) { try adapter.write(to: $0) }
    }

    /// Writes the result and gives the folder its name.
    ///
    /// - Parameter write: puts the result's files into the folder it is given, which holds others already.
    public func finish(summary: [String: String], writing write: (URL) throws -> Void) throws {
        let files = FileManager.default
        try write(partial)
        try self.write(try JSON.encode(identity.merging(summary) { $1 }), to: identityURL)
        for step in checkpoints() { try? files.removeItem(at: partial.appending(path: "checkpoint-\(step)")) }
        do {
            try files.moveItem(at: partial, to: out)
        } catch {
            throw FineTuningError.checkpoint(
                out.relativePath, "can't be made: \(Self.reason(error)). The result is in \(partial.relativePath)")
        }
    }
}
