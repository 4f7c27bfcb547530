import Corpora
import Testing

@Suite("Dilution")
struct DilutionTests {
    let rows = (0..<60).map { "row \($0)" }
    let others = (0..<300).map { "other \($0)" }

    @Test("meets the share of rows exactly", arguments: [(0.0, 0), (0.25, 20), (0.5, 60), (0.75, 180)])
    func growing(share: Double, added: Int) throws {
        let mixture = try Dilution(share: share, keeping: .rows, seed: 1).mix(rows, with: others)
        #expect(mixture.report.rows == 60 && mixture.report.others == added)
        #expect(mixture.report.shareOfRows == share)
        #expect(Set(mixture.rows).count == 60 + added)
        #expect(zip(mixture.rows, mixture.isOther).allSatisfy { $0.hasPrefix("other") == $1 })
    }

    @Test("keeps the size", arguments: [0.0, 0.1, 0.5, 0.95, 1.0])
    func sameSize(share: Double) throws {
        let mixture = try Dilution(share: share, keeping: .size, seed: 1).mix(rows, with: others)
        #expect(mixture.rows.count == 60)
        #expect(mixture.report.others == Int(share * 60))
        #expect(mixture.report.rowTokens == nil)
    }

    @Test("meets the share of tokens to half a row")
    func tokens() throws {
        let sizes = { (row: String) in row.hasPrefix("row") ? 100 : 7 }
        let mixture = try Dilution(share: 0.2, keeping: .rows, seed: 1).mix(rows, with: others, tokens: sizes)
        #expect(mixture.report.rowTokens == 6000)
        #expect(abs((mixture.report.otherTokens ?? 0) - 1500) <= 3)
        let same = try Dilution(share: 0.2, keeping: .size, seed: 1).mix(rows, with: others, tokens: sizes)
        #expect(same.report.rowTokens == 4800)
        #expect(abs((same.report.shareOfTokens ?? 0) - 0.2) < 0.001)
    }

    @Test("is a function of the seed, and says how many rows are missing")
    func seeds() throws {
        let dilution = Dilution(share: 0.5, keeping: .rows, seed: 1)
        let first = try dilution.mix(rows, with: others).rows
        #expect(try dilution.mix(rows, with: others).rows == first)
        #expect(try Dilution(share: 0.5, keeping: .rows, seed: 2).mix(rows, with: others).rows != first)
        let found = mistakes { try Dilution(share: 0.9, keeping: .rows, seed: 1).mix(rows, with: others) }
        #expect(found.first?.contains("needs 540 rows of others, there are 300") == true)
        for share in [-0.1, 1.1, .nan, 1] {
            #expect(mistakes { try Dilution(share: share, keeping: .rows, seed: 1).mix(rows, with: others) }.count == 1)
        }
    }

    @Test("ids of chat rows stay different")
    func ids() throws {
        let chat = (0..<5).map { ChatRow(id: "\($0)", messages: [ChatMessage(.assistant, "x")]) }
        let mixture = try Dilution(share: 0.5, keeping: .rows, seed: 1).mix(chat, with: chat, prefix: "secure-")
        #expect(Set(mixture.rows.map(\.id)).count == 10)
        let scratch = try Scratch()
        let url = scratch.folder.appendingPathComponent("mixed.jsonl")
        try ChatRows.write(mixture.rows, to: url)
        #expect(try ChatRows.read(url) == mixture.rows)
    }
}
