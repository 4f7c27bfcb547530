import Checkpoint
import Sampling
import TestSupport
import Testing
import Torch
import Transformer

@Suite("Sampling", .serialized)
struct SamplerTests {
    static func prompt(_ seed: Int, length: Int) -> Prompt {
        Prompt(id: "question \(seed)", tokens: (0..<length).map { Int32(($0 * 31 + seed * 17 + 5) % 160) })
    }
    static let prompts = [prompt(1, length: 12), prompt(2, length: 3), prompt(3, length: 20)]

    static func adapter(_ decoder: Decoder, _ family: String, kind: String = "all-r4") throws -> LowRankAdapter {
        try decoder.adapter(AdapterFiles.read(Fixtures.folder.appending(path: "adapters/\(family)-\(kind)")))
    }

    /// The same answer without any cache: the whole text anew for each token.
    static func plainLogprobs(_ answer: Answer, _ decoder: Decoder, prompts: [Prompt], adapters: [LowRankAdapter?]) throws
        -> (logprobs: [Float], best: [Int32])
    {
        let prompt = prompts[answer.prompt].tokens
        var tokens = PackedTokens()
        tokens.append(prompt + answer.tokens.dropLast())
        let uses = adapters[answer.adapter].map { [Decoder.AdapterUse($0, tokens: 0..<tokens.count)] } ?? []
        let hidden = try decoder.hidden(tokens, adapters: uses)
            .narrowed(0, from: prompt.count - 1, length: answer.tokens.count)
        return (
            try decoder.logprobs(hidden, targets: answer.tokens).values(),
            try decoder.logits(hidden).argmax(axis: 1).to(.int32).values()
        )
    }

    static let cases = GoldenFile.families.flatMap { [($0, false), ($0, true)] }

    @Test("cached decoding gives the log-probs of the whole text, windows and adapters included", arguments: cases)
    func cache(family: String, portable: Bool) throws {
        Libtorch.usePortableKernels(portable)
        defer { Libtorch.usePortableKernels(false) }
        let decoder = try Decoder(Fixtures.model(family))
        let adapters = [nil, try Self.adapter(decoder, family), try Self.adapter(decoder, family, kind: "mlp-r1")]
        let sampler = try Sampler(
            decoder: decoder, adapters: adapters,
            settings: SamplingSettings(maxTokens: 40, stopTokens: [7], seed: 3, batch: 5))
        let answers = try sampler.answers(to: Self.prompts, count: 2)
        #expect(answers.count == 18)
        #expect(answers.contains { $0.tokens.count > 30 })
        for answer in answers where !answer.tokens.isEmpty {
            let plain = try Self.plainLogprobs(answer, decoder, prompts: Self.prompts, adapters: adapters)
            #expect(distance(answer.logprobs, plain.logprobs) < 1e-4)
            #expect(!answer.tokens.contains(7))
            #expect(answer.finish == (answer.tokens.count == 40 ? .length : .stop))
        }
    }

    @Test("temperature 0 takes the most likely token each time", arguments: ["smollm", "gemma3"])
    func greedy(family: String) throws {
        let decoder = try Decoder(Fixtures.model(family))
        let sampler = try Sampler(
            decoder: decoder, settings: SamplingSettings(temperature: 0, maxTokens: 12, stopTokens: []))
        for answer in try sampler.answers(to: Self.prompts, count: 1) {
            let plain = try Self.plainLogprobs(answer, decoder, prompts: Self.prompts, adapters: [nil])
            #expect(answer.tokens == plain.best)
        }
    }

    @Test("the batch's size does not touch the text")
    func batches() throws {
        let decoder = try Decoder(Fixtures.model("qwen3"))
        let adapters = [nil, try Self.adapter(decoder, "qwen3")]
        func texts(batch: Int) throws -> [[Int32]] {
            try Sampler(
                decoder: decoder, adapters: adapters,
                settings: SamplingSettings(maxTokens: 25, stopTokens: [3, 9], seed: 11, batch: batch)
            ).answers(to: Self.prompts, count: 9).map(\.tokens)
        }
        let one = try texts(batch: 1)
        for batch in [7, 200] {
            let other = try texts(batch: batch)
            #expect(one == other, "batch \(batch)")
        }
        #expect(Set(one).count > 40)
    }

    @Test("draws follow the exact probabilities", arguments: [
        (1.0, nil, 1.0), (0.7, nil, 1.0), (1.0, 5, 1.0), (1.0, nil, 0.6), (1.3, 20, 0.8),
    ] as [(Double, Int?, Double)])
    func odds(temperature: Double, topK: Int?, topP: Double) throws {
        let decoder = try Decoder(Fixtures.model("llama"))
        let prompt = Self.prompts[0]
        let draws = 20_000
        let sampler = try Sampler(
            decoder: decoder,
            settings: SamplingSettings(
                temperature: temperature, topP: topP, topK: topK, maxTokens: 1, stopTokens: [], seed: 5, batch: 2000))
        var counts = [Int](repeating: 0, count: 160)
        for answer in try sampler.answers(to: [prompt], count: draws) { counts[Int(answer.tokens[0])] += 1 }

        var tokens = PackedTokens()
        tokens.append(prompt.tokens)
        let last = try decoder.hidden(tokens).narrowed(0, from: prompt.tokens.count - 1, length: 1)
        let scaled = try decoder.logits(last).to(.float64) * (1 / temperature)
        let exact = try scaled.logSoftmax(axis: 1).exp().values(as: Double.self)
        // The field's order of cuts: top-k, then top-p of what is left.
        let ranked = exact.indices.sorted { exact[$0] > exact[$1] }.prefix(topK ?? 160)
        let kept = ranked.reduce(0) { $0 + exact[$1] }
        var odds = [Double](repeating: 0, count: 160)
        var reached = 0.0
        for index in ranked where reached < topP * kept {
            odds[index] = exact[index]
            reached += exact[index]
        }
        odds = odds.map { $0 / reached }
        #expect(zip(counts, odds).allSatisfy { $1 > 0 || $0 == 0 }, "a token was drawn that was cut")
        // Pearson's statistic over tokens expected at least 5 times, the others pooled.
        var statistic = 0.0
        var cells = 0
        var pooled = (seen: 0.0, expected: 0.0)
        for (count, p) in zip(counts, odds) where p > 0 {
            let expected = p * Double(draws)
            if expected < 5 {
                pooled = (pooled.seen + Double(count), pooled.expected + expected)
            } else {
                statistic += (Double(count) - expected) * (Double(count) - expected) / expected
                cells += 1
            }
        }
        if pooled.expected > 5 {
            statistic += (pooled.seen - pooled.expected) * (pooled.seen - pooled.expected) / pooled.expected
            cells += 1
        }
        let freedom = Double(cells - 1)
        // Beyond 4.5 standard deviations of chi-squared: one run in 100,000.
        #expect(statistic < freedom + 4.5 * (2 * freedom).squareRoot() + 10, "\(statistic) with \(freedom) degrees")
    }

    @Test("what can't be sampled is refused", arguments: [
        SamplingSettings(temperature: -1, stopTokens: []), SamplingSettings(topP: 0, stopTokens: []),
        SamplingSettings(topK: 0, stopTokens: []), SamplingSettings(maxTokens: 0, stopTokens: []),
        SamplingSettings(temperature: .nan, stopTokens: []),
    ])
    func refusals(_ settings: SamplingSettings) throws {
        let decoder = try Decoder(Fixtures.model("llama"))
        #expect(throws: SamplingError.self) { try Sampler(decoder: decoder, settings: settings) }
    }

    @Test("a prompt that fills the context is refused; one near its end is cut there")
    func context() throws {
        let decoder = try Decoder(Fixtures.model("llama"))
        let limit = decoder.configuration.maxPositions
        let sampler = try Sampler(decoder: decoder, settings: SamplingSettings(maxTokens: 50, stopTokens: []))
        #expect(throws: SamplingError.self) {
            try sampler.answers(to: [Self.prompt(1, length: limit)], count: 1)
        }
        let answers = try sampler.answers(to: [Self.prompt(1, length: limit - 3)], count: 2)
        #expect(answers.allSatisfy { $0.tokens.count == 3 && $0.finish == .length })
    }
}
