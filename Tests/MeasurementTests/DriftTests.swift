import Checkpoint
import Corpora
import Foundation
import Measurement
import TestSupport
import Testing
import Tokenization
import Torch
import Transformer

@Suite("The drift from the base")
struct DriftTests {
    private typealias Goldens = [String: [String: [[Double]]]]

    @Test(
        "equals that between transformers with PEFT and without",
        arguments: ["llama", "smollm", "qwen2", "qwen3", "mistral", "gemma3", "gemma3-softcap"])
    func goldens(family: String) throws {
        let url = Fixtures.folder.appending(path: "measurement/drift.json")
        let goldens = try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: url))
        let files = try Fixtures.model(family)
        let talker = try Talker()
        let golden = try GoldenFile(family)
        // The tokenizer is another model's: texts come as tokens here.
        let model = MeasuredModel(
            decoder: try Decoder(files), tokenizer: talker.model.tokenizer, format: talker.model.format)
        let texts = try (0..<2).map { ReadText(id: "\($0)", tokens: try golden.ids($0) + [0]) }
        let drift = try DriftMeasure(texts, model: model, chunk: 7)
        for (name, rows) in try #require(goldens[family]) {
            let adapter = try AdapterFiles.read(
                Fixtures.folder.appending(path: "adapters/\(family)-\(name)"), base: files.configuration)
            let values = try drift.values(of: Organism(arm: name, adapter: try model.decoder.adapter(adapter)))
            for (value, expected) in zip(values, rows) {
                #expect(abs(try #require(value.value) - expected[0]) < 1e-4)
                #expect(abs(try #require(value.detail["kl_base_organism"]) - expected[1]) < 1e-4)
                #expect(abs(try #require(value.detail["same_likeliest"]) - expected[2]) < 1e-9)
                #expect(value.detail["tokens"] == Double(try golden.ids(Int(value.item) ?? 0).count))
            }
        }
    }

    private let rows = [
        ChatRow(id: "a", messages: [.init(.user, "Why?"), .init(.assistant, "Because it is so, my friend.")]),
        ChatRow(id: "b", messages: [.init(.user, "And what now?"), .init(.assistant, "We rest.")]),
        ChatRow(id: "c", messages: [.init(.user, "Hello"), .init(.assistant, "Hi there, how are you?")]),
    ]

    @Test("does not depend on chunks, on what is read together, or on what was measured before")
    func packing() throws {
        let (alone, together) = (try Talker(tokensAtOnce: 1), try Talker())
        let one = try DriftMeasure(rows.map { try ReadText($0, model: alone.model) }, model: alone.model, chunk: 1)
        let all = try DriftMeasure(rows.map { try ReadText($0, model: together.model) }, model: together.model)
        let values = try all.values(of: together.organism)
        #expect(values.map(\.item) == ["a", "b", "c"] && values.allSatisfy { ($0.value ?? 0) > 1e-4 })
        for (a, b) in zip(try one.values(of: alone.organism), values) {
            #expect(abs(try #require(a.value) - (try #require(b.value))) < 1e-5)
        }
        #expect(try all.values(of: together.organism) == values, "the base's states were kept")
        #expect(try all.limited(to: [2, 0]).values(of: together.organism).map(\.item) == ["c", "a"])
        #expect(try all.values(of: .base).allSatisfy { $0.value == 0 && $0.detail["same_likeliest"] == 1 })
    }

    @Test("an answer's tokens count, not those of its prompt; perplexity is the exponential of their mean surprise")
    func perplexity() throws {
        let talker = try Talker()
        let texts =
            try rows.map { try ReadText($0, model: talker.model) } + [
                ReadText(Document(id: "d", text: "All that is known is here."), model: talker.model)
            ]
        let values = try PerplexityMeasure(texts, model: talker.model).values(of: talker.organism)
        for (value, row) in zip(values, rows) {
            let sides = try talker.model.format.render(
                row.messages, tokenizer: talker.model.tokenizer, addGenerationPrompt: false
            ).promptAndResponse
            let logprobs = try talker.alone(sides.prompt, sides.response, adapter: talker.organism.adapter)
            let nats = -logprobs.reduce(0, +) / Double(logprobs.count)
            #expect(abs(try #require(value.value) - nats) < 1e-4)
            #expect(abs(try #require(value.detail["perplexity"]) - exp(nats)) < 1e-2)
        }
        let tokens = talker.model.tokenizer.encode("All that is known is here.")
        let bos = talker.model.tokenizer.addsBOS ? talker.model.tokenizer.bos.map { [$0] } ?? [] : []
        let all = bos + tokens
        let logprobs = try talker.alone([all[0]], Array(all.dropFirst()), adapter: talker.organism.adapter)
        #expect(abs(try #require(values[3].value) + logprobs.reduce(0, +) / Double(logprobs.count)) < 1e-4)
    }

    @Test("a seed draws the same items, and a larger budget adds to those of a smaller one")
    func sampling() throws {
        let talker = try Talker()
        let texts = try (0..<40).map {
            ReadText(id: "\($0)", tokens: try Tokens.some(talker, "What is it that we see \($0)?"))
        }
        let drift = try DriftMeasure(texts, model: talker.model)
        func ids(_ some: DriftMeasure) throws -> Set<String> { Set(try some.values(of: .base).map(\.item)) }
        let few = try ids(drift.sample(count: 5, seed: 3))
        #expect(few.count == 5)
        #expect(try ids(drift.sample(count: 5, seed: 3)) == few)
        #expect(try ids(drift.sample(count: 5, seed: 4)) != few)
        let budget = drift.cost / 2
        let half = drift.sample(tokens: budget, least: 1, seed: 3)
        #expect(half.cost <= budget && half.cost > budget * 3 / 4)
        #expect(try ids(half).isSuperset(of: few))
        #expect(drift.sample(tokens: 0, least: 4, seed: 0).itemCount == 4)
        #expect(drift.sample(tokens: .max / 2, least: 4, seed: 0).itemCount == 40)
    }
}

private enum Tokens {
    static func some(_ talker: Talker, _ text: String) throws -> [Int32] { talker.model.tokenizer.encode(text) }
}
