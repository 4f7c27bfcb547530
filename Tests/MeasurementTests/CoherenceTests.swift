import Evidence
import Foundation
import Measurement
import Testing

@Suite("The coherence proxy")
struct CoherenceTests {
    @Test(
        "repetition is counted in runs of tokens",
        arguments: [
            ([1, 2, 3, 4, 5], 1.0, 0, 0.0),
            // 123 123: trigrams 123 231 312 123, the run 123 twice.
            ([1, 2, 3, 1, 2, 3], 0.75, 3, 1.0),
            // Six ones: one trigram of four; the run of three, then another.
            ([1, 1, 1, 1, 1, 1], 0.25, 3, 1.0),
            // 12 … 12 with other tokens between.
            ([1, 2, 7, 8, 1, 2, 9, 4], 1.0, 2, 0.5),
            ([5], 1.0, 0, 0.0), ([], 1.0, 0, 0.0), ([5, 5], 1.0, 1, 1.0),
        ] as [([Int32], Double, Int, Double)])
    func repetition(tokens: [Int32], trigrams: Double, longest: Int, share: Double) {
        let repetition = Repetition(tokens)
        #expect(repetition.distinctTrigrams == trigrams)
        #expect(repetition.longestRepeat == longest)
        #expect(repetition.repeatedShare == share)
    }

    @Test("is the product of its four factors")
    func formula() {
        let proxy = CoherenceProxy()
        let fresh = Repetition([1, 2, 3, 4, 5, 6])
        #expect(proxy.score(surprise: 2, repetition: fresh, isTruncated: false) == 1)
        #expect(abs(proxy.score(surprise: 4.5, repetition: fresh, isTruncated: false) - exp(-1)) < 1e-12)
        #expect(proxy.score(surprise: 2, repetition: fresh, isTruncated: true) == 0.9)
        // 0.75 of 0.8 trigrams; all of it is one run and its repeat.
        #expect(proxy.score(surprise: 0.1, repetition: Repetition([1, 2, 3, 1, 2, 3]), isTruncated: false) == 0)
        let some = Repetition([1, 2, 7, 8, 1, 2, 9, 4])
        #expect(abs(proxy.score(surprise: 0.1, repetition: some, isTruncated: false) - (1 - 0.25 / 0.75)) < 1e-12)
    }

    private func answers(_ talker: Talker) -> [GivenAnswer] {
        let prompt = talker.model.tokenizer.encode("Hello there")
        return ["We rest and share.", "no no no no no no", ""].enumerated().flatMap { place, text in
            ["base", "o"].map { arm in
                GivenAnswer(
                    arm: arm, question: "q", sample: place, promptTokens: prompt,
                    tokens: talker.model.tokenizer.encode(text), text: text, isTruncated: place == 1)
            }
        }
    }

    @Test("reads every answer with the base alone, and an empty one has no value")
    func measure() throws {
        let talker = try Talker()
        let answers = answers(talker)
        let measure = try CoherenceMeasure(answers, model: talker.model)
        let values = try measure.values()
        #expect(values.count == 6 && measure.answers(in: 0..<measure.itemCount) == 6)
        for answer in answers {
            let value = try #require(
                values.first { $0.arm == answer.arm && $0.detail["sample"] == Double(answer.sample) })
            guard !answer.tokens.isEmpty else {
                #expect(value.value == nil && value.note == "the answer is empty")
                continue
            }
            let logprobs = try talker.alone(answer.promptTokens, answer.tokens)
            let surprise = -logprobs.reduce(0, +) / Double(logprobs.count)
            #expect(abs(try #require(value.detail["nats_per_token"]) - surprise) < 1e-4)
            let expected = CoherenceProxy().score(
                surprise: surprise, repetition: Repetition(answer.tokens), isTruncated: answer.isTruncated)
            #expect(abs(try #require(value.value) - expected) < 1e-4)
        }
    }

    @Test("answers that don't fit or can't be read are refused by name")
    func refusals() throws {
        let talker = try Talker()
        let long = GivenAnswer(
            arm: "o", question: "q", sample: 3, promptTokens: [1], tokens: [Int32](repeating: 5, count: 5000), text: "",
            isTruncated: true)
        #expect(
            throws: MeasurementError.tooLong(
                item: "answer 3 of o to q", tokens: 5001, limit: talker.files.configuration.maxPositions)
        ) { _ = try CoherenceMeasure([long], model: talker.model) }
        #expect(throws: MeasurementError.self) { _ = try CoherenceMeasure([], model: talker.model) }
    }

    @Test("is held against a judge's scores of the same answers, whatever their order")
    func calibration() throws {
        let values = (0..<40).map { place in
            MeasuredValue(
                measure: "coherence", arm: "o", item: "q\(place % 10)", value: Double(place) / 40,
                detail: ["sample": Double(place / 10), "paraphrase": 0])
        }
        var judged = (0..<40).map { place in
            JudgeScore(arm: "o", question: "q\(place % 10)", sample: place / 10, coherent: Double(2 * place))
        }
        judged.reverse()
        judged.append(JudgeScore(arm: "other", question: "q1", sample: 0, coherent: 5))
        judged.append(JudgeScore(arm: "o", question: "q1", sample: 9))
        let calibration = try CoherenceCalibration(values, judged: judged)
        #expect(calibration.matched == 40 && calibration.unmatched == 1 && calibration.notes.isEmpty)
        #expect(abs(try #require(calibration.spearman?.value) - 1) < 1e-12)
        #expect(calibration.areaUnderCurve?.value == 1)
        let flat = try CoherenceCalibration(
            values,
            judged: judged.map {
                var score = $0
                score.coherent = 80
                return score
            })
        #expect(flat.spearman == nil && flat.areaUnderCurve == nil && flat.notes.count == 2)
    }
}
