import Crypto
import Foundation

/// What a file is, whatever it is called.
enum FileFingerprint {
    static func sha256(_ file: String) throws -> String {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: file), options: .mappedIfSafe) } catch {
            throw ConsoleError("\(file) can't be read: check the path")
        }
        return SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
    }

    /// Of a PEFT folder.
    static func adapter(_ folder: String) throws -> String {
        try ["adapter_config.json", "adapter_model.safetensors"].map {
            let path = URL(filePath: folder).appending(path: $0).path
            guard FileManager.default.fileExists(atPath: path) else {
                throw ConsoleError("--adapter \(folder) has no \($0): give a PEFT folder, or 'base'")
            }
            return try sha256(path)
        }.joined(separator: " ")
    }
}
