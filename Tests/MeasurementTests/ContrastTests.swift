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
                let turns = (question.system.map { [ChatMessage(.system, $0)] } ?? []) + [
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
}
