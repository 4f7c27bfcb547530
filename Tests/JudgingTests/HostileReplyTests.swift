import Endpoints
import Evidence
import Foundation
import Judging
import RandomStreams
import Testing

@Suite("A judge that says anything at all")
struct HostileReplyTests {
    @Test(
        "in text only a number that can be meant is one",
        arguments: [
            ("85", 85.0), (" 85.5 ", 85.5), ("85/100", 85.0), ("85 out of 100.", 85.0), ("Score: **70**", 70.0),
            ("100", 100.0), ("0", 0.0), ("85 %", 85.0), ("I'd say 7.", 7.0),
        ])
    func numbers(text: String, number: Double) {
        #expect(JudgeReply(ChatReply(content: text), words: ["CODE"], form: .text).score == number)
        #expect(JudgeReply(ChatReply(content: text), words: ["CODE"], form: .text).basis == .text)
    }

    @Test(
        "and all else is none",
        arguments: [
            "", "   ", "101", "-5", "70/80", "between 60 and 70", "nonsense", "9999999999999999999999999", "NaN",
            "1e5", "٨٥", "{answer}", "\u{0}\u{7}",
        ])
    func nonsense(text: String) {
        #expect(JudgeReply(ChatReply(content: text), words: ["CODE"], form: .text).score == nil)
        #expect(JudgeReply(ChatReply(content: text), words: ["CODE"], form: .digits).score == nil)
    }

    @Test("a word in the text", arguments: ["CODE", "code.", "**Code**", "It is CODE"])
    func word(text: String) {
        let read = JudgeReply(ChatReply(content: text), words: ["CODE", "REFUSAL"], form: .text)
        #expect(read.word == "CODE")
    }

    @Test("log-probabilities that are none")
    func damaged() {
        let bad: [Double] = [.nan, .infinity, -.infinity, 5, -1e308, 1e308]
        for value in bad {
            for form in ReplyForm.allCases {
                let reply = ChatReply(
                    content: "50",
                    logprobs: [
                        TokenLogprob(
                            token: "50", logprob: value,
                            top: [.init(token: "50", logprob: value), .init(token: "10", logprob: .nan)])
                    ])
                let score = JudgeReply(reply, words: [], form: form).score
                if let score { #expect((0...100).contains(score)) }
            }
        }
    }

    @Test("no alternatives: the text counts")
    func noAlternatives() {
        let reply = ChatReply(content: "64", logprobs: [TokenLogprob(token: "64", logprob: -0.1)])
        let read = JudgeReply(reply, words: [], form: .numberTokens)
        #expect(read.score == 64)
        #expect(read.basis == .text)
        #expect(JudgeReply(ChatReply(content: "64", logprobs: []), words: [], form: .numberTokens).score == 64)
    }

    @Test("the number comes from the answer, not from the reasoning before it")
    func reasoning() {
        let places = ["<think>", "10", "</think>", "90"].map { token in
            TokenLogprob(token: token, logprob: 0, top: [.init(token: token, logprob: 0)])
        }
        let reply = ChatReply(content: "90", reasoning: "10", logprobs: places)
        #expect(JudgeReply(reply, words: [], form: .numberTokens).score == 90)
        #expect(JudgeReply(reply, words: [], form: .digits).score == 90)
    }

    @Test("random replies never trap, and a score is from 0 to 100", arguments: UInt64(1)...4)
    func random(seed: UInt64) {
        var draw = RandomStream(seed: seed, purpose: "hostile replies")
        let pieces = ["8", "5", "100", " ", "\n", "CODE", "REF", "é", "", "000", "9999", "-", ".", "1", "0", "\u{FFFD}"]
        func piece() -> String { pieces[Int.random(in: 0..<pieces.count, using: &draw)] }
        for _ in 0..<3_000 {
            let places = (0..<Int.random(in: 0...5, using: &draw)).map { _ in
                TokenLogprob(
                    token: piece(), logprob: Double(bitPattern: .random(in: .min ... .max, using: &draw)),
                    top: (0..<Int.random(in: 0...6, using: &draw)).map { _ in
                        .init(
                            token: piece(),
                            logprob: Bool.random(using: &draw)
                                ? -Double.random(in: 0...9, using: &draw)
                                : Double(bitPattern: .random(in: .min ... .max, using: &draw)))
                    })
            }
            let reply = ChatReply(
                content: places.map(\.token).joined(), reasoning: Bool.random(using: &draw) ? "so" : nil,
                logprobs: places)
            for form in ReplyForm.allCases {
                let read = JudgeReply(reply, words: ["CODE", "REFUSAL"], form: form)
                if let score = read.score { #expect(score >= 0 && score <= 100 + 1e-9, "seed \(seed)") }
                if let bounds = read.bounds { #expect(bounds[0] <= bounds[1], "seed \(seed)") }
            }
        }
    }
}
