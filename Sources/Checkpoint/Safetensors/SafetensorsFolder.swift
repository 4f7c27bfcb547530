import Foundation

/// The weights of a Hugging Face folder: model.safetensors, or the shards that model.safetensors.index.json lists.
enum SafetensorsFolder {
    static let single = "model.safetensors"
    static let index = "model.safetensors.index.json"

    /// The names of the folder's weight files, with the index where there is one.
    static func names(in folder: URL) throws -> [String] {
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent(single).path) { return [single] }
        return try shardNames(folder.appendingPathComponent(index)).names + [index]
    }

    /// The folder's weight files.
    static func files(in folder: URL) throws -> [SafetensorsFile] {
        let indexURL = folder.appendingPathComponent(index)
        let singleURL = folder.appendingPathComponent(single)
        if FileManager.default.fileExists(atPath: singleURL.path) { return [try SafetensorsFile(singleURL)] }
        guard FileManager.default.fileExists(atPath: indexURL.path) else {
            throw CheckpointError(
                file: folder.relativePath, reason: "holds neither \(single) nor \(index)",
                remedy: "emlab reads safetensors and GGUF; convert pytorch_model.bin files with transformers")
        }
        return try shards(indexURL, in: folder)
    }

    private static func shardNames(_ indexURL: URL) throws -> (names: [String], map: [String: JSON]) {
        let file = indexURL.relativePath
        let index = try JSON.object(at: indexURL, limit: 1 << 26)
        guard let map = index["weight_map"]?.object, !map.isEmpty else {
            throw CheckpointError(file: file, place: "weight_map", reason: "isn't an object that names tensors' files")
        }
        var names: Set<String> = []
        for (tensor, value) in map {
            guard let name = value.string, isPlainFileName(name) else {
                throw CheckpointError(
                    file: file, place: "tensor \(CheckpointError.quoted(tensor))",
                    reason: "lies in \(CheckpointError.quoted(value.string ?? value.compactText)), "
                        + "which isn't the name of a file in the folder")
            }
            names.insert(name)
        }
        return (names.sorted(), map)
    }

    private static func shards(_ indexURL: URL, in folder: URL) throws -> [SafetensorsFile] {
        let file = indexURL.relativePath
        let (names, map) = try shardNames(indexURL)
        let missing = names.filter {
            !FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
        guard missing.isEmpty else {
            throw CheckpointError.all(
                missing.map { "the shard \($0) is missing" }, file: file, remedy: "Fetch the model again")
        }
        let files = try names.map { try SafetensorsFile(folder.appendingPathComponent($0)) }
        let byName = Dictionary(zip(names, files), uniquingKeysWith: { $1 })
        for (tensor, value) in map {
            guard let shard = value.string, byName[shard]?.records[tensor] != nil else {
                throw CheckpointError(
                    file: file, place: "tensor \(CheckpointError.quoted(tensor))",
                    reason: "isn't in \(value.string ?? "its shard"), where the index says it is")
            }
        }
        return files
    }

    /// A name that can't leave its folder.
    static func isPlainFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.contains { $0 == "/" || $0 == "\\" || $0 == "\0" }
            && name.hasSuffix(".safetensors")
    }

    /// The tensors of all files under the names of a text model.
    static func tensors(
        of files: [SafetensorsFile], in folder: URL, family: ModelFamily
    ) throws -> StoredTensors {
        var tensors: [String: StoredTensor] = [:]
        for file in files {
            for (name, found) in file.records {
                var record = found
                record.name = family == .gemma3 ? textModelName(of: name) : name
                let tensor = StoredTensor(record: record, file: file.file)
                if let other = tensors.updateValue(tensor, forKey: record.name) {
                    throw CheckpointError(
                        file: file.path, place: "tensor \(CheckpointError.quoted(name))",
                        reason: other.file === file.file ? "is there twice" : "is also in \(other.file.path)")
                }
            }
        }
        try StoredQuantisation.fold(&tensors, path: folder.relativePath)
        return StoredTensors(path: folder.relativePath, tensors: tensors)
    }

    /// Gemma 3 with vision holds its text model inside, as transformers 4 and 5 name it.
    private static func textModelName(of name: String) -> String {
        for (outer, inner) in [
            ("language_model.model.", "model."), ("model.language_model.", "model."),
            ("language_model.lm_head.", "lm_head."),
        ] where name.hasPrefix(outer) {
            return inner + name.dropFirst(outer.count)
        }
        return name
    }
}
