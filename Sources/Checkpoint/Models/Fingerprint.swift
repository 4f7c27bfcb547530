import Crypto
import Foundation

extension ModelFiles {
    /// A name for the model's exact content, the same wherever it lies: 64 hexadecimal digits.
    ///
    /// SHA-256 over the line "emlab model 1" and, for each of the model's files in order of name, a line of its name,
    /// its size and the SHA-256 of all its bytes. A GGUF file counts as "model.gguf". Of a folder count config.json,
    /// generation_config.json, the weights with their index, and what the tokenizer is made of.
    ///
    /// Reads every byte once, through the page cache, a piece at a time.
    public func fingerprint() throws -> String {
        let files: [(name: String, url: URL)]
        switch source {
        case .gguf: files = [("model.gguf", url)]
        case .folder(let folder):
            let names = try ModelFolder.contentNames + SafetensorsFolder.names(in: folder.url)
            files = names.sorted().map { ($0, folder.url.appendingPathComponent($0)) }
                .filter { FileManager.default.fileExists(atPath: $0.1.path) }
        }
        var outer = SHA256()
        outer.update(data: Data("emlab model 1\n".utf8))
        for (name, url) in files {
            let file = try MappedFile(url)
            outer.update(data: Data("\(name) \(file.count) \(Self.sha256(file))\n".utf8))
        }
        return Self.hexadecimal(outer.finalize())
    }

    fileprivate static func sha256(_ file: MappedFile) -> String {
        file.withBytes { bytes in
            var hash = SHA256()
            let piece = 1 << 24
            for start in stride(from: 0, to: bytes.count, by: piece) {
                hash.update(
                    bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)]))
            }
            return hexadecimal(hash.finalize())
        }
    }

    fileprivate static func hexadecimal(_ digest: SHA256.Digest) -> String {
        digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension AdapterFiles {
    /// A name for the exact content of an adapter folder, the same wherever it lies: 64 hexadecimal digits.
    ///
    /// SHA-256 over the line "emlab adapter 1" and a line each for adapter_config.json and adapter_model.safetensors, as
    /// in ``ModelFiles/fingerprint()``.
    public static func fingerprint(_ folder: URL) throws -> String {
        var outer = SHA256()
        outer.update(data: Data("emlab adapter 1\n".utf8))
        for name in [configName, weightsName] {
            let file = try MappedFile(folder.appendingPathComponent(name))
            outer.update(data: Data("\(name) \(file.count) \(ModelFiles.sha256(file))\n".utf8))
        }
        return ModelFiles.hexadecimal(outer.finalize())
    }
}
