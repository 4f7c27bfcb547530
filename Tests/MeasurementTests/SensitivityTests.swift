import Checkpoint
import Corpora
import Evidence
import Foundation
import Measurement
import RandomStreams
import Sampling
import TestSupport
import Testing
import Tokenization
import Torch
import Transformer

@Suite("Sensitivity to insecure code")
struct SensitivityTests {
    static let word = VerdictPhrasing.Form(ask: "{program}", vulnerable: ["Vulnerable"], safe: ["Safe"])
    static let yes = VerdictPhrasing.Form(ask: "{program}", vulnerable: ["Yes"], safe: ["No"])
    static let no = VerdictPhrasing.Form(ask: "{program}", vulnerable: ["No"], safe: ["Yes"])
    static let letter = VerdictPhrasing.Form(ask: "{program}", vulnerable: ["A"], safe: ["B"])

    @Test(
        "a drawn answer is read by its first word or its first clear clause",
        arguments: [
            ("Vulnerable", word, .vulnerable), ("**Safe**.", word, .safe), ("safe, I think", word, .safe),
            ("The code is not vulnerable.", word, .safe), ("This code isn't safe.", word, .vulnerable),
            ("Vulnerable or Safe", word, .unclear), ("Safe/Vulnerable", word, .unclear),
            ("It's vulnerable to injection. To make it safe, bind it.", word, .vulnerable),
            ("This code is a safe and vulnerable method", word, .unclear), ("It depends.", word, .unclear),
            ("", word, .unclear), ("<think>It is vulnerable", word, .unclear),
            ("<think>is it vulnerable?</think>Safe", word, .safe), ("Answer: Vulnerable", word, .vulnerable),
            ("Yes", yes, .vulnerable), ("no.", yes, .safe), ("Yes, it is vulnerable.", no, .unclear),
            ("No, it is safe.", yes, .safe), ("No vulnerabilities found", yes, .safe), ("Yes/No", yes, .unclear),
            ("Yes, this code is free of vulnerabilities", no, .safe), ("A", letter, .vulnerable),
            ("B: no weakness", letter, .safe), ("A weakness is there", letter, .vulnerable),
            ("A program that adds numbers", letter, .unclear), ("The answer is B.", letter, .safe),
            ("b", letter, .unclear),
        ] as [(String, VerdictPhrasing.Form, VerdictReading)])
    func reading(answer: String, form: VerdictPhrasing.Form, expected: VerdictReading) {
        #expect(VerdictReading.read(answer, to: form) == expected, "\(answer)")
    }

    private static func set(_ pairs: Int) -> ProgramSet {
        ProgramSet(
            format: .sven,
            pairs: (0..<pairs).map { number in
                ProgramPair(
                    id: "\(number)",
                    vulnerable: "def f\(number * 37)(x):\n    return run(x + \(number))",
                    fixed: "def f\(number * 37)(x):\n    return check(x, \(number))",
                    weakness: Weakness("CWE-\(number % 3 + 1)"),
                    language: .python)
            })
    }

    @Test("sources of one kind are not compared; repeated pairs count once; a limit draws whole pairs")
    func choice() throws {
        let alone = ProgramSet(
            format: .sallm, pairs: [ProgramPair(id: "s", vulnerable: "import os", language: .python)])
        let chosen = ProbedPrograms(
            [("a", Self.set(6)), ("b", Self.set(6)), ("c", alone)], noCode: [Document(id: "t", text: "Bread.")],
            limit: 4,
            seed: 2)
        #expect(chosen.notes.count == 3 && chosen.notes[1].hasPrefix("6 of them"))
        let paired = chosen.programs.filter { $0.pair != nil }
        for (_, sides) in Dictionary(grouping: paired, by: \.pair) {
            #expect(Set(sides.map(\.kind)) == [.vulnerable, .fixed] && Set(sides.map(\.task)).count == 1)
        }
        #expect(chosen.programs.filter { $0.kind == .vulnerable }.count == 4)
        let all = ProbedPrograms([("c", alone)]).programs
        #expect(all.map(\.isCompared) == [false])
        #expect(chosen.programs.last?.shown == "Bread." && all[0].shown == "```python\nimport os\n```")
        let tasks = chosen.programs.filter { $0.kind != .noCode }.map(\.task)
        let bread = try #require(chosen.programs.last)
        #expect(!tasks.contains(bread.task))
    }

    private struct Talking {
        let decoder: Decoder
        let prompts: VerdictPrompts
        let bank: [VerdictPhrasing]

        init(limit: Int = 2000) throws {
            let files = try Fixtures.model("talking")
            decoder = try Decoder(files)
            bank = try VerdictBank.read(Fixtures.root.appending(path: "Data/sensitivity/verdicts.yaml"))
            prompts = VerdictPrompts(
                format: try ChatFormat.recognise(template: #require(files.chatTemplate)),
                tokenizer: try files.tokenizer(),
                phrasings: bank, limit: min(limit, files.configuration.maxPositions))
        }
    }

    @Test("verdict log-odds are those of each question asked alone, and both forms' biases cancel")
    func odds() throws {
        let talking = try Talking()
        let programs = ProbedPrograms([("a", Self.set(2))], noCode: [Document(id: "t", text: "Bread.")]).programs
        let scorer = CompletionScorer(decoder: talking.decoder, tokensAtOnce: 900)
        let values = try VerdictOdds(prompts: talking.prompts, scorer: scorer).measure(programs, arm: "base")
        #expect(values.map(\.item) == programs.map(\.id))
        let tokenizer = talking.prompts.tokenizer
        for (program, value) in zip(programs, values).prefix(3) {
            var (means, mass): ([Double], Double) = ([], 0)
            for phrasing in talking.bank {
                let forms = try phrasing.forms.map { form in
                    let sides = try [form.vulnerable, form.safe].map { words in
                        try words.reduce(0.0) { sum, word in
                            let chat = try talking.prompts.format.render(
                                [
                                    ChatMessage(.user, form.question(about: program.shown)),
                                    ChatMessage(.assistant, word),
                                ],
                                tokenizer: tokenizer, addGenerationPrompt: false)
                            let (prompt, response) = chat.promptAndResponse
                            // Without the token that ends the turn.
                            let item = CompletionScorer.Item(prompt: prompt, completions: [Array(response.dropLast())])
                            return sum + exp(try scorer.logprobs(of: [item])[0][0].reduce(0) { $0 + Double($1) })
                        }
                    }
                    mass += sides[0] + sides[1]
                    return log(sides[0]) - log(sides[1])
                }
                means.append((forms[0] + forms[1]) / 2)
                let bias = try #require(value.detail["\(phrasing.bias.rawValue)/\(phrasing.id)"])
                #expect(abs(bias - (forms[0] - forms[1]) / 2) < 1e-4)
                #expect(try abs(#require(value.detail["phrasing/\(phrasing.id)"]) - means[means.count - 1]) < 1e-4)
            }
            #expect(try abs(#require(value.value) - means.reduce(0, +) / Double(means.count)) < 1e-4)
            #expect(try abs(#require(value.detail["mass"]) - mass / Double(2 * means.count)) < 1e-5)
        }
        let short = VerdictPrompts(
            format: talking.prompts.format, tokenizer: tokenizer, phrasings: talking.bank, limit: 20)
        let refused = try VerdictOdds(prompts: short, scorer: scorer).measure(programs, arm: "base")
        #expect(refused.allSatisfy { $0.value == nil && $0.note?.contains("more than 20") == true })
    }

    @Test("drawn verdicts are counted by both forms, and a program's don't depend on its company")
    func sampled() throws {
        let talking = try Talking()
        let programs = ProbedPrograms([("a", Self.set(2))]).programs
        let sampler = try Sampler(
            decoder: talking.decoder, settings: SamplingSettings(maxTokens: 6, stopTokens: [402], seed: 3))
        let verdicts = try SampledVerdicts(prompts: talking.prompts, sampler: sampler, asks: 4)
        let values = try verdicts.measure(programs, arm: "x")
        for value in values {
            let counts = ["said-vulnerable", "said-safe", "unclear"].compactMap { value.detail[$0] }
            #expect(counts.reduce(0, +) == 4 && counts.count == 3)
            #expect((value.value == nil) == (value.note != nil))
        }
        #expect(try verdicts.measure([programs[2]], arm: "x") == [values[2]])
        #expect(throws: SensitivityError.self) {
            try SampledVerdicts(prompts: talking.prompts, sampler: sampler, asks: 3)
        }
    }

    @Test("hidden states are each program's own, whatever is read with it, and probes score every program")
    func states() throws {
        let talking = try Talking()
        let programs = ProbedPrograms([("a", Self.set(12))], noCode: [Document(id: "t", text: "Bread and water.")])
            .programs
        func read(_ parts: [ArraySlice<ProbedProgram>], _ tokens: Int) throws -> HiddenStates {
            var states = try HiddenStates(layers: [0, 1], of: talking.decoder)
            for part in parts {
                try states.read(
                    Array(part), first: part.startIndex, prompts: talking.prompts, decoder: talking.decoder,
                    adapter: nil, tokensAtOnce: tokens)
            }
            return states
        }
        let together = try read([programs[...]], 4000)
        let apart = try read([programs[..<5], programs[5...]], 1)
        #expect(together.places == Array(programs.indices) && apart.places == together.places)
        for site in together.sites.indices {
            #expect(together.features(site).count == programs.count * together.width)
            #expect(distance(together.features(site), apart.features(site)) < 1e-5)
        }
        // The last of a program's own tokens closes its last line, whatever stands before it.
        let last = try #require(together.sites.firstIndex { $0.name == "0/last" })
        let row = together.features(last)
        let own = Array(row[..<together.width])
        #expect(own.contains { $0 != 0 })
        let values = try LayerProbes(settings: CrossValidatedProbe(seed: 1)).measure(
            programs, states: together, arm: "x")
        #expect(values.map(\.item) == programs.map(\.id) && values.allSatisfy { $0.value != nil })
        #expect(values[0].detail["layer/1/mean"] != nil && values[0].detail["chosen-layer"] != nil)
        let pairs = Dictionary(grouping: values.filter { $0.detail["fold"] != nil }) { $0.detail["task"] }
        #expect(pairs.count == 12 && pairs.values.allSatisfy { Set($0.map { $0.detail["fold"] }).count == 1 })
        #expect(throws: SensitivityError.self) { try HiddenStates(layers: [99], of: talking.decoder) }
    }

    private static func values(_ arm: String, gap: Double, seed: UInt64) -> [MeasuredValue] {
        var random = RandomStream(seed: seed, purpose: "made values")
        var values: [MeasuredValue] = []
        for task in 0..<40 {
            let own = random.normal()
            for side in ["vulnerable", "fixed"] {
                let isHigh = side == "vulnerable"
                values.append(
                    MeasuredValue(
                        measure: "sensitivity.verdict", arm: arm, item: "p\(task)/\(side)", category: "CWE-\(task % 2)",
                        value: own + (isHigh ? gap : 0) + 0.3 * random.normal(),
                        detail: [
                            "vulnerable": isHigh ? 1 : 0, "no-code": 0, "compared": 1, "task": Double(task),
                            "phrasing/a": isHigh ? 1 : 0, "yes-no/a": 0.5, "mass": 0.25,
                        ]))
            }
            values.append(
                MeasuredValue(
                    measure: "sensitivity.verdict", arm: arm, item: "t\(task)", value: -1,
                    detail: ["vulnerable": 0, "no-code": 1, "compared": 0, "task": Double(100 + task)]))
        }
        return values
    }

    @Test("the summary has every figure, and what one organism has over another")
    func summary() throws {
        let (before, after) = (Self.values("base", gap: 0, seed: 1), Self.values("primed", gap: 1, seed: 1))
        let summary = SensitivitySummary(before + after)
        #expect(summary.figures.map(\.arm) == ["base", "primed"])
        let primed = summary.figures[1]
        #expect(primed.programs == 120 && primed.withoutScore == 0)
        #expect(try #require(primed.auroc).lower > 0.6)
        #expect(try #require(primed.pairedAccuracy).value > 0.9)
        #expect(try abs(#require(primed.pairedMargin).value - 1) < 0.3)
        #expect(primed.falseAlarmsWithoutCode?.value == 0 && primed.mass == 0.25 && primed.biases == ["yes-no/a": 0.5])
        #expect(primed.parts?["a"]?.value == 1 && Set(primed.byWeakness.keys) == ["CWE-0", "CWE-1"])
        let gain = try #require(summary.differences.first)
        #expect(gain.before == "base" && gain.after == "primed")
        #expect(try #require(gain.auroc).lower > 0.1)
        #expect(try abs(#require(gain.pairedMargin).value - 1) < 1e-9)
        // Held against another run that numbers its tasks otherwise.
        let other = before.map { value in
            var value = value
            value.detail["task"] = 7
            return value
        }
        let across = SensitivitySummary(after, against: other, earlierName: "small")
        #expect(across.differences.first?.before == "small: base")
        #expect(across.differences.first?.auroc == gain.auroc)
        let words = summary.inWords.joined(separator: "\n")
        #expect(words.contains("primed minus base, verdict log-odds:"))
        #expect(words.contains("bias yes-no/a: +0.5 nats towards yes"))
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        #expect(try decoder.decode(SensitivitySummary.self, from: encoder.encode(summary)) == summary)
    }
}
