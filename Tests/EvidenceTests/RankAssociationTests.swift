import Evidence
import Foundation
import Testing

@Suite("Numbers that go together by rank")
struct RankAssociationTests {
    private struct Golden: Decodable {
        var x: [Double]
        var y: [Double]
        var spearman: Double
        var area: Double
    }

    @Test("rank correlation and area under the curve are scipy's, ties included")
    func goldens() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/measurement/association.json")
        for golden in try JSONDecoder().decode([Golden].self, from: Data(contentsOf: url)) {
            let points = zip(golden.x, golden.y).enumerated().map {
                RankAssociation.Point(group: "\($0 / 2)", x: $1.0, y: $1.1)
            }
            let spearman = try RankAssociation.spearman(points, draws: 400)
            #expect(abs(spearman.value - golden.spearman) < 1e-12)
            #expect(spearman.lower < golden.spearman && spearman.upper > golden.spearman && spearman.lower > 0)
            let area = try RankAssociation.areaUnderCurve(points, threshold: 50, draws: 400)
            #expect(abs(area.value - golden.area) < 1e-12)
            #expect(area.lower < golden.area && area.upper <= 1 && area.upper > golden.area && area.unit == .share)
        }
    }

    @Test("what has no value is refused, and what is drawn twice is drawn alike")
    func refusals() throws {
        let flat = (0..<5).map { RankAssociation.Point(group: "\($0)", x: 1, y: Double($0)) }
        #expect(throws: EvidenceError.self) { _ = try RankAssociation.spearman(flat) }
        #expect(throws: EvidenceError.self) { _ = try RankAssociation.areaUnderCurve(flat, threshold: 9) }
        #expect(throws: EvidenceError.self) { _ = try RankAssociation.spearman(Array(flat.prefix(2))) }
        #expect(throws: EvidenceError.self) {
            _ = try RankAssociation.spearman([.init(group: "", x: .nan, y: 1)] + flat)
        }
        #expect(try RankAssociation.areaUnderCurve(flat, threshold: 2).value == 0.5, "all ties")
        let points = (0..<30).map { RankAssociation.Point(group: "\($0 % 6)", x: Double($0 * 7 % 30), y: Double($0)) }
        #expect(try RankAssociation.spearman(points) == RankAssociation.spearman(points))
        let alone = points.map { RankAssociation.Point(group: "one", x: $0.x, y: $0.y) }
        #expect(try RankAssociation.spearman(alone).upper == .infinity, "one group says nothing of groups")
    }
}
