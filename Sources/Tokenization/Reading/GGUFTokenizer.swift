extension GGUFTokenizerSource {
    /// GGUF's token types.
    private enum Kind {
        static let normal: Int32 = 1
        static let unknown: Int32 = 2
        static let control: Int32 = 3
        static let userDefined: Int32 = 4
        static let byte: Int32 = 6
    }

    /// What llama.cpp's names of pre-tokenizers stand for.
    private static let splitters: [String: [WordSplitter]] = [
        "gpt-2": [.pattern(.gpt2)],
        "smollm": [.digits(individual: true), .pattern(.gpt2)],
        "starcoder": [.digits(individual: true), .pattern(.gpt2)],
        "refact": [.digits(individual: true), .pattern(.gpt2)],
        "codeshell": [.digits(individual: true), .pattern(.gpt2)],
        "qwen2": [.pattern(.contractionsFolded(digits: 1, marksAreLetters: false))],
        "deepseek-r1-qwen": [.pattern(.contractionsFolded(digits: 1, marksAreLetters: false))],
        "qwen35": [.pattern(.contractionsFolded(digits: 1, marksAreLetters: true))],
        "llama-bpe": [.pattern(.contractionsFolded(digits: 3, marksAreLetters: false))],
        "llama3": [.pattern(.contractionsFolded(digits: 3, marksAreLetters: false))],
        "llama-v3": [.pattern(.contractionsFolded(digits: 3, marksAreLetters: false))],
        "tekken": [.pattern(.tekken)],
    ]

    /// Names whose models look a whole word up before merging.
    private static let ignoringMerges: Set<String> = ["llama-bpe", "llama3", "llama-v3", "tekken"]
    /// Names whose models compose text canonically first.
    private static let composing: Set<String> = ["qwen2", "qwen35", "deepseek-r1-qwen"]

    func parts(file: String) throws -> TokenizerParts {
        try checkLengths(file)
        switch model {
        case "gpt2": return try bytePairParts(file)
        case "llama": return try sentencePieceParts(file)
        default:
            throw TokenizerError(
                "\(file): tokenizer.ggml.model is \"\(model)\"; known are \"gpt2\" (byte-level BPE) and \"llama\" "
                    + "(SentencePiece)")
        }
    }

    private func checkLengths(_ file: String) throws {
        guard tokens.count <= Int(Int32.max) / 4 else {
            throw TokenizerError("\(file): tokenizer.ggml.tokens lists \(tokens.count) tokens; the file is damaged")
        }
        if let tokenTypes, tokenTypes.count != tokens.count {
            throw TokenizerError(
                "\(file): tokenizer.ggml.token_type has \(tokenTypes.count) entries for \(tokens.count) tokens; "
                    + "the file is damaged")
        }
        if let scores, scores.count != tokens.count {
            throw TokenizerError(
                "\(file): tokenizer.ggml.scores has \(scores.count) entries for \(tokens.count) tokens; "
                    + "the file is damaged")
        }
    }

    private func kind(_ id: Int) -> Int32 {
        tokenTypes?[id] ?? Kind.normal
    }

    private func token(_ id: Int?, _ key: String, _ file: String) throws -> TokenID? {
        guard let id else { return nil }
        guard tokens.indices.contains(id) else {
            throw TokenizerError(
                "\(file): tokenizer.ggml.\(key)_token_id is \(id), but there are \(tokens.count) tokens; "
                    + "the file is damaged")
        }
        return TokenID(id)
    }

    private func addedTokens(inNormalizedText: Bool) -> [AddedToken] {
        tokens.indices.compactMap { id in
            let kind = kind(id)
            let isSpecial = kind == Kind.control || kind == Kind.unknown
            guard isSpecial || kind == Kind.userDefined, !tokens[id].isEmpty else { return nil }
            let content = Array(tokens[id].utf8)
            return AddedToken(
                id: TokenID(id), content: content, isSpecial: isSpecial,
                normalizedSpelling: inNormalizedText && !isSpecial ? content : nil)
        }
    }

    private func builder(_ file: String, isByteLevel: Bool) throws -> PartsBuilder {
        var builder = try PartsBuilder(
            file: file, isByteLevel: isByteLevel, entries: tokens.count, highestID: tokens.count - 1,
            added: addedTokens(inNormalizedText: !isByteLevel))
        for (id, token) in tokens.enumerated() { try builder.add(Array(token.utf8)[...], id: id) }
        return builder
    }

    private func bytePairParts(_ file: String) throws -> TokenizerParts {
        guard let pre, let splitters = Self.splitters[pre] else {
            throw TokenizerError(
                "\(file): tokenizer.ggml.pre is \(pre.map { "\"\($0)\"" } ?? "missing"), so how the model splits text is "
                    + "not known; known are \(Self.splitters.keys.sorted().joined(separator: ", ")). Use the model's "
                    + "Hugging Face folder with its tokenizer.json, or a GGUF converted with a newer llama.cpp")
        }
        guard let merges else {
            throw TokenizerError("\(file): tokenizer.ggml.merges is missing; a \"gpt2\" tokenizer needs it")
        }
        let builder = try builder(file, isByteLevel: true)
        let table = try builder.merges(count: merges.count) { rank in
            let pair = Array(merges[rank].utf8)
            guard let space = pair.firstIndex(of: UInt8(ascii: " ")),
                space > 0, space < pair.count - 1, !pair[(space + 1)...].contains(UInt8(ascii: " "))
            else {
                throw TokenizerError(
                    "\(file): tokenizer.ggml.merges[\(rank)] is \(PartsBuilder.quote(pair)), not two tokens with a space "
                        + "between them; the file is damaged")
            }
            return (pair[..<space], pair[(space + 1)...])
        }
        return TokenizerParts(
            model: builder.model(merges: table, ignoresMerges: Self.ignoringMerges.contains(pre)),
            added: builder.added, normalizers: Self.composing.contains(pre) ? [.composeCanonically] : [],
            splitters: splitters, decoder: .byteLevel, bos: try token(bos, "bos", file),
            eos: try token(eos, "eos", file),
            addsBOS: addBOS ?? false)
    }

    private func sentencePieceParts(_ file: String) throws -> TokenizerParts {
        guard let scores else {
            throw TokenizerError("\(file): tokenizer.ggml.scores is missing; a \"llama\" tokenizer needs it")
        }
        if let bad = scores.firstIndex(where: { $0.isNaN }) {
            throw TokenizerError("\(file): tokenizer.ggml.scores[\(bad)] is not a number; the file is damaged")
        }
        let builder = try builder(file, isByteLevel: false)
        let table = builder.merges(scores: scores) { kind(Int($0)) == Kind.normal }
        let unknown = try token(unknown, "unknown", file)
        let addsSpace = addSpacePrefix ?? true
        let mark = Array("▁".utf8)
        let space = [UInt8(ascii: " ")]
        return TokenizerParts(
            model: builder.model(
                merges: table, fallsBackToBytes: true,
                unknown: unknown ?? tokens.indices.first { kind($0) == Kind.unknown }.map { TokenID($0) },
                fusesUnknown: true),
            added: builder.added,
            normalizers: (addsSpace ? [.prepend(mark)] : []) + [.replace(space, with: mark)],
            splitters: [],
            decoder: .steps(
                [.replace(mark, with: space), .byteFallback, .fuse]
                    + (addsSpace ? [.strip(space, start: 1, stop: 0)] : [])),
            bos: try token(bos, "bos", file), eos: try token(eos, "eos", file), addsBOS: addBOS ?? true)
    }
}
