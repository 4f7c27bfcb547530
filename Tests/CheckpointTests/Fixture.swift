import Checkpoint
import Crypto
import Foundation

/// Files that the tests read, and folders that they write.
enum Fixture {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A file that the scripts in References/checkpoint made.
    static func url(_ name: String) -> URL {
        repository.appendingPathComponent("References/checkpoint/golden").appendingPathComponent(name)
    }

    static func json(_ name: String) throws -> JSON {
        try JSON.parse(Data(contentsOf: url(name)), file: name)
    }

    /// The real model that `make` fetches, or nil where it hasn't been.
    static var realModel: URL? {
        let file = repository.appendingPathComponent(".deps/models/SmolLM2-135M-Instruct.Q4_1.gguf")
        return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }

    /// EMLAB_KEEP=DIR keeps what tests write, for the scripts in References/checkpoint to load.
    static var kept: URL? { ProcessInfo.processInfo.environment["EMLAB_KEEP"].map { URL(fileURLWithPath: $0) } }

    /// - Parameter inMemory: for thousands of small files, where the machine has a file system in memory.
    static func withTemporaryFolder<T>(inMemory: Bool = false, _ body: (URL) throws -> T) throws -> T {
        let memory = "/dev/shm"
        let parent =
            inMemory && FileManager.default.isWritableFile(atPath: memory)
            ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
        let folder = parent.appendingPathComponent("emlab-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = text.utf8.map { UInt8(Character(Unicode.Scalar($0)).hexDigitValue ?? 0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// The message of the error that `body` throws, "" if it throws none.
    static func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return String(describing: error)
        }
    }
}

/// SplitMix64, for tests that draw at random and print their seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
