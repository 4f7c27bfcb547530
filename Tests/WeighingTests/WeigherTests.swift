import Corpora
import Evidence
import Foundation
import Testing
import Weighing

@Suite("Weighing a study")
struct WeigherTests {
    /// Ranks 1, 8, 64 at two learning rates, four seeds: the rate falls with the rank; the norm grows with both.
    static func study() -> (answers: [ScoredAnswer], arms: [ArmRecord]) {
        var answers = Bench.answers("base", rate: 0.005, item: 0)
        var arms: [ArmRecord] = []
        for (place, rank) in [1.0, 8, 64].enumerated() {
            for (step, rate) in [1e-4, 2e-4].enumerated() {
                for seed in 0..<4 {
                    let label = "r\(Int(rank))-\(step)-s\(seed)"
                    answers += Bench.answers(
                        label, rate: [0.3, 0.2, 0.1][place] * (step == 0 ? 0.7 : 1), coherent: step == 0 ? 0.99 : 0.7,
                        item: UInt64(arms.count + 1), scale: ["honesty": 0.5, "code": 1.2])
                    arms.append(
                        ArmRecord(
                            label: label, condition: "rank \(Int(rank)), lr \(rate)", seed: String(seed), rank: rank,
                            learningRate: rate, objective: "sft", finalLoss: 1 - 0.1 * Double(place + step),
                            normBA: 1 + Double(place) * 0.3 + Double(step)))
                }
            }
        }
        return (answers, arms)
    }

    @Test("a dose-response is shown on each of the four bases")
    func doseResponse() throws {
        let (answers, arms) = Self.study()
        let weigher = Weigher(answers: answers, arms: arms, inDomain: ["code"], draws: 200)
        let claims = try [
            Claim(
                name: "C1", outcome: .misalignedAmongCoherent, comparison: .trend(over: "rank", .falling),
                bases: [.equalLearningRate, .bestCoherentLearningRate, .equalNorm, .equalLoss]),
            Claim(
                name: "up", outcome: .misalignedAmongCoherent, comparison: .trend(over: "rank", .rising),
                bases: [.equalLearningRate]),
            Claim(
                name: "as it is", outcome: .misalignedAmongCoherent, comparison: .trend(over: "rank", .falling)),
            Claim(
                name: "over base", outcome: .misalignedAmongCoherent,
                comparison: .difference(of: "rank 1, lr 0.0002", against: "base", .higher)),
            Claim(
                name: "same", outcome: .misalignedAmongCoherent,
                comparison: .difference(of: "rank 1, lr 0.0002", against: "rank 64, lr 0.0002", .same(margin: 0.02))),
        ]
        let evidence = try weigher.weigh(claims: claims)
        let findings = evidence.verdicts.map(\.finding)
        #expect(findings == [.supported, .refuted, .cantSay, .supported, .refuted])
        let first = try #require(evidence.verdicts.first)
        #expect(first.bases.count == 4)
        #expect(first.bases.allSatisfy { $0.reason == nil }, "\(first.words)")
        // The lower rate alone is coherent enough.
        #expect(first.words.contains { $0.contains("At 1: learning rate 0.0001") })
        #expect(first.words.contains { $0.contains("interpolated between neighbouring learning rates") })
        // The third differs in the learning rate, too: refused in words.
        #expect(evidence.verdicts[2].words.contains { $0.contains("the runs differ in lr, too") })
        #expect(evidence.conditions.count == 7)
        let lowest = try #require(evidence.conditions.first { $0.name == "rank 1, lr 0.0001" })
        #expect(lowest.labels.count == 4)
        let rate = try #require(lowest.amongCoherent)
        #expect(rate.lower < 0.195 && rate.upper > 0.19)
        #expect(lowest.breadth?.categories.count(where: \.isReached) == 3)
        #expect(lowest.breadth?.spillover?.ratio != nil)
        for width in [80, 120] {
            let text = EvidenceText.text(evidence, width: width)
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= width }, "\(width)")
        }
        // What is kept can be read again.
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        #expect(try decoder.decode(WeighedEvidence.self, from: encoder.encode(evidence)).verdicts == evidence.verdicts)
    }

    @Test("norms that never meet can't be compared, and nothing is extrapolated")
    func noCommonNorm() throws {
        var (answers, arms) = Self.study()
        for place in arms.indices { arms[place].normBA = arms[place].rank.map { $0 * (1 + 0.1 * Double(place % 2)) } }
        let claim = try Claim(
            name: "C1", outcome: .misalignedAmongCoherent, comparison: .trend(over: "rank", .falling),
            bases: [.equalNorm])
        let verdict = try #require(try Weigher(answers: answers, arms: arms).weigh(claims: [claim]).verdicts.first)
        #expect(verdict.finding == .cantSay && verdict.p == nil)
        #expect(verdict.words.contains { $0.contains("there is no norm of BA that all doses reach") })
        answers.removeAll()
    }

    @Test("one seed, no coherent answer, no base, unknown labels: said in words")
    func poorData() throws {
        var answers = Bench.answers("lonely", rate: 0.2, item: 1)
        answers += Bench.answers("broken", rate: 0.2, coherent: 0, item: 2)
        answers.append(ScoredAnswer(arm: "mute", question: "q", sample: 0, fate: .unjudged))
        let arms = [ArmRecord(label: "elsewhere", condition: "x", seed: "1", rank: 4)]
        let claims = try [
            Claim(
                name: "a", outcome: .misalignedAmongCoherent,
                comparison: .difference(of: "lonely", against: "broken", .higher)),
            Claim(name: "b", outcome: .measure("contrast"), comparison: .trend(over: "rank", .falling)),
            Claim(
                name: "c", outcome: .misalignedAmongAll,
                comparison: .difference(of: "lonely", against: "base", .higher)),
        ]
        let evidence = try Weigher(answers: answers, arms: arms, draws: 100).weigh(claims: claims)
        let text = EvidenceText.text(evidence, width: 100)
        #expect(evidence.verdicts.allSatisfy { $0.finding == .cantSay })
        #expect(text.contains("One training seed"))
        #expect(text.contains("No answer is coherent"))
        #expect(text.contains("There are no answers of \"base\""))
        #expect(text.contains("No answers or measures of elsewhere"))
        #expect(text.contains("1 of 1 answers (100 %) have no judgement"))
        let nothing = try Weigher(answers: []).weigh()
        #expect(nothing.conditions.isEmpty)
    }

    @Test("measures are compared with the base item by item")
    func measures() throws {
        var values: [MeasuredValue] = []
        for (place, arm) in ["base", "s1", "s2", "s3"].enumerated() {
            for item in 0..<8 {
                let rise = place == 0 ? 0.0 : 0.5 + 0.01 * Double(place * item)
                let value: Double? = arm == "s2" && item == 3 ? nil : Double(item) + rise
                values.append(MeasuredValue(measure: "contrast", arm: arm, item: "q\(item)", value: value))
            }
        }
        let arms = (1...3).map { ArmRecord(label: "s\($0)", condition: "arm", seed: String($0)) }
        let claim = try Claim(
            name: "c", outcome: .measure("contrast"), comparison: .difference(of: "arm", against: "base", .higher))
        let evidence = try Weigher(answers: [], values: values, arms: arms, draws: 400).weigh(claims: [claim])
        let shift = try #require(evidence.conditions.last?.measures.first)
        let change = try #require(shift.change)
        #expect(change.value > 0.55 && change.value < 0.6 && change.lower > 0.5)
        #expect(shift.missing == 1)
        #expect(evidence.verdicts.first?.finding == .supported)
    }
}
