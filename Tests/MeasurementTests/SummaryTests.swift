import Evidence
import Measurement
import Testing

@Suite("The summary of measured values")
struct SummaryTests {
    private func value(_ measure: String, _ arm: String, _ item: String, _ value: Double?, category: String? = nil)
        -> MeasuredValue
    { MeasuredValue(measure: measure, arm: arm, item: item, category: category, value: value) }

    @Test("a mean has its t interval over items, and the difference from the base is paired by item")
    func means() throws {
        let values =
            [("a", 1.0), ("b", 2), ("c", 3)].map { value("contrast", "base", $0, $1) }
            + [("a", 2.0), ("b", 3), ("c", 5)].map { value("contrast", "o", $0, $1) }
            + [value("contrast", "o", "d", nil)]
        let summaries = try MeasureSummary.of(values)
        #expect(summaries.map(\.arm) == ["base", "o"] && summaries[0].againstBase == nil)
        #expect(summaries[1].missing == 1 && abs(summaries[1].estimate.value - 10.0 / 3) < 1e-12)
        // t of 2 degrees at 0.975 is 4.302653; sd of 1, 2, 3 is 1.
        #expect(abs(summaries[0].estimate.upper - (2 + 4.302653 / 3.0.squareRoot())) < 1e-5)
        let difference = try #require(summaries[1].againstBase)
        #expect(abs(difference.value - 4.0 / 3) < 1e-12)
        #expect(abs(difference.upper - (4.0 / 3 + 4.302653 / 3)) < 1e-5)
    }

    @Test("a share has Wilson's interval; several answers to an item go together")
    func shares() throws {
        let single = (0..<20).map { value("capability", "o", "\($0)", $0 < 14 ? 1 : 0) }
        let share = try #require(try MeasureSummary.of(single).first?.estimate)
        // R: prop.test(14, 20, correct = FALSE)
        #expect(abs(share.lower - 0.4810) < 1e-4 && abs(share.upper - 0.8545) < 1e-4 && share.unit == .share)
        let several = single + single
        let clustered = try #require(try MeasureSummary.of(several).first?.estimate)
        #expect(clustered.value == 0.7 && clustered.counts.questions == 20 && clustered.counts.answers == 40)
        #expect(clustered.upper - clustered.lower > 0.3, "twice the same answers say nothing new")
        let byCategory = try MeasureSummary.of(
            [value("skill.analysis", "o", "a", 1, category: "x"), value("skill.analysis", "o", "b", 0, category: "y")],
            byCategory: true)
        #expect(byCategory.map(\.category) == [nil, "x", "y"] && byCategory[1].estimate.value == 1)
    }
}
