import Crypto
import Foundation

/// What a run is known by, so that a continued run is the same run.
enum RunIdentity {
    /// SHA-256 in hexadecimal digits.
    static func hash(_ data: Data) -> String { SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined() }

    /// Adapters by name and content; `base` is the model alone.
    static func adapters(_ names: [String]) throws -> String {
        try names.map { name in
            guard name != "base" else { return name }
            let parts = try ["adapter_config.json", "adapter_model.safetensors"].map {
                hash(try Data(contentsOf: URL(filePath: name).appending(path: $0), options: .mappedIfSafe))
            }
            return "\(name) \(parts[0]) \(parts[1])"
        }.joined(separator: ", ")
    }
}
