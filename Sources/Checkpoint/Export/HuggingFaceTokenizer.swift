import Tokenization

/// tokenizer.json for a tokenizer that a GGUF file describes, with which Hugging Face's `tokenizers` gives the same ids.
package struct HuggingFaceTokenizer {
    let source: GGUFTokenizerSource
    let file: String

    package init(source: GGUFTokenizerSource, file: String) {
        self.source = source
        self.file = file
    }

    package func json() throws -> JSON {
        let isByteLevel: Bool
        switch source.model {
        case "gpt2": isByteLevel = true
        case "llama": isByteLevel = false
        default: throw error("model", "\(CheckpointError.quoted(source.model)) can't be written as tokenizer.json")
        }
        // Tokens are bytes here: Swift takes canonically equivalent strings for equal.
        var seen: Set<[UInt8]> = []
        for token in source.tokens where !seen.insert(Array(token.utf8)).inserted {
            throw error("tokens", "has \(CheckpointError.quoted(token)) twice")
        }
        let vocabulary = source.tokens.enumerated().map { JSON.Member(key: $1, value: .integer($0)) }
        let unknown = source.unknown.flatMap { source.tokens.indices.contains($0) ? source.tokens[$0] : nil }
        let merges = isByteLevel ? try (source.merges ?? []).map(pair) : mergesOfScores()
        let model: JSON = [
            "type": "BPE", "dropout": .null, "continuing_subword_prefix": .null, "end_of_word_suffix": .null,
            "unk_token": isByteLevel ? .null : unknown.map { .string($0) } ?? .null,
            "fuse_unk": .bool(!isByteLevel), "byte_fallback": .bool(!isByteLevel),
            "ignore_merges": .bool(isByteLevel && Self.ignoringMerges.contains(source.pre ?? "")),
            "vocab": .ordered(vocabulary), "merges": .array(merges),
        ]
        let (normalizer, preTokenizer, decoder) = isByteLevel ? try byteLevelSteps() : sentencePieceSteps()
        return [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(addedTokens(isByteLevel)),
            "normalizer": normalizer, "pre_tokenizer": preTokenizer, "post_processor": postProcessor,
            "decoder": decoder, "model": model,
        ]
    }

    private func error(_ key: String, _ reason: String) -> CheckpointError {
        CheckpointError(file: file, place: "tokenizer.ggml.\(key)", reason: reason)
    }

    private func pair(_ merge: String) throws -> JSON {
        let parts = merge.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw error("merges", "\(CheckpointError.quoted(merge)) isn't two tokens with a space between")
        }
        return [.string(String(parts[0])), .string(String(parts[1]))]
    }

    private func type(_ id: Int) -> Int32 {
        guard let types = source.tokenTypes, types.indices.contains(id) else { return 1 }
        return types[id]
    }

    /// Control and unknown tokens are special; user-defined ones are found whole but aren't special.
    private func addedTokens(_ isByteLevel: Bool) -> [JSON] {
        source.tokens.enumerated().compactMap { id, token in
            let type = type(id)
            guard [2, 3, 4].contains(type), !token.isEmpty else { return nil }
            return [
                "id": .integer(id), "content": .string(token), "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": .bool(type == 4 && !isByteLevel), "special": .bool(type != 4),
            ]
        }
    }

    private var postProcessor: JSON {
        guard source.addBOS == true, let bos = source.bos, source.tokens.indices.contains(bos) else { return .null }
        let token = JSON.string(source.tokens[bos])
        func special(_ type: Int) -> JSON { ["SpecialToken": ["id": token, "type_id": .integer(type)]] }
        func sequence(_ name: String, _ type: Int) -> JSON {
            ["Sequence": ["id": .string(name), "type_id": .integer(type)]]
        }
        return [
            "type": "TemplateProcessing", "single": [special(0), sequence("A", 0)],
            "pair": [special(0), sequence("A", 0), special(1), sequence("B", 1)],
            "special_tokens": .object([
                source.tokens[bos]: ["id": token, "ids": [.integer(bos)], "tokens": .array([token])]
            ]),
        ]
    }

    private static let ignoringMerges: Set<String> = ["llama-bpe", "llama3", "llama-v3", "tekken"]

    /// The public split patterns behind llama.cpp's names of pre-tokenizers.
    private func byteLevelSteps() throws -> (normalizer: JSON, preTokenizer: JSON, decoder: JSON) {
        func words(_ pattern: String) -> JSON {
            ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false]
        }
        func byteLevel(splits: Bool) -> JSON {
            ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": .bool(splits)]
        }
        func sequence(_ steps: JSON...) -> JSON { ["type": "Sequence", "pretokenizers": .array(steps)] }
        func contractions(digits: String) -> String {
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
                + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        }
        let decoder: JSON = ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true]
        switch source.pre {
        case "gpt-2": return (.null, byteLevel(splits: true), decoder)
        case "smollm", "starcoder", "refact", "codeshell":
            return (
                .null, sequence(["type": "Digits", "individual_digits": true], byteLevel(splits: true)), decoder
            )
        case "qwen2", "deepseek-r1-qwen":
            return (
                ["type": "NFC"], sequence(words(contractions(digits: #"\p{N}"#)), byteLevel(splits: false)), decoder
            )
        case "llama-bpe", "llama3", "llama-v3":
            return (
                .null, sequence(words(contractions(digits: #"\p{N}{1,3}"#)), byteLevel(splits: false)), decoder
            )
        case "tekken":
            let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
            let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
            let pattern =
                #"[^\r\n\p{L}\p{N}]?"# + upper + "*" + lower + #"+|[^\r\n\p{L}\p{N}]?"# + upper + "+" + lower
                + #"*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
            return (.null, sequence(words(pattern), byteLevel(splits: false)), decoder)
        default:
            throw error("pre", "\(CheckpointError.quoted(source.pre ?? "")) can't be written as tokenizer.json")
        }
    }

    private func sentencePieceSteps() -> (normalizer: JSON, preTokenizer: JSON, decoder: JSON) {
        let addsSpace = source.addSpacePrefix ?? true
        var normalizers: [JSON] = addsSpace ? [["type": "Prepend", "prepend": "▁"]] : []
        normalizers.append(["type": "Replace", "pattern": ["String": " "], "content": "▁"])
        var decoders: [JSON] = [
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"],
            ["type": "Fuse"],
        ]
        if addsSpace { decoders.append(["type": "Strip", "content": " ", "start": 1, "stop": 0]) }
        return (
            ["type": "Sequence", "normalizers": .array(normalizers)], .null,
            ["type": "Sequence", "decoders": .array(decoders)]
        )
    }

    /// SentencePiece joins whichever neighbours give the token of the highest score: all ways to halve each token, best
    /// score first, as merges.
    private func mergesOfScores() -> [JSON] {
        let scores = source.scores ?? []
        let ids = Dictionary(source.tokens.enumerated().map { (Array($1.utf8)[...], $0) }) { first, _ in first }
        var merges: [(score: Float, left: Int, right: Int)] = []
        for (id, token) in source.tokens.enumerated() where type(id) == 1 && scores.indices.contains(id) {
            let bytes = Array(token.utf8)
            // Only between characters: a byte that continues one begins with the bits 10.
            for cut in bytes.indices.dropFirst() where bytes[cut] & 0xC0 != 0x80 {
                guard let left = ids[bytes[..<cut]], let right = ids[bytes[cut...]] else { continue }
                merges.append((scores[id], left, right))
            }
        }
        merges.sort { ($1.score, $0.left, $0.right) < ($0.score, $1.left, $1.right) }
        return merges.map { [.string(source.tokens[$0.left]), .string(source.tokens[$0.right])] }
    }
}
