import Checkpoint
import Foundation
import Testing
import Tokenization

@Suite("tokenizer.json written from GGUF metadata")
struct TokenizerExportTests {
    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("References/tokenization/golden")

    private func lines(_ name: String) throws -> [JSON] {
        try Data(contentsOf: Self.golden.appendingPathComponent(name)).split(separator: UInt8(ascii: "\n"))
            .map { try JSON.parse(Data($0), file: name) }
    }

    /// What llama.cpp's converter would make of a tokenizer.json.
    private func source(_ name: String, pre: String) throws -> GGUFTokenizerSource {
        let data = try Data(contentsOf: Self.golden.appendingPathComponent(name + ".json"))
        let file = try JSON.parse(data, file: name)
        let isByteLevel = pre != "spm"
        var entries: [Int: (text: String, type: Int32)] = [:]
        for (token, id) in file["model"]?["vocab"]?.object ?? [:] {
            let isByte = !isByteLevel && token.count == 6 && token.hasPrefix("<0x")
            entries[try #require(id.integer)] = (token, isByte ? 6 : 1)
        }
        let unknown = file["model"]?["unk_token"]?.string
        for token in file["added_tokens"]?.array ?? [] {
            let text = try #require(token["content"]?.string)
            let type: Int32 = text == unknown ? 2 : token["special"]?.bool == true ? 3 : 4
            entries[try #require(token["id"]?.integer)] = (text, type)
        }
        let tokens = (0..<entries.count).map { entries[$0]?.text ?? "" }
        let merges = (file["model"]?["merges"]?.array ?? []).map { merge in
            merge.string ?? (merge.array ?? []).compactMap(\.string).joined(separator: " ")
        }
        var source = GGUFTokenizerSource(
            model: isByteLevel ? "gpt2" : "llama", pre: isByteLevel ? pre : nil, tokens: tokens,
            tokenTypes: (0..<entries.count).map { entries[$0]?.type ?? 1 }, merges: isByteLevel ? merges : nil,
            unknown: unknown.flatMap { tokens.firstIndex(of: $0) })
        if !isByteLevel {
            // A token scores by the merge that makes it: the earlier, the better.
            let ranks = Dictionary(
                merges.enumerated().map {
                    ($1.unicodeScalars.split(separator: " ").map { String($0) }.joined(), Float(-$0))
                }, uniquingKeysWith: max)
            source.scores = tokens.map { ranks[$0] ?? -1e9 }
        }
        return source
    }

    @Test(
        "gives Hugging Face's ids",
        arguments: [
            ("gpt2", "gpt-2"), ("smollm", "smollm"), ("llama3", "llama-bpe"), ("qwen2", "qwen2"),
            ("tekken", "tekken"), ("mistral-v1", "spm"),
        ])
    func ids(name: String, pre: String) throws {
        let json = try HuggingFaceTokenizer(source: source(name, pre: pre), file: name).json()
        let tokenizer = try Tokenizer(json: Data(json.compactText.utf8), file: name)
        if let kept = Fixture.kept {
            // For References/checkpoint/tokenizers_load.py.
            try Data(json.text.utf8).write(to: kept.appendingPathComponent("tokenizer-\(name).json"))
        }
        let texts = try lines("texts.jsonl").compactMap(\.string)
        let golden = try lines(name + ".jsonl")
        #expect(texts.count == golden.count && texts.count > 50)
        // GGUF can't say that an added token takes the space before it or needs to stand alone.
        for (text, line) in zip(texts, golden) where !text.contains("<mask>") && !text.contains("<word>") {
            let expected = line["ids"]?.array?.compactMap { $0.integer.map { TokenID($0) } }
            #expect(tokenizer.encode(text, parsingSpecialTokens: true) == expected, "\(text.debugDescription)")
        }
    }
}
