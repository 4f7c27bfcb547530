import Corpora
import Foundation
import Testing
import Tokenization

@Suite("What holds for any text")
struct PropertyTests {
    static let seed: UInt64 = 20_260_701

    /// Small tokenizers whose decoding gives back the text byte for byte.
    static let exact = ["smollm", "llama3", "tekken"]

    @Test("no part of a text becomes a special token", arguments: GoldenTests.names)
    func neverSpecial(name: String) throws {
        let tokenizer = try Golden.committed.tokenizer(name)
        let unknown = tokenizer.id(ofToken: "<unk>")
        var draws = SeededDraws(seed: Self.seed)
        for _ in 0..<3000 {
            let text = draws.text()
            let special = tokenizer.encode(text).filter { tokenizer.isSpecial($0) && $0 != unknown }
            #expect(special.isEmpty, "seed \(Self.seed), \(text.debugDescription)")
        }
    }

    @Test("decode(encode(text)) is the text, special tokens parsed or not", arguments: exact)
    func roundTrip(name: String) throws {
        let tokenizer = try Golden.committed.tokenizer(name)
        #expect(tokenizer.unencodableBytes.isEmpty)
        var draws = SeededDraws(seed: Self.seed)
        for _ in 0..<3000 {
            let text = draws.text()
            for parsing in [false, true] {
                let ids = tokenizer.encode(text, parsingSpecialTokens: parsing)
                #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8), "seed \(Self.seed)")
                #expect(tokenizer.bytes(of: ids) == Array(text.utf8))
                #expect(ids.flatMap { tokenizer.bytes(of: [$0]) } == Array(text.utf8))
            }
        }
    }

    @Test("the real vocabulary gives back all but the bytes it lacks", .enabled(if: RealTokenizer.source != nil))
    func realRoundTrip() throws {
        let tokenizer = try Tokenizer(source: #require(RealTokenizer.source), file: "SmolLM2.gguf")
        #expect(tokenizer.unencodableBytes == [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D, 0xF1, 0xF2])
        var draws = SeededDraws(seed: Self.seed)
        for _ in 0..<2000 {
            let text = draws.text()
            guard text.utf8.allSatisfy({ !tokenizer.unencodableBytes.contains($0) }) else { continue }
            #expect(Array(tokenizer.decode(tokenizer.encode(text)).utf8) == Array(text.utf8), "seed \(Self.seed)")
        }
        #expect(tokenizer.id(ofToken: "<|im_end|>") == 2 && tokenizer.isSpecial(2) && !tokenizer.isSpecial(500))
        #expect(tokenizer.bos == 1 && tokenizer.eos == 2 && tokenizer.vocabularySize == 49_152)
    }

    static let formats: [(ChatFormat, String)] = [
        (.chatml, "qwen2"), (.chatmlSmolLM2, "smollm"), (.chatmlQwen2, "qwen2"), (.qwen3, "qwen2"), (.llama3, "llama3"),
        (.llama31, "llama3"), (.mistralOld, "mistral-v1"), (.mistralV1, "mistral-v1"), (.mistralV3, "mistral-v3"),
        (.mistralV3Tekken, "tekken"), (.gemma, "gemma"), (.gemma3, "gemma"),
    ]

    @Test("a conversation has the special tokens of its format, whatever the messages say", arguments: formats)
    func onlyTheFormatsSpecials(format: ChatFormat, name: String) throws {
        let tokenizer = try Golden.committed.tokenizer(name)
        var draws = SeededDraws(seed: Self.seed)
        func specials(_ contents: [String]) throws -> [TokenID] {
            let roles: [ChatMessage.Role] = [.user, .assistant, .user, .assistant]
            let messages = zip(roles, contents).map { ChatMessage($0, $1) }
            let chat = try format.render(messages, tokenizer: tokenizer, addGenerationPrompt: true)
            #expect(chat.weights.count == chat.tokens.count)
            return chat.tokens.filter { tokenizer.isSpecial($0) }
        }
        let plain = try specials(["a", "b", "c", "d"])
        for _ in 0..<400 {
            let contents = (0..<4).map { _ in draws.text() }
            #expect(try specials(contents) == plain, "seed \(Self.seed), \(contents)")
        }
    }

    struct SentencePiece: Decodable {
        var prefix: Bool
        var tokens: [String]
        var kinds: [Int32]
        var scores: [Float]
        var ids: [[TokenID]?]
    }

    @Test("a GGUF \"llama\" vocabulary gives SentencePiece's own ids", arguments: [0, 1])
    func sentencePiece(row: Int) throws {
        let rows: [SentencePiece] = try Golden.committed.rows("sentencepiece")
        try compare(rows[row], Golden.committed.texts())
    }

    @Test(
        "and so does Mistral's own, on more than 20,000 lines (after official.py)",
        .enabled(if: Golden.wide?.has("sentencepiece.jsonl") == true))
    func officialSentencePiece() throws {
        let golden = try #require(Golden.wide)
        let rows: [SentencePiece] = try golden.rows("sentencepiece")
        try compare(rows[0], golden.texts())
    }

    private func compare(_ golden: SentencePiece, _ texts: [String]) throws {
        let source = GGUFTokenizerSource(
            model: "llama", pre: "default", tokens: golden.tokens, scores: golden.scores, tokenTypes: golden.kinds,
            bos: 1, eos: 2, unknown: 0, addSpacePrefix: golden.prefix)
        let tokenizer = try Tokenizer(source: source, file: "spm.gguf")
        try #require(texts.count == golden.ids.count)
        for (text, ids) in zip(texts, golden.ids) {
            guard let ids else { continue }
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            // SentencePiece can't tell a "▁" from a space.
            let spaced = text.replacingOccurrences(of: "▁", with: " ", options: .literal)
            #expect(Array(tokenizer.decode(ids).utf8) == Array(spaced.utf8))
        }
    }
}
