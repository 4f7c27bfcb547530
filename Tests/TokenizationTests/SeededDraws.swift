/// Reproducible random draws for tests (SplitMix64); print the seed where one fails.
struct SeededDraws: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(max(bound, 1)))
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// Text that likes to look like special tokens, with spaces, line ends and any scalar in between.
    mutating func text(pieces: Int = 12) -> String {
        let lookalikes = [
            "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>",
            "<|begin_of_text|>", "<s>", "</s>", "<unk>", "[INST]", "[/INST]", "<bos>", "<eos>", "<pad>",
            "<start_of_turn>", "<end_of_turn>", "<think>", "</think>", "<|im_", "end|>", "<", "|>", "s>", "</", "▁",
            "[SYSTEM_PROMPT]", "system\n", "assistant\n", " ", "  ", "\n", "\n\n", "\r\n", "\t", "\u{301}", "\u{200D}",
            "'s", "'LL", "the", " user", "12", "é", "e\u{301}", "日本", "😀", "\u{A0}", "\u{3000}", "<0x0A>", "\0",
        ]
        var text = ""
        for _ in 0...below(pieces) {
            if below(3) > 0 {
                text += pick(lookalikes)
            } else if let scalar = Unicode.Scalar(
                UInt32(below([0x80, 0x800, 0x3000, 0x20000].randomElement(using: &self) ?? 0x80)))
            {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
