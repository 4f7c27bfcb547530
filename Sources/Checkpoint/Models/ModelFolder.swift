import Foundation

/// The small files of a Hugging Face folder.
struct ModelFolder: Sendable {
    let url: URL
    let config: [String: JSON]
    let configPath: String
    let chatTemplate: String?
    /// generation_config.json's eos_token_id, else config.json's.
    let endTokens: [Int]
    /// tokenizer_config.json, empty if there is none.
    let tokenizerConfig: [String: JSON]

    var tokenizerURL: URL { url.appendingPathComponent("tokenizer.json") }

    /// The files of a tokenizer, whichever of them there are.
    static let tokenizerNames = [
        "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model",
    ]
    /// The small files that make a model what it is.
    static let contentNames = ["config.json", "generation_config.json"] + tokenizerNames

    private static let limit = 1 << 26

    init(_ url: URL) throws {
        self.url = url
        func object(_ name: String) throws -> [String: JSON]? {
            let file = url.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            return try JSON.object(at: file, limit: Self.limit)
        }
        configPath = url.appendingPathComponent("config.json").relativePath
        guard let config = try object("config.json") else {
            throw CheckpointError(
                file: url.relativePath, reason: "holds no config.json",
                remedy: "Name the folder of a Hugging Face model, or a .gguf file")
        }
        self.config = config
        tokenizerConfig = try object("tokenizer_config.json") ?? [:]
        let generation = try object("generation_config.json") ?? [:]
        let ends = [generation["eos_token_id"], config["eos_token_id"], config["text_config"]?["eos_token_id"]]
        endTokens = ends.lazy.compactMap { $0 }.first { !$0.isNull }.map(Self.tokens) ?? []
        chatTemplate = try Self.template(in: url, config: tokenizerConfig)
    }

    private static func tokens(_ value: JSON) -> [Int] {
        value.integer.map { [$0] } ?? value.array?.compactMap(\.integer) ?? []
    }

    /// chat_template.jinja, or tokenizer_config.json's template; of several named ones the default.
    private static func template(in url: URL, config: [String: JSON]) throws -> String? {
        let file = url.appendingPathComponent("chat_template.jinja")
        if FileManager.default.fileExists(atPath: file.path) {
            let data = try MappedFile.data(file, limit: 1 << 22)
            guard let text = String(validating: data, as: UTF8.self) else {
                throw CheckpointError(file: file.relativePath, reason: "isn't UTF-8 text")
            }
            return text
        }
        if let text = config["chat_template"]?.string { return text }
        let named = config["chat_template"]?.array ?? []
        return (named.first { $0["name"]?.string == "default" } ?? named.first)?["template"]?.string
    }
}
