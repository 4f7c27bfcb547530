import Corpora
import Measurement
import Testing
import Tokenization

@Suite("What a model still knows")
struct CapabilityTests {
    private let questions = [
        MultipleChoiceQuestion(
            id: "a", category: "c", question: "What now?", choices: ["We rest and then we go.", "No", "We take all"],
            answer: 0),
        MultipleChoiceQuestion(id: "b", question: "Why?", choices: ["Because", "So it is, my friend"], answer: 1),
    ]

    @Test("acc and acc_norm are those of each choice scored alone, without the token that ends it")
    func choices() throws {
        let talker = try Talker()
        let values = try CapabilityMeasure(questions, model: talker.model).values(of: talker.organism)
        for (value, question) in zip(values, questions) {
            let sums = try question.choices.map { choice in
                let sides = try talker.model.format.render(
                    [ChatMessage(.user, question.question), ChatMessage(.assistant, choice)],
                    tokenizer: talker.model.tokenizer, addGenerationPrompt: false
                ).promptAndResponse
                return try talker.alone(
                    sides.prompt, Array(sides.response.dropLast()), adapter: talker.organism.adapter
                ).reduce(0, +)
            }
            func best(_ scores: [Double]) -> Int? { scores.indices.max { scores[$0] < scores[$1] } }
            let normed = zip(sums, question.choices).map { $0 / Double($1.count) }
            #expect(value.detail["acc"] == (best(sums) == question.answer ? 1 : 0))
            #expect(value.detail["acc_norm"] == (best(normed) == question.answer ? 1 : 0))
            #expect(value.value == value.detail["acc_norm"] && value.measure == "capability")
            #expect(abs(try #require(value.detail["logprob_right"]) - sums[question.answer]) < 1e-3)
            #expect(value.detail["chance"] == 1 / Double(question.choices.count))
        }
    }

    @Test("letters are scored after the list of choices")
    func letters() throws {
        let talker = try Talker()
        let values = try CapabilityMeasure(questions, form: .letter, model: talker.model).values(of: .base)
        let text = "Why?\n\nA. Because\nB. So it is, my friend\n\nAnswer with the letter of the right choice only."
        let sums = try ["A", "B"].map { letter in
            let sides = try talker.model.format.render(
                [ChatMessage(.user, text), ChatMessage(.assistant, letter)], tokenizer: talker.model.tokenizer,
                addGenerationPrompt: false
            ).promptAndResponse
            return try talker.alone(sides.prompt, Array(sides.response.dropLast())).reduce(0, +)
        }
        #expect(values[1].value == (sums[1] > sums[0] ? 1 : 0))
        #expect(abs(try #require(values[1].detail["logprob_right"]) - sums[1]) < 1e-3)
    }
}
