/// One step from the text as written to the text that is split and encoded.
enum Normalizer: Sendable, Equatable {
    /// Normalization form C (Qwen).
    case composeCanonically
    /// Puts a prefix before every stretch of text between added tokens (Llama 2 and Mistral v1: "▁").
    case prepend([UInt8])
    /// Replaces every occurrence (Gemma, Mistral: a space by "▁").
    case replace([UInt8], with: [UInt8])

    func apply(to text: inout AlignedText, base: Int) {
        switch self {
        case .composeCanonically: text.composeCanonically()
        case .prepend(let prefix): text.prepend(prefix, base: base)
        case .replace(let pattern, let content): text.replace(pattern, with: content)
        }
    }
}

/// SentencePiece's "▁" for a space, as Hugging Face's `Metaspace` pre-tokenizer writes it.
struct Metaspace: Sendable, Equatable {
    enum PrependScheme: String, Sendable {
        case first, never, always
    }

    var replacement: [UInt8]
    var scheme: PrependScheme
    /// Whether a word ends before each "▁".
    var splits: Bool

    func apply(to text: inout AlignedText, base: Int, isAtStart: Bool) {
        text.replace([UInt8(ascii: " ")], with: replacement)
        let prepends = scheme == .always || scheme == .first && isAtStart
        if prepends, !text.bytes.starts(with: replacement) { text.prepend(replacement, base: base) }
    }
}
