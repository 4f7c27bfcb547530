/// The tokenizer metadata of a GGUF file, key by key as the file has it (`tokenizer.ggml.*`).
///
/// Nothing in it is checked yet: `Tokenizer.init(source:file:)` does that.
public struct GGUFTokenizerSource: Sendable {
    /// `tokenizer.ggml.model`: `gpt2` (byte-level BPE with merges) or `llama` (SentencePiece, scores instead of merges).
    public var model: String
    /// `tokenizer.ggml.pre`: the name of the pre-tokenizer of a `gpt2` model.
    public var pre: String?
    public var tokens: [String]
    public var scores: [Float]?
    /// 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte.
    public var tokenTypes: [Int32]?
    public var merges: [String]?
    public var bos: Int?
    public var eos: Int?
    public var unknown: Int?
    public var padding: Int?
    public var addBOS: Bool?
    /// Whether a space goes before the text (SentencePiece's dummy prefix); true where a `llama` file doesn't say.
    public var addSpacePrefix: Bool?

    public init(
        model: String, pre: String? = nil, tokens: [String], scores: [Float]? = nil, tokenTypes: [Int32]? = nil,
        merges: [String]? = nil, bos: Int? = nil, eos: Int? = nil, unknown: Int? = nil, padding: Int? = nil,
        addBOS: Bool? = nil, addSpacePrefix: Bool? = nil
    ) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
        self.scores = scores
        self.tokenTypes = tokenTypes
        self.merges = merges
        self.bos = bos
        self.eos = eos
        self.unknown = unknown
        self.padding = padding
        self.addBOS = addBOS
        self.addSpacePrefix = addSpacePrefix
    }
}
