/// A Hugging Face `tokenizer.json`.
struct TokenizerFile {
    private let tree: JSONTree
    private let file: String

    init(_ bytes: [UInt8], file: String) throws {
        tree = try JSONTree(bytes, file: file)
        self.file = file
    }

    func parts() throws -> TokenizerParts {
        guard case .object = tree.root, let model = value("model", in: tree.root) else {
            throw TokenizerError("\(file): there is no \"model\"; this is not a Hugging Face tokenizer.json")
        }
        try refuseForeign(model)
        let normalizers = try value("normalizer", in: tree.root).map { try self.normalizers($0) } ?? []
        let spacing = try value("pre_tokenizer", in: tree.root).map { try preTokenizer($0) } ?? Spacing()
        let decoder = try decoder(value("decoder", in: tree.root), isByteLevel: spacing.isByteLevel)
        let added = try addedTokens(normalizers)
        var builder = try vocabulary(model, added: added, isByteLevel: spacing.isByteLevel)
        try builder.completeAdded()
        let merges = try merges(model, builder)
        var unknown: TokenID?
        if let name = try string("unk_token", in: model, at: "model") {
            unknown = builder.id(name)
            if unknown == -1 {
                throw TokenizerError(
                    "\(file): model.unk_token \(PartsBuilder.quote(name)) is not in the vocabulary")
            }
        }
        let ends = ends(added)
        return TokenizerParts(
            model: builder.model(
                merges: merges, fallsBackToBytes: try flag("byte_fallback", in: model, at: "model") ?? false,
                unknown: unknown, fusesUnknown: try flag("fuse_unk", in: model, at: "model") ?? false,
                ignoresMerges: try flag("ignore_merges", in: model, at: "model") ?? false),
            added: builder.added, normalizers: normalizers, metaspace: spacing.metaspace, splitters: spacing.splitters,
            decoder: decoder, bos: ends.bos, eos: ends.eos, addsBOS: ends.bos != nil)
    }

    // MARK: - Model

    private func refuseForeign(_ model: JSONTree.Value) throws {
        let type = try string("type", in: model, at: "model").map { String(decoding: $0, as: UTF8.self) }
        guard type == "BPE" || type == nil && value("merges", in: model) != nil else {
            throw TokenizerError(
                "\(file): model.type is \(type.map { "\"\($0)\"" } ?? "missing"); only \"BPE\" tokenizers are known")
        }
        switch value("dropout", in: model) {
        case nil, .integer(0): break
        case .number(let dropout) where dropout == 0: break
        default: throw TokenizerError("\(file): model.dropout makes ids random; set it to null")
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let affix = try string(key, in: model, at: "model"), !affix.isEmpty {
                throw TokenizerError(
                    "\(file): model.\(key) is \(PartsBuilder.quote(affix)); tokenizers with it are not known")
            }
        }
    }

    private func vocabulary(_ model: JSONTree.Value, added: [AddedToken], isByteLevel: Bool) throws -> PartsBuilder {
        guard case .object(let entries) = value("vocab", in: model) else {
            throw TokenizerError("\(file): model.vocab is missing or no object")
        }
        var highest = added.map { Int($0.id) }.max() ?? -1
        let ids = try entries.map { entry in
            guard case .integer(let id) = entry.value, id >= 0, id < Int(TokenID.max) else {
                throw TokenizerError(
                    "\(file): model.vocab[\(PartsBuilder.quote(tree.bytes(entry.key)))] is not a token id")
            }
            highest = max(highest, id)
            return id
        }
        var builder = try PartsBuilder(
            file: file, isByteLevel: isByteLevel, entries: entries.count + added.count, highestID: highest, added: added
        )
        for (entry, id) in zip(entries, ids) { try builder.add(tree.bytes(entry.key), id: id) }
        return builder
    }

    private func merges(_ model: JSONTree.Value, _ builder: PartsBuilder) throws -> MergeTable {
        guard case .array(let merges) = value("merges", in: model) else {
            throw TokenizerError("\(file): model.merges is missing or no array")
        }
        return try builder.merges(count: merges.count) { rank in
            switch merges[rank] {
            case .array(let pair):
                if pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] {
                    return (tree.bytes(left), tree.bytes(right))
                }
            case .string(let text):
                let halves = tree.bytes(text).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
                if halves.count == 2 { return (halves[0], halves[1]) }
            default: break
            }
            throw TokenizerError("\(file): model.merges[\(rank)] is not a pair of tokens")
        }
    }

    // MARK: - Added tokens

    private func addedTokens(_ normalizers: [Normalizer]) throws -> [AddedToken] {
        guard let list = value("added_tokens", in: tree.root) else { return [] }
        guard case .array(let entries) = list else { throw TokenizerError("\(file): added_tokens is no array") }
        var seen: Set<TokenID> = []
        var contents: Set<[UInt8]> = []
        return try entries.enumerated().map { index, entry in
            let place = "added_tokens[\(index)]"
            guard case .integer(let id) = value("id", in: entry), id >= 0, id < Int(TokenID.max) else {
                throw TokenizerError("\(file): \(place).id is missing or not a token id")
            }
            guard let content = try string("content", in: entry, at: place), !content.isEmpty else {
                throw TokenizerError("\(file): \(place).content is missing or empty")
            }
            guard seen.insert(TokenID(id)).inserted, contents.insert(content).inserted else {
                throw TokenizerError("\(file): \(place) repeats an id or a content that another added token has")
            }
            var token = AddedToken(
                id: TokenID(id), content: content, isSpecial: try flag("special", in: entry, at: place) ?? false)
            token.stripsLeft = try flag("lstrip", in: entry, at: place) ?? false
            token.stripsRight = try flag("rstrip", in: entry, at: place) ?? false
            token.isSingleWord = try flag("single_word", in: entry, at: place) ?? false
            if try flag("normalized", in: entry, at: place) ?? !token.isSpecial {
                // Hugging Face normalizes the pattern as it normalizes the text.
                var spelling = content.withUnsafeBufferPointer { AlignedText($0, base: 0, tracksEnds: false) }
                for normalizer in normalizers { normalizer.apply(to: &spelling, base: 0) }
                token.normalizedSpelling = spelling.bytes
            }
            return token
        }
    }

    /// The special tokens that a `TemplateProcessing` puts around a single text.
    private func ends(_ added: [AddedToken]) -> (bos: TokenID?, eos: TokenID?) {
        guard let processor = value("post_processor", in: tree.root) else { return (nil, nil) }
        var candidates = [processor]
        if case .array(let processors) = value("processors", in: processor) { candidates += processors }
        func special(_ piece: JSONTree.Value?) -> TokenID? {
            guard let piece, let token = value("SpecialToken", in: piece),
                case .string(let name) = value("id", in: token)
            else { return nil }
            return added.first { $0.content.elementsEqual(tree.bytes(name)) }?.id
        }
        for candidate in candidates {
            if case .array(let pieces) = value("single", in: candidate) {
                return (special(pieces.first), pieces.count > 1 ? special(pieces.last) : nil)
            }
        }
        return (nil, nil)
    }

    // MARK: - Normalizers

    private func normalizers(_ value: JSONTree.Value) throws -> [Normalizer] {
        let normalizers: [Normalizer] = try sequence(value, "normalizers", at: "normalizer").map { step, place in
            switch try type(step, at: place) {
            case "NFC": return .composeCanonically
            case "Prepend": return .prepend(try short("prepend", in: step, at: place))
            case "Replace":
                return .replace(try literal(step, at: place), with: try short("content", in: step, at: place))
            case let other:
                throw unknown(other, "normalizer", place, "NFC, Prepend, Replace with a string")
            }
        }
        try checkGrowth(
            normalizers.compactMap { step in
                guard case .replace(let pattern, let content) = step else { return nil }
                return (pattern, content)
            }, at: "normalizer")
        return normalizers
    }

    /// Refuses replacements that, one after the other, could make a text huge.
    private func checkGrowth(_ replacements: [(pattern: [UInt8], content: [UInt8])], at place: String) throws {
        var growth = 1
        for (pattern, content) in replacements {
            growth *= max(1, (content.count + pattern.count - 1) / pattern.count)
            guard growth <= 64 else {
                throw TokenizerError("\(file): \(place) makes a text more than 64 times as long; the file is damaged")
            }
        }
    }

    // MARK: - Pre-tokenizers

    private struct Spacing {
        var isByteLevel = false
        var metaspace: Metaspace?
        var splitters: [WordSplitter] = []
    }

    private func preTokenizer(_ value: JSONTree.Value) throws -> Spacing {
        var spacing = Spacing()
        for (step, place) in try sequence(value, "pretokenizers", at: "pre_tokenizer") {
            let type = try type(step, at: place)
            if spacing.isByteLevel {
                throw TokenizerError(
                    "\(file): \(place) (\(type)) comes after ByteLevel; ByteLevel must be the last step")
            }
            switch type {
            case "ByteLevel":
                if try flag("add_prefix_space", in: step, at: place) ?? true {
                    throw TokenizerError("\(file): \(place).add_prefix_space is true; only false is known")
                }
                spacing.isByteLevel = true
                if try flag("use_regex", in: step, at: place) ?? true { spacing.splitters.append(.pattern(.gpt2)) }
            case "Digits":
                let individual = try flag("individual_digits", in: step, at: place) ?? false
                spacing.splitters.append(.digits(individual: individual))
            case "Split":
                spacing.splitters.append(try split(step, at: place))
            case "Metaspace":
                guard spacing.metaspace == nil, spacing.splitters.isEmpty else {
                    throw TokenizerError("\(file): \(place): Metaspace is only known as the first step")
                }
                let metaspace = try metaspace(step, at: place)
                spacing.metaspace = metaspace
                if metaspace.splits { spacing.splitters.append(.literal(metaspace.replacement, .mergedWithNext)) }
            default:
                throw unknown(type, "pre-tokenizer", place, "ByteLevel, Digits, Metaspace, Split, Sequence")
            }
        }
        return spacing
    }

    private func split(_ step: JSONTree.Value, at place: String) throws -> WordSplitter {
        let behaviorName = String(decoding: try required("behavior", in: step, at: place), as: UTF8.self)
        let inverts = try flag("invert", in: step, at: place) ?? false
        guard let behavior = WordSplitter.Behavior(rawValue: behaviorName) else {
            throw unknown(behaviorName, "behavior", place, "Isolated, Removed, MergedWithPrevious, …")
        }
        guard let pattern = self.value("pattern", in: step),
            let expression = try string("Regex", in: pattern, at: place + ".pattern")
        else {
            if inverts { throw TokenizerError("\(file): \(place).invert is true for a string; only false is known") }
            return .literal(try literal(step, at: place), behavior)
        }
        guard let known = SplitPattern(expression: String(decoding: expression, as: UTF8.self)) else {
            throw TokenizerError(
                "\(file): \(place) splits by a regular expression that isn't known: "
                    + "\(String(decoding: expression.prefix(200), as: UTF8.self)). Known are those of GPT-2, Llama 3, "
                    + "Qwen2, Qwen3.5 and Tekken")
        }
        // A known pattern matches everywhere, so to keep the matches is to isolate them.
        guard behavior == .isolated && !inverts || behavior == .removed && inverts else {
            throw TokenizerError("\(file): \(place).behavior is \(behaviorName); with a pattern only Isolated is known")
        }
        return .pattern(known)
    }

    private func metaspace(_ step: JSONTree.Value, at place: String) throws -> Metaspace {
        let replacement = try short("replacement", in: step, at: place)
        let scheme: Metaspace.PrependScheme
        if let name = try string("prepend_scheme", in: step, at: place) {
            let name = String(decoding: name, as: UTF8.self)
            guard let known = Metaspace.PrependScheme(rawValue: name) else {
                throw unknown(name, "prepend_scheme", place, "first, never, always")
            }
            scheme = known
        } else {
            scheme = try flag("add_prefix_space", in: step, at: place) ?? true ? .always : .never
        }
        guard !replacement.isEmpty else { throw TokenizerError("\(file): \(place).replacement is empty") }
        return Metaspace(
            replacement: replacement, scheme: scheme, splits: try flag("split", in: step, at: place) ?? true)
    }

    // MARK: - Decoders

    private func decoder(_ value: JSONTree.Value?, isByteLevel: Bool) throws -> TokenDecoder {
        guard let value else {
            throw TokenizerError("\(file): there is no decoder; known are ByteLevel and SentencePiece's steps")
        }
        let steps = try sequence(value, "decoders", at: "decoder")
        if steps.count == 1, try type(steps[0].0, at: steps[0].1) == "ByteLevel", isByteLevel { return .byteLevel }
        if isByteLevel {
            throw TokenizerError("\(file): the pre-tokenizer is ByteLevel and the decoder is not; both must be")
        }
        let decoders: [TokenDecoder.Step] = try steps.map { step, place in
            switch try type(step, at: place) {
            case "Replace":
                return .replace(try literal(step, at: place), with: try short("content", in: step, at: place))
            case "ByteFallback": return .byteFallback
            case "Fuse": return .fuse
            case "Strip":
                return .strip(
                    try required("content", in: step, at: place), start: try count("start", in: step, at: place),
                    stop: try count("stop", in: step, at: place))
            case "Metaspace":
                let metaspace = try metaspace(step, at: place)
                return .metaspace(metaspace.replacement, dropsFirst: metaspace.scheme != .never)
            case let other:
                throw unknown(other, "decoder", place, "ByteLevel; Replace, ByteFallback, Fuse, Strip, Metaspace")
            }
        }
        try checkGrowth(
            decoders.compactMap { step in
                guard case .replace(let pattern, let content) = step else { return nil }
                return (pattern, content)
            }, at: "decoder")
        return .steps(decoders)
    }

    // MARK: - Looking into the tree

    /// A member's value; nil where it is missing or null.
    private func value(_ key: String, in object: JSONTree.Value) -> JSONTree.Value? {
        guard case .object(let members) = object else { return nil }
        let member = members.last { tree.bytes($0.key).elementsEqual(key.utf8) }
        if case .null = member?.value { return nil }
        return member?.value
    }

    private func string(_ key: String, in object: JSONTree.Value, at place: String) throws -> [UInt8]? {
        switch value(key, in: object) {
        case nil: return nil
        case .string(let text): return Array(tree.bytes(text))
        default: throw TokenizerError("\(file): \(place).\(key) is not a string")
        }
    }

    private func required(_ key: String, in object: JSONTree.Value, at place: String) throws -> [UInt8] {
        guard let text = try string(key, in: object, at: place) else {
            throw TokenizerError("\(file): \(place).\(key) is missing")
        }
        return text
    }

    /// A string that is put into texts again and again: a long one could make them huge.
    private func short(_ key: String, in object: JSONTree.Value, at place: String) throws -> [UInt8] {
        let text = try required(key, in: object, at: place)
        guard text.count <= 64 else {
            throw TokenizerError("\(file): \(place).\(key) has \(text.count) bytes; more than 64 are not plausible")
        }
        return text
    }

    private func flag(_ key: String, in object: JSONTree.Value, at place: String) throws -> Bool? {
        switch value(key, in: object) {
        case nil: return nil
        case .bool(let flag): return flag
        default: throw TokenizerError("\(file): \(place).\(key) is neither true nor false")
        }
    }

    private func count(_ key: String, in object: JSONTree.Value, at place: String) throws -> Int {
        guard case .integer(let count) = value(key, in: object), (0...1_000_000).contains(count) else {
            throw TokenizerError("\(file): \(place).\(key) is not a count")
        }
        return count
    }

    private func type(_ object: JSONTree.Value, at place: String) throws -> String {
        String(decoding: try required("type", in: object, at: place), as: UTF8.self)
    }

    /// The literal string of a `pattern`.
    private func literal(_ step: JSONTree.Value, at place: String) throws -> [UInt8] {
        guard let pattern = value("pattern", in: step),
            let literal = try string("String", in: pattern, at: place + ".pattern"), !literal.isEmpty
        else {
            throw TokenizerError("\(file): \(place).pattern is not a string; only strings are known here")
        }
        return literal
    }

    /// The steps of a `Sequence`, nested ones flattened, or the one step that `value` is.
    private func sequence(_ value: JSONTree.Value, _ key: String, at place: String) throws -> [(JSONTree.Value, String)]
    {
        guard try type(value, at: place) == "Sequence" else { return [(value, place)] }
        guard case .array(let steps) = self.value(key, in: value) else {
            throw TokenizerError("\(file): \(place).\(key) is missing or no array")
        }
        return try steps.enumerated().flatMap { try sequence($1, key, at: "\(place).\(key)[\($0)]") }
    }

    private func unknown(_ name: String, _ what: String, _ place: String, _ known: String) -> TokenizerError {
        TokenizerError(
            "\(file): \(place): the \(what) \"\(name.prefix(80))\" is not known; known are \(known). "
                + "Ids would be wrong without it")
    }
}
