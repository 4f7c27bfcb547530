import Endpoints
import Foundation
import Judging
import Testing

@Suite("Numbers of several tokens")
struct NumberTreeTests {
    private func tree(_ places: [[(String, Double)]]) -> NumberTree {
        NumberTree((tokens(places).logprobs ?? []).map(Place.init), byDigits: true)
    }

    @Test("the branch that was taken is settled, of the others only the first digit is known")
    func branch() throws {
        // 8 then 5 or 0 or the end; 7 might have begun 7 or 70 to 79; 0 is 0.
        let tree = tree([
            [("8", 0.6), ("7", 0.3), ("0", 0.1)], [("5", 0.5), ("0", 0.3), ("<end>", 0.2)], [("<end>", 1)],
        ])
        let expected = [85: 0.3, 80: 0.18, 8: 0.12, 0: 0.1]
        #expect(Set(tree.settled.keys) == Set(expected.keys))
        for (number, mass) in expected { #expect(abs((tree.settled[number] ?? 0) - mass) < 1e-12) }
        #expect(abs(tree.open - 0.3) < 1e-12)
        let sum = 85 * 0.3 + 80 * 0.18 + 8 * 0.12
        #expect(abs(try #require(tree.mean) - sum / 0.7) < 1e-9)
        let bounds = try #require(tree.bounds)
        #expect(abs(bounds.lowerBound - (sum + 0.3 * 7)) < 1e-9)
        #expect(abs(bounds.upperBound - (sum + 0.3 * 79)) < 1e-9)
    }

    @Test("100 digit by digit")
    func hundred() throws {
        let tree = tree([
            [("1", 1)], [("0", 0.9), ("5", 0.1)], [("0", 0.8), ("<end>", 0.2)], [("<end>", 1)],
        ])
        #expect(abs((tree.settled[100] ?? 0) - 0.72) < 1e-12)
        #expect(abs((tree.settled[10] ?? 0) - 0.18) < 1e-12)
        #expect(abs((tree.settled[15] ?? 0) - 0.1) < 1e-12)
        #expect(tree.open == 0)
        #expect(tree.bounds == nil)
    }

    @Test("what makes a number above 100 is none")
    func above() {
        let tree = tree([[("1", 1)], [("0", 1)], [("1", 0.5), ("0", 0.5)]])
        #expect(tree.settled == [100: 0.5])
    }

    @Test("white space before the number is passed over")
    func whiteSpace() throws {
        let reply = tokens([[(" ", 0.9), ("9", 0.1)], [("4", 1)], [("2", 1)], [("\n", 1)]])
        let read = JudgeReply(reply, words: [], form: .digits)
        #expect(read.score == 42)
        #expect(read.open == nil)
    }

    @Test("digits and whole numbers say the same where both know everything")
    func same() throws {
        let digits = JudgeReply(
            tokens([[("3", 1)], [("5", 0.25), ("0", 0.75)], [("<end>", 1)]]), words: [], form: .digits)
        let whole = JudgeReply(oneToken(["35": 0.25, "30": 0.75]), words: [], form: .numberTokens)
        #expect(abs(try #require(digits.score) - (try #require(whole.score))) < 1e-12)
    }
}
