import Checkpoint
import Corpora
import FineTuning
import Foundation
import TestSupport
import Testing
import Tokenization

@Suite("Documents as rows")
struct DocumentRowTests {
    static func tokenizer() throws -> Tokenizer {
        try ModelFiles.open(Fixtures.realModel ?? Fixtures.folder.appending(path: "models/talking")).tokenizer()
    }

    static func document(_ before: String, _ part: String, _ after: String = "") -> Document {
        let start = before.utf8.count
        return Document(id: "d", text: before + part + after, loss: [start..<start + part.utf8.count])
    }

    @Test(
        "loss on a part covers every byte of it, and at most one token more at each edge",
        arguments: [
            ("def f():\n    return 1\n", "Why: it returns 1.\n", "\ndef g(): pass\n"), ("a", "b", "c"),
            ("naïve ", "éclair 🙂 done", " tail"), ("x = 1  ", "  # CWE-89: why", "\ny = 2"), ("", "all of it", ""),
            ("hel", "lo wor", "ld"),
        ])
    func parts(before: String, part: String, after: String) throws {
        let tokenizer = try Self.tokenizer()
        let document = Self.document(before, part, after)
        let (ids, ranges) = tokenizer.encodeWithRanges(document.text)
        #expect(ids == tokenizer.encode(document.text))
        let row = try #require(
            try PreparedRows.documents(
                [document], loss: .explanation, tokenizer: tokenizer, start: 0, end: 2, maxLength: 1000
            ).rows.first)
        #expect(row.tokens == [0] + ids + [2])
        // The start token is never learnt; the end is where the part ends the text.
        #expect(row.weights.first == 0 && (row.weights.last == 1) == after.isEmpty)
        let learnt = zip(ranges, row.weights.dropFirst()).filter { $0.1 == 1 }.map(\.0)
        let range = try #require(document.loss?.first)
        let covered = Set(learnt.flatMap { Array($0) })
        #expect(covered.isSuperset(of: range))
        #expect(learnt.allSatisfy { $0.isEmpty || $0.overlaps(range) })
        #expect(learnt.count { $0.lowerBound < range.lowerBound } <= 1)
        #expect(learnt.count { $0.upperBound > range.upperBound } <= 1)
        // Without loss on the part alone, everything is learnt.
        let all = try #require(
            try PreparedRows.documents([document], tokenizer: tokenizer, start: 0, end: 2, maxLength: 1000).rows.first)
        #expect(all.tokens == row.tokens && all.weights == [0] + Array(repeating: 1, count: ids.count + 1))
    }

    @Test(
        "the bytes of tokens are the text, in order",
        arguments: ["", "a", "naïve 🙂\n\tend ", "中文と日本語", "\u{1F469}\u{200D}\u{1F680}"])
    func ranges(text: String) throws {
        for model in [Fixtures.realModel, Fixtures.folder.appending(path: "models/talking")].compactMap({ $0 }) {
            let tokenizer = try ModelFiles.open(model).tokenizer()
            let (ids, ranges) = tokenizer.encodeWithRanges(text)
            #expect(ids.count == ranges.count)
            var place = 0
            let bytes = Array(text.utf8)
            for (id, range) in zip(ids, ranges) {
                #expect(range.lowerBound == place)
                place = range.upperBound
                if tokenizer.unencodableBytes.isEmpty || model == Fixtures.realModel {
                    #expect(tokenizer.bytes(of: [id]) == Array(bytes[range]))
                }
            }
            if !ids.isEmpty { #expect(place <= bytes.count) }
        }
    }

    @Test("documents without parts are named when parts are to be learnt")
    func unmarked() throws {
        let tokenizer = try Self.tokenizer()
        let documents = [Self.document("a ", "b"), Document(id: "bare", text: "c d")]
        let error = #expect(throws: FineTuningError.self) {
            try PreparedRows.documents(
                documents, loss: .explanation, tokenizer: tokenizer, start: nil, end: nil, maxLength: 100)
        }
        #expect(error?.description.contains("1 of 2") == true && error?.description.contains("bare") == true)
    }

    @Test("replay makes up its share of the tokens, the same for the same seed, and is learnt whole")
    func replay() throws {
        func rows(_ count: Int, _ length: Int, _ name: String) -> PreparedRows {
            PreparedRows(
                rows: (0..<count).map {
                    TokenRow(
                        id: "\(name)\($0)", tokens: Array(repeating: 5, count: length),
                        weights: Array(repeating: 1, count: length))
                })
        }
        let (own, general) = (rows(20, 50, "own"), rows(100, 10, "general"))
        let (mixed, report) = try Replay(share: 0.2, seed: 4).mix(own, with: general)
        #expect(abs((report.shareOfTokens ?? 0) - 0.2) < 0.01)
        #expect(mixed.rows.count { $0.id.hasPrefix("replay/") } == report.others && report.rows == 20)
        #expect(Set(mixed.rows.map(\.id)).count == mixed.rows.count)
        #expect(try Replay(share: 0.2, seed: 4).mix(own, with: general).rows == mixed)
        #expect(try Replay(share: 0.2, seed: 5).mix(own, with: general).rows != mixed)
        #expect(throws: FineTuningError.self) { try Replay(share: 0.9, seed: 4).mix(own, with: general) }
        #expect(throws: FineTuningError.self) { try Replay(share: 1, seed: 4).mix(own, with: general) }
    }
}
