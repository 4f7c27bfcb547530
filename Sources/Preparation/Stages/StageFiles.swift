import Corpora
import Foundation

/// What a stage leaves: its results, what was rejected beside them, and the manifest.
public enum StageFiles {
    /// One value as a line of JSON, keys sorted.
    static func line(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data([0x0A])
    }

    static func rejectedFile(_ out: URL) -> URL { URL(filePath: out.relativePath + ".rejected.jsonl") }
    static func manifestFile(_ out: URL) -> URL { URL(filePath: out.relativePath + ".manifest.json") }

    /// Writes `out` (the kept values, in order), `out.rejected.jsonl` (what was rejected, with reasons and replies; only
    /// if there is any) and `out.manifest.json`, each by atomic rename, the manifest last.
    ///
    /// - Returns: the manifest as written.
    static func write<Value>(
        _ records: [StageRecord<Value>], to out: URL, manifest: StageManifest
    ) throws -> StageManifest {
        try makeFolder(for: out)
        try records.compactMap(\.value).reduce(into: Data()) { try $0.append(line($1)) }
            .write(to: out, options: .atomic)
        let rejected = records.filter { $0.value == nil }
        if !rejected.isEmpty {
            try rejected.reduce(into: Data()) { try $0.append(line($1)) }
                .write(to: rejectedFile(out), options: .atomic)
        }
        var manifest = manifest
        manifest.count(records)
        try manifest.write(beside: out)
        return manifest
    }

    static func makeFolder(for out: URL) throws {
        try FileManager.default.createDirectory(
            at: out.deletingLastPathComponent(), withIntermediateDirectories: true)
    }
}
