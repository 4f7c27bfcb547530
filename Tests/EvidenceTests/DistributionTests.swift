import Evidence
import Testing

@Suite("Distributions agree with scipy")
struct DistributionTests {
    let goldens: Goldens

    init() throws { goldens = try Goldens.load() }

    @Test("normal quantile and cumulative")
    func normal() {
        for row in goldens.normalQuantile where row[0] != 0.5 {
            #expect(agree(Normal.quantile(row[0]), row[1]), "p = \(row[0]): \(Normal.quantile(row[0])), \(row[1])")
        }
        #expect(abs(Normal.quantile(0.5)) < 1e-17)
        for row in goldens.normalCumulative { #expect(agree(Normal.cumulative(row[0]), row[1]), "x = \(row[0])") }
    }

    @Test("the ends and what lies outside")
    func ends() {
        #expect(Normal.quantile(0) == -.infinity)
        #expect(Normal.quantile(1) == .infinity)
        #expect(Normal.quantile(-0.1).isNaN && Normal.quantile(.nan).isNaN)
        #expect(StudentT.quantile(0, degrees: 3) == -.infinity)
        #expect(StudentT.quantile(0.5, degrees: 3) == 0)
        #expect(StudentT.quantile(0.5, degrees: 0).isNaN && StudentT.quantile(2, degrees: 3).isNaN)
        #expect(StudentT.cumulative(.infinity, degrees: 2) == 1)
        #expect(StudentT.cumulative(1, degrees: -1).isNaN)
    }

    @Test("Student's t quantile")
    func tQuantile() {
        for row in goldens.tQuantile {
            let found = StudentT.quantile(row[0], degrees: row[1])
            #expect(agree(found, row[2]), "p = \(row[0]), ν = \(row[1]): \(found), \(row[2])")
        }
    }

    @Test("Student's t cumulative")
    func tCumulative() {
        for row in goldens.tCumulative {
            let found = StudentT.cumulative(row[0], degrees: row[1])
            #expect(agree(found, row[2]), "t = \(row[0]), ν = \(row[1]): \(found), \(row[2])")
        }
    }

    @Test("the incomplete beta function")
    func beta() {
        for row in goldens.incompleteBeta {
            let found = IncompleteBeta.regularised(row[0], row[1], x: row[2], y: 1 - row[2])
            #expect(agree(found, row[3]), "\(row): \(found)")
        }
    }
}
