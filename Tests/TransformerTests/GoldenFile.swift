import Checkpoint
import Foundation
import Torch

/// The golden numbers of one family, made by References/engine.
struct GoldenFile {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")
    static let families = [
        "llama", "llama3-scaled", "smollm", "qwen2", "qwen3", "mistral", "gemma3", "gemma3-softcap", "gemma3-linear",
    ]

    let file: SafetensorsFile
    let data: Data

    init(_ name: String) throws {
        let url = Self.fixtures.appending(path: "engine/\(name).safetensors")
        file = try SafetensorsFile(url)
        data = try Data(contentsOf: url)
    }

    struct Missing: Error { let name: String }

    func bytes(_ name: String) throws -> [UInt8] {
        guard let record = file.records[name] else { throw Missing(name: name) }
        return [UInt8](data[record.byteRange])
    }

    func floats(_ name: String) throws -> [Float] {
        try bytes(name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    func ids(_ row: Int) throws -> [Int32] {
        try bytes("ids.\(row)").withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    }
}

/// The largest distance between two lists of one length.
func distance(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { max($0, $1.0.isFinite && $1.1.isFinite ? abs($1.0 - $1.1) : .infinity) }
}

/// `||a - b|| / ||b||`
func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let difference = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return (difference / b.reduce(1e-30) { $0 + Double($1) * Double($1) }).squareRoot()
}
