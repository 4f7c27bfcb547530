import Foundation
import Tokenization

/// A model on disk, checked: a Hugging Face folder or a single GGUF file.
public final class ModelFiles: Sendable {
    /// Where the model lies.
    public let url: URL
    public let configuration: ModelConfiguration
    /// The weights under Hugging Face's names, every one that the configuration asks for with the shape it asks for.
    public let weights: any WeightFile
    /// Tensors that the model has no use for, by name: worth a warning, no error.
    public let unusedTensors: [String]
    /// The model's own chat template (Jinja), if it has one.
    public let chatTemplate: String?
    /// Tokens that end an answer, as the model's own files say.
    public let endTokens: [Int]
    let source: Source

    enum Source: Sendable {
        case gguf(GGUFFile)
        case folder(ModelFolder)
    }

    private init(
        url: URL, configuration: ModelConfiguration, weights: StoredTensors, chatTemplate: String?, endTokens: [Int],
        source: Source
    ) throws {
        let (mistakes, unused) = configuration.compare(with: weights)
        guard mistakes.isEmpty else { throw CheckpointError.all(mistakes, file: url.relativePath) }
        self.url = url
        self.configuration = configuration
        self.weights = weights
        self.chatTemplate = chatTemplate
        self.endTokens = endTokens
        self.source = source
        unusedTensors = unused
    }

    /// Opens a model and checks all of it but the numbers.
    ///
    /// - Parameter url: a folder with config.json and safetensors, or a `.gguf` file.
    /// - Throws: ``CheckpointError`` with all missing and misshapen tensors, or what is wrong with a file.
    public static func open(_ url: URL) throws -> ModelFiles {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw CheckpointError(
                file: url.relativePath, reason: "there is no such file or folder", remedy: "Check the path")
        }
        if isFolder.boolValue { return try open(folder: url) }
        guard try MappedFile(url).withBytes({ $0.starts(with: [0x47, 0x47, 0x55, 0x46]) }) else {
            throw CheckpointError(
                file: url.relativePath, reason: "isn't a GGUF file",
                remedy: "Name a .gguf file or the folder of a Hugging Face model (with config.json)")
        }
        return try open(gguf: url)
    }

    private static func open(gguf url: URL) throws -> ModelFiles {
        let file = try GGUFFile(url)
        let configuration = try ModelConfiguration(gguf: file)
        let end = file.metadata["tokenizer.ggml.eos_token_id"]?.integer
        let endOfTurn = file.metadata["tokenizer.ggml.eot_token_id"]?.integer
        return try ModelFiles(
            url: url, configuration: configuration,
            weights: GGUFWeights.tensors(of: file, configuration: configuration),
            chatTemplate: file.metadata["tokenizer.chat_template"]?.string,
            endTokens: [end, endOfTurn].compactMap { $0 }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
            source: .gguf(file))
    }

    private static func open(folder url: URL) throws -> ModelFiles {
        let folder = try ModelFolder(url)
        let configuration = try ModelConfiguration(config: folder.config, file: folder.configPath)
        let files = try SafetensorsFolder.files(in: url)
        return try ModelFiles(
            url: url, configuration: configuration,
            weights: SafetensorsFolder.tensors(of: files, in: url, family: configuration.family),
            chatTemplate: folder.chatTemplate, endTokens: folder.endTokens, source: .folder(folder))
    }
}
