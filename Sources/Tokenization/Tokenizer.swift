import Foundation

/// The number of a token in a vocabulary.
public typealias TokenID = Int32

/// Text to token ids and back, with the ids of Hugging Face's `tokenizers`.
///
/// Byte pair encoding in both its forms: byte-level (GPT-2, SmolLM2, Llama 3, Qwen) and SentencePiece's (Mistral, Gemma).
/// What a file asks for and isn't known here is an error when the file is read, never ignored. Encoding and decoding
/// don't fail and may run on several threads at once.
public final class Tokenizer: Sendable {
    let model: BytePairModel
    private let added: [TokenID: AddedToken]
    private let addedByContent: [[UInt8]: TokenID]
    /// Added tokens looked for in the text as written, and in the normalized text.
    private let finder: AddedTokenFinder
    private let normalizedFinder: AddedTokenFinder
    private let normalizers: [Normalizer]
    private let metaspace: Metaspace?
    private let splitters: [WordSplitter]
    private let decoder: TokenDecoder

    /// The tokens that begin and end a text, as far as the file says.
    public let bos: TokenID?
    public let eos: TokenID?
    /// Whether the file says that a text begins with `bos`. `encode` never adds it; a chat format writes its own.
    public let addsBOS: Bool

    /// Reads a Hugging Face `tokenizer.json`; `file` is its name for errors.
    ///
    /// Truncation, padding and post-processing settings are not used: nothing is added to or cut from a text.
    /// Throws `TokenizerError`.
    public convenience init(json: Data, file: String) throws {
        self.init(try TokenizerFile(Array(json), file: file).parts())
    }

    /// Reads a GGUF file's tokenizer metadata; `file` is the file's name for errors. Throws `TokenizerError`.
    public convenience init(source: GGUFTokenizerSource, file: String) throws {
        self.init(try source.parts(file: file))
    }

    init(_ parts: TokenizerParts) {
        var model = parts.model
        model.forbidden = Set(parts.added.lazy.filter { $0.isSpecial && $0.id != parts.model.unknown }.map(\.id))
        self.model = model
        normalizers = parts.normalizers
        metaspace = parts.metaspace
        splitters = parts.splitters
        decoder = parts.decoder
        bos = parts.bos
        eos = parts.eos
        addsBOS = parts.addsBOS && parts.bos != nil
        added = Dictionary(parts.added.map { ($0.id, $0) }) { first, _ in first }
        addedByContent = Dictionary(parts.added.map { ($0.content, $0.id) }) { first, _ in first }
        var finder = AddedTokenFinder()
        var normalizedFinder = AddedTokenFinder()
        for token in parts.added {
            if let spelling = token.normalizedSpelling {
                normalizedFinder.add(token, spelling: spelling)
            } else {
                finder.add(token, spelling: token.content)
            }
        }
        self.finder = finder
        self.normalizedFinder = normalizedFinder
    }

    // MARK: - Encoding

    /// The ids of a text, without any begin or end token.
    ///
    /// - Parameter parsingSpecialTokens: false (what strangers wrote): no part of the text becomes a special token,
    ///   "<|im_end|>" is encoded as the letters it has. (What the vocabulary can't say at all is the unknown token, in
    ///   files that have one and no tokens for bytes.) True (a rendered template): as Hugging Face's
    ///   `encode(text, add_special_tokens=False)`. Added tokens that are not special are found either way.
    public func encode(_ text: String, parsingSpecialTokens: Bool = false) -> [TokenID] {
        var sink = TokenSink()
        var text = text
        text.withUTF8 { bytes in
            sink.ids.reserveCapacity(bytes.count / 3 + 4)
            encode(bytes, base: 0, parsingSpecial: parsingSpecialTokens, into: &sink)
        }
        return sink.ids
    }

    /// The ids of a text as ``encode(_:parsingSpecialTokens:)`` has them without special tokens, and which of the text's
    /// UTF-8 bytes each stands for: ascending, without gaps; empty for all but one of several tokens that share a byte.
    public func encodeWithRanges(_ text: String) -> (ids: [TokenID], ranges: [Range<Int>]) {
        var sink = TokenSink(tracksEnds: true)
        var text = text
        text.withUTF8 { encode($0, base: 0, parsingSpecial: false, into: &sink) }
        var start = 0
        let ranges = sink.ends.map { end in
            defer { start = max(start, end) }
            return start..<max(start, end)
        }
        return (sink.ids, ranges)
    }

    /// Encodes text that starts `base` bytes into a longer one.
    func encode(_ text: UnsafeBufferPointer<UInt8>, base: Int, parsingSpecial: Bool, into sink: inout TokenSink) {
        if finder.isEmpty { return encodeGap(text, base: base, parsingSpecial: parsingSpecial, into: &sink) }
        finder.split(text, parsingSpecial: parsingSpecial) { range in
            encodeGap(
                UnsafeBufferPointer(rebasing: text[range]), base: base + range.lowerBound,
                parsingSpecial: parsingSpecial, into: &sink)
        } found: { token, range in
            sink.append(token.id, end: base + range.upperBound)
        }
    }

    private func encodeGap(
        _ text: UnsafeBufferPointer<UInt8>, base: Int, parsingSpecial: Bool, into sink: inout TokenSink
    ) {
        if normalizers.isEmpty, metaspace == nil, normalizedFinder.isEmpty {
            return encodeWords(text, into: &sink) { base + $0 }
        }
        var normalized = AlignedText(text, base: base, tracksEnds: sink.tracksEnds)
        for normalizer in normalizers { normalizer.apply(to: &normalized, base: base) }
        guard !normalizedFinder.isEmpty else {
            return encodeSpaced(normalized, base: base, isAtStart: base == 0, into: &sink)
        }
        normalized.bytes.withUnsafeBufferPointer { bytes in
            normalizedFinder.split(bytes, parsingSpecial: parsingSpecial) { range in
                let part = AlignedText(slice: range, of: normalized)
                let partBase = normalized.end(range.lowerBound, base: base)
                encodeSpaced(part, base: partBase, isAtStart: base == 0 && range.lowerBound == 0, into: &sink)
            } found: { token, range in
                sink.append(token.id, end: normalized.end(range.upperBound, base: base))
            }
        }
    }

    private func encodeSpaced(_ text: AlignedText, base: Int, isAtStart: Bool, into sink: inout TokenSink) {
        var text = text
        metaspace?.apply(to: &text, base: base, isAtStart: isAtStart)
        text.bytes.withUnsafeBufferPointer { bytes in
            encodeWords(bytes, into: &sink) { text.end($0, base: base) }
        }
    }

    private func encodeWords(_ text: UnsafeBufferPointer<UInt8>, into sink: inout TokenSink, end: (Int) -> Int) {
        WordSplitter.forEachWord(of: text, splitters[...]) { word in
            model.encode(UnsafeBufferPointer(rebasing: text[word]), into: &sink) { end(word.lowerBound + $0) }
        }
    }

    // MARK: - Decoding

    /// The text of ids; bytes that aren't UTF-8 become U+FFFD, and ids that name no token are passed over.
    public func decode(_ ids: [TokenID], skippingSpecialTokens: Bool = false) -> String {
        let kept = skippingSpecialTokens ? ids.filter { !isSpecial($0) } : ids
        let tokens = kept.map { Array(model.vocabulary.bytes($0)) }
        return String(decoding: decoder.text(of: tokens), as: UTF8.self)
    }

    /// The exact bytes of ids, for output that streams: bytes of neighbouring calls join to valid UTF-8.
    ///
    /// Unlike `decode` nothing is stripped at the start, so a SentencePiece text keeps its first space.
    public func bytes(of ids: [TokenID]) -> [UInt8] {
        guard decoder != .byteLevel else { return ids.flatMap { model.vocabulary.bytes($0) } }
        return ids.flatMap { decoder.bytes(of: Array(model.vocabulary.bytes($0))) }
    }

    // MARK: - Vocabulary

    /// Highest id + 1.
    public var vocabularySize: Int { model.vocabulary.size }

    /// The id of a token as the file spells it ("<|im_end|>", "Ġthe", "▁the").
    public func id(ofToken token: String) -> TokenID? {
        let spelling = Array(token.utf8)
        if let id = addedByContent[spelling] { return id }
        var bytes = spelling
        if model.isByteLevel {
            bytes = []
            guard ByteAlphabet.append(spelling, to: &bytes) else { return nil }
        }
        let id = model.vocabulary.find(bytes)
        return id >= 0 ? id : nil
    }

    /// Whether a token is special: part of a format, not of what somebody wrote.
    public func isSpecial(_ id: TokenID) -> Bool {
        added[id]?.isSpecial ?? false
    }

    /// Bytes that text may hold and the vocabulary can't say, ascending.
    ///
    /// SmolLM2's vocabulary, for one, has no token for a few control characters and for bytes of rare planes: they are
    /// dropped, as in Hugging Face's tokenizers. Where this is empty, `decode(encode(text)) == text` for every text of a
    /// byte-level tokenizer without a normalizer.
    public var unencodableBytes: [UInt8] {
        guard model.isByteLevel else { return [] }
        // 0xC0, 0xC1 and 0xF5... are in no UTF-8 text.
        return (UInt8.min...0xF4).filter { model.byteTokens[Int($0)] < 0 && $0 != 0xC0 && $0 != 0xC1 }
    }

    func addedToken(_ id: TokenID) -> AddedToken? {
        added[id]
    }

    func addedToken(_ content: String) -> TokenID? {
        addedByContent[Array(content.utf8)]
    }
}

/// Everything a file says about its tokenizer, checked.
struct TokenizerParts {
    var model: BytePairModel
    var added: [AddedToken]
    var normalizers: [Normalizer]
    var metaspace: Metaspace?
    var splitters: [WordSplitter]
    var decoder: TokenDecoder
    var bos: TokenID?
    var eos: TokenID?
    var addsBOS: Bool
}
