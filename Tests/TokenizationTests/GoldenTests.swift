import Foundation
import Testing
import Tokenization

@Suite("Ids of Hugging Face's tokenizers")
struct GoldenTests {
    static let names = [
        "gpt2", "smollm", "qwen2", "qwen35", "llama3", "tekken", "mistral-v1", "mistral-v3", "gemma", "metaspace",
    ]

    @Test("hard lines, encoded and decoded, in small tokenizers of every family", arguments: names)
    func hardLines(name: String) throws {
        let golden = Golden.committed
        let differences = try golden.differences(golden.tokenizer(name), name)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("hard lines with SmolLM2's own vocabulary, read from GGUF", .enabled(if: RealTokenizer.source != nil))
    func realHardLines() throws {
        let tokenizer = try Tokenizer(source: #require(RealTokenizer.source), file: "SmolLM2.gguf")
        let differences = try Golden.committed.differences(tokenizer, "smollm2")
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test(
        "more than 20,000 lines (EMLAB_TOKENIZER_GOLDEN names the folder of golden.py --wide)",
        .enabled(if: Golden.wide != nil), arguments: names + ["smollm2"])
    func wide(name: String) throws {
        try compareWide(name)
    }

    @Test(
        "the same lines with the families' own vocabularies (after official.py)",
        .enabled(if: Golden.wide?.has("official-llama3.json") == true),
        arguments: ["llama3", "qwen2", "tekken", "mistral-v1", "mistral-v3"])
    func official(name: String) throws {
        try compareWide("official-" + name)
    }

    private func compareWide(_ name: String) throws {
        let golden = try #require(Golden.wide)
        #expect(try golden.texts().count > 20_000)
        let differences = try golden.differences(golden.tokenizer(name), name)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }
}
