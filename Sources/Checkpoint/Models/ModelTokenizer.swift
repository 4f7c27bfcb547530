import Foundation
import Tokenization

extension ModelFiles {
    /// The model's own tokenizer: a folder's tokenizer.json, or what a GGUF file's metadata says.
    ///
    /// - Throws: ``CheckpointError`` if there is none, `TokenizerError` for what is wrong with it.
    public func tokenizer() throws -> Tokenizer {
        switch source {
        case .gguf(let file): return try Tokenizer(source: file.tokenizerSource(), file: file.path)
        case .folder(let folder):
            let url = folder.tokenizerURL
            guard FileManager.default.fileExists(atPath: url.path) else {
                throw CheckpointError(
                    file: folder.url.relativePath, reason: "holds no tokenizer.json",
                    remedy: "Save the model's fast tokenizer there: AutoTokenizer.from_pretrained(…).save_pretrained(…)"
                )
            }
            return try Tokenizer(json: MappedFile.data(url, limit: 1 << 28), file: url.relativePath)
        }
    }

    /// The chat format that the model's own template is.
    ///
    /// - Throws: ``CheckpointError`` if the model has no template, `ChatFormat`'s error if it is an unknown one.
    public func chatFormat() throws -> ChatFormat {
        guard let chatTemplate else {
            throw CheckpointError(
                file: url.relativePath, reason: "has no chat template",
                remedy: "Is it a base model? Choose the chat format yourself: "
                    + ChatFormat.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return try ChatFormat.recognise(template: chatTemplate)
    }

    /// Text of the token that begins a text, as tokenizer_config.json or the GGUF file says.
    public var bosToken: String? { specialToken("bos") }
    public var eosToken: String? { specialToken("eos") }
    public var padToken: String? { specialToken("pad") }
    public var unknownToken: String? { specialToken("unk") }

    /// Whether the model's tokenizer puts a begin token before a text by itself; nil where the files don't say.
    public var addsBOS: Bool? {
        switch source {
        case .gguf(let file): file.metadata["tokenizer.ggml.add_bos_token"]?.bool
        case .folder(let folder): folder.tokenizerConfig["add_bos_token"]?.bool
        }
    }

    private func specialToken(_ role: String) -> String? {
        switch source {
        case .gguf(let file):
            let key = ["pad": "padding", "unk": "unknown"][role] ?? role
            guard let id = file.metadata["tokenizer.ggml.\(key)_token_id"]?.integer,
                let tokens = file.metadata["tokenizer.ggml.tokens"]?.strings, tokens.indices.contains(id)
            else { return nil }
            return tokens[id]
        case .folder(let folder):
            let value = folder.tokenizerConfig["\(role)_token"]
            return value?.string ?? value?["content"]?.string
        }
    }
}

extension GGUFFile {
    /// The tokenizer's metadata.
    ///
    /// - Throws: ``CheckpointError`` if a key is missing or of another kind.
    package func tokenizerSource() throws -> GGUFTokenizerSource {
        func error(_ key: String, _ reason: String) -> CheckpointError {
            CheckpointError(
                file: path, place: "tokenizer.ggml.\(key)", reason: reason,
                remedy: "The file has no tokenizer that can be used; convert the model again with its tokenizer")
        }
        func value<T>(_ key: String, _ what: String, _ convert: (GGUFValue) -> T?) throws -> T? {
            guard let found = metadata["tokenizer.ggml.\(key)"] else { return nil }
            // An empty list has no kind of its own to be wrong about.
            guard let converted = convert(found) else { throw error(key, "is \(found.kind); \(what) is needed") }
            return converted
        }
        func id(_ key: String) throws -> Int? { try value("\(key)_token_id", "a token's number", \.integer) }
        guard let model = try value("model", "a string", \.string) else { throw error("model", "is missing") }
        guard let tokens = try value("tokens", "a list of strings", \.strings) else {
            throw error("tokens", "is missing")
        }
        return GGUFTokenizerSource(
            model: model, pre: try value("pre", "a string", \.string), tokens: tokens,
            scores: try value("scores", "a list of numbers", \.numbers)?.map { Float($0) },
            tokenTypes: try value("token_type", "a list of small numbers") { list in
                list.integers.flatMap { numbers in
                    let types = numbers.compactMap { Int32(exactly: $0) }
                    return types.count == numbers.count ? types : nil
                }
            },
            merges: try value("merges", "a list of strings", \.strings), bos: try id("bos"), eos: try id("eos"),
            unknown: try id("unknown"), padding: try id("padding"),
            addBOS: try value("add_bos_token", "true or false", \.bool),
            addSpacePrefix: try value("add_space_prefix", "true or false", \.bool))
    }
}
