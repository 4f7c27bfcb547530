import Checkpoint
import Crypto
import Foundation

/// Files that the tests read, and folders that they write.
enum Fixture {
    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    static func url(_ name: String) -> URL { here.appendingPathComponent("Fixtures").appendingPathComponent(name) }

    static func json(_ name: String) throws -> JSON {
        try JSON.parse(Data(contentsOf: url(name)), file: name)
    }

    /// The real model that `make` fetches, or nil where it hasn't been.
    static var realModel: URL? {
        let file = here.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(".deps/models/SmolLM2-135M-Instruct.Q4_1.gguf")
        return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }

    static func withTemporaryFolder<T>(_ body: (URL) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("emlab-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
