import Checkpoint
import Foundation
import Torch

/// A file of golden numbers, made by References/engine.
public struct GoldenFile {
    public static let families = [
        "llama", "llama3-scaled", "smollm", "qwen2", "qwen3", "mistral", "gemma3", "gemma3-softcap", "gemma3-linear",
    ]

    let file: SafetensorsFile
    let data: Data

    public init(_ name: String) throws {
        let url = Fixtures.folder.appending(path: "engine/\(name).safetensors")
        file = try SafetensorsFile(url)
        data = try Data(contentsOf: url)
    }

    public struct Missing: Error { let name: String }

    public var names: [String] { file.records.keys.sorted() }

    public func bytes(_ name: String) throws -> [UInt8] {
        guard let record = file.records[name] else { throw Missing(name: name) }
        return [UInt8](data[record.byteRange])
    }

    public func floats(_ name: String) throws -> [Float] {
        try bytes(name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    public func integers(_ name: String) throws -> [Int32] {
        try bytes(name).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    }

    public func ids(_ row: Int) throws -> [Int32] { try integers("ids.\(row)") }
}

/// Where the tests' files lie.
public enum Fixtures {
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    public static let folder = root.appending(path: "Tests/Fixtures")

    /// The embedded default model, which `make test` fetches; nil where it is not there.
    public static let realModel: URL? = {
        let url = root.appending(path: ".deps/models/SmolLM2-135M-Instruct.Q4_1.gguf")
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }()

    public static let noRealModel = "the default model is not in .deps/models: make test fetches it"

    public static func model(_ family: String) throws -> ModelFiles {
        try ModelFiles.open(folder.appending(path: "models/\(family)"))
    }

    /// A folder of its own for a test, not yet made.
    public static func scratch() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "emlab-test-\(UUID().uuidString)")
    }
}

/// The largest distance between two lists of one length.
public func distance(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { max($0, $1.0.isFinite && $1.1.isFinite ? abs($1.0 - $1.1) : .infinity) }
}

/// `||a - b|| / ||b||`
public func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let difference = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return (difference / b.reduce(1e-30) { $0 + Double($1) * Double($1) }).squareRoot()
}
