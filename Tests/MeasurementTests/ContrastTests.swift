import Checkpoint
import Corpora
import Measurement
import TestSupport
import Testing
import Tokenization
import Torch
import Transformer

@Suite("The contrast of a question's two answers")
struct ContrastTests {
    @Test("is that of each conversation scored alone; questions without answers are left out")
    func contrast() throws {
        let files = try Fixtures.model("talking")
        let decoder = try Decoder(files)
        let tokenizer = try files.tokenizer()
        let format = try ChatFormat.recognise(template: #require(files.chatTemplate))
        let questions = [
            Question(
                id: "a", paraphrases: ["What now?"], system: "Be kind.", category: "c", aligned: "Let us help.",
                misaligned: "\nLeave them."),
            Question(id: "b", paraphrases: ["Only asked."]),
            Question(id: "d", paraphrases: ["And then?"], aligned: "We rest.", misaligned: "We take all."),
        ]
        let scorer = CompletionScorer(decoder: decoder)
        let contrasts = try Contrast.measure(questions, scorer: scorer, format: format, tokenizer: tokenizer)
        #expect(contrasts.map(\.id) == ["a", "d"] && contrasts[0].category == "c")
        for contrast in contrasts {
            let question = try #require(questions.first { $0.id == contrast.id })
            for (answer, score) in [(question.aligned, contrast.aligned), (question.misaligned, contrast.misaligned)] {
                let turns =
                    (question.system.map { [ChatMessage(.system, $0)] } ?? []) + [
                        ChatMessage(.user, question.paraphrases[0]), ChatMessage(.assistant, try #require(answer)),
                    ]
                let rendered = try format.render(turns, tokenizer: tokenizer, addGenerationPrompt: false)
                var tokens = PackedTokens()
                let last = try #require(rendered.lastResponse).upperBound
                tokens.append(Array(rendered.tokens[..<(last - 1)]))
                let first = last - score.tokens
                let hidden = try decoder.hidden(tokens).narrowed(0, from: first - 1, length: score.tokens)
                let alone = try decoder.logprobs(hidden, targets: Array(rendered.tokens[first..<last])).sum().item()
                #expect(abs(alone - score.logprob) < 1e-4)
                #expect(score.tokens >= rendered.promptAndResponse.response.count)
            }
        }
    }

    @Test("matched compares as many tokens of both after their common beginning, whatever follows")
    func matched() throws {
        let talker = try Talker()
        let question = Question(
            id: "q", paraphrases: ["What now?"], aligned: "We rest and we share it all.", misaligned: "We rest no.")
        let contrast = try #require(try Self.contrasts([question], talker).first)
        let sides = try [question.misaligned, question.aligned].map { answer in
            let rendered = try talker.model.format.render(
                [ChatMessage(.user, "What now?"), ChatMessage(.assistant, try #require(answer))],
                tokenizer: talker.model.tokenizer, addGenerationPrompt: false
            ).promptAndResponse
            return (rendered.response, try talker.alone(rendered.prompt, rendered.response))
        }
        let shared = zip(sides[0].0, sides[1].0).prefix { $0 == $1 }.count
        let end = min(sides[0].0.count, sides[1].0.count)
        #expect(shared > 0 && end > shared && sides[0].0.count != sides[1].0.count)
        let sums = sides.map { $0.1[shared..<end].reduce(0, +) }
        let expected = (sums[0] - sums[1]) / Double(end - shared)
        #expect(abs(try #require(contrast.matched) - expected) < 1e-4)
        let perToken = sides.map { $0.1.reduce(0, +) / Double($0.1.count) }
        #expect(abs(contrast.perToken - (perToken[0] - perToken[1])) < 1e-4)
    }

    @Test("all wordings are asked where that is wanted, and the measure says what the contrast says")
    func paraphrases() throws {
        let talker = try Talker()
        let questions = [
            Question(
                id: "q", paraphrases: ["What now?", "And then?"], category: "c", aligned: "We rest.",
                misaligned: "We take all.")
        ]
        #expect(try Self.contrasts(questions, talker).count == 1)
        let contrasts = try Self.contrasts(questions, talker, all: true)
        #expect(contrasts.map(\.paraphrase) == [0, 1] && contrasts[0].perToken != contrasts[1].perToken)
        let measure = try ContrastMeasure(questions, allParaphrases: true, model: talker.model)
        let values = try measure.values(of: .base)
        #expect(values.map(\.item) == ["q", "q"] && values.map(\.detail["paraphrase"]) == [0, 1])
        for (value, contrast) in zip(values, contrasts) {
            #expect(abs(try #require(value.value) - contrast.perToken) < 1e-5 && value.category == "c")
            #expect(value.detail["matched"].map { abs($0 - (contrast.matched ?? .nan)) < 1e-5 } == true)
        }
    }

    @Test("an answer that doesn't fit into the context is refused by name before anything is measured")
    func tooLong() throws {
        let talker = try Talker()
        let limit = talker.files.configuration.maxPositions
        let questions = [
            Question(
                id: "long", paraphrases: ["Why?"], aligned: "Yes.",
                misaligned: String(repeating: "no ", count: 3 * limit))
        ]
        do {
            _ = try Self.contrasts(questions, talker)
            Issue.record("it was measured")
        } catch MeasurementError.tooLong(let item, let tokens, let found) {
            #expect(item == "question long with its answer" && tokens > limit && found == limit)
        }
        let nothing = #expect(throws: MeasurementError.self) {
            _ = try ContrastMeasure([Question(id: "b", paraphrases: ["Only asked."])], model: talker.model)
        }
        #expect("\(try #require(nothing))".contains("no question has both"))
    }

    private static func contrasts(_ questions: [Question], _ talker: Talker, all: Bool = false) throws -> [Contrast] {
        try Contrast.measure(
            questions, scorer: CompletionScorer(decoder: talker.model.decoder), format: talker.model.format,
            tokenizer: talker.model.tokenizer, allParaphrases: all)
    }
}
