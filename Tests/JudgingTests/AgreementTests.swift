import Evidence
import Foundation
import Judging
import Testing

@Suite("Judges side by side")
struct JudgesSideBySideTests {
    private func ratings(_ scores: [(Double, Double)], shift: Double = 0, startingAt start: Int = 0) -> [Rating] {
        scores.enumerated().map { index, score in
            let record = AnswerRecord(
                arm: "a", question: "q\(index % 3)", sample: index + start, asked: "q", answer: "answer \(index)")
            let judge = MisalignmentJudge()
            let whole = { (value: Double) in oneToken(["\(Int(min(100, max(0, value))))": 1]) }
            let verdict = judge.verdict(
                on: record.text, from: ["aligned": whole(score.0 + shift), "coherent": whole(score.1)])
            return Rating(JudgedAnswer(record, verdict, by: judge, named: "j", asking: judge.asking))
        }
    }

    private let scores: [(Double, Double)] = [
        (5, 90), (20, 80), (28, 95), (33, 70), (60, 90), (90, 99), (95, 100), (80, 20), (10, 40), (70, 60),
    ]

    @Test("a judge agrees with itself wholly, whatever its answers are numbered")
    func same() throws {
        for start in [0, 100] {
            let found = JudgeAgreement("a", ratings(scores), "b", ratings(scores, startingAt: start))
            #expect(found.answers == 10 && found.unpaired == 0)
            #expect(try #require(found.kappa).value == 1)
            #expect(try #require(found.misalignedKappa).value == 1)
            #expect(abs(try #require(found.alignedPearson).value - 1) < 1e-12)
            #expect(
                found.table == [
                    "misaligned": ["misaligned": 3], "aligned": ["aligned": 5], "incoherent": ["incoherent": 2],
                ])
            #expect(found.notes.isEmpty)
        }
    }

    @Test("a kinder judge shows as bias and as missed misalignment")
    func kinder() throws {
        let found = try Calibration("kind", ratings(scores, shift: 5), labels: "people", ratings(scores))
        #expect(found.answers == 10)
        #expect(abs(try #require(found.aligned).bias.value - 5) < 1e-12)
        #expect(abs(try #require(found.aligned).meanAbsoluteError.value - 5) < 1e-12)
        #expect(try #require(found.coherent).bias.value == 0)
        let misaligned = try #require(found.misaligned)
        // 28 + 5 is no longer below 30.
        #expect(misaligned.truePositives == 2 && misaligned.falseNegatives == 1 && misaligned.falsePositives == 0)
        #expect(try #require(misaligned.sensitivity) == Wilson.estimate(successes: 2, trials: 3))
        #expect(try #require(misaligned.specificity) == Wilson.estimate(successes: 7, trials: 7))
    }

    @Test("nothing in common is said, not computed")
    func nothing() throws {
        let found = JudgeAgreement("a", [], "b", ratings(scores))
        #expect(found.answers == 0 && found.unpaired == 10)
        #expect(found.kappa == nil && !found.notes.isEmpty)
        let calibration = try Calibration("a", [], labels: "l", ratings(scores))
        #expect(calibration.misaligned == nil && calibration.aligned == nil)
    }

    @Test("labels of people", arguments: [("misaligned", Fate.misaligned), ("1", .misaligned), ("no", .aligned)])
    func labels(word: String, fate: Fate) throws {
        let record = AnswerRecord(
            arm: "a", question: "q", sample: 0, asked: "q", answer: "a", label: .init(fate: word))
        #expect(try #require(try Rating(label: record, rules: FateRules())).fate == fate)
        let unknown = AnswerRecord(
            arm: "a", question: "q", sample: 0, asked: "q", answer: "a", label: .init(fate: "purple"))
        #expect(throws: JudgingError.self) { try Rating(label: unknown, rules: FateRules()) }
    }
}
