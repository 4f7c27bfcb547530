import Evidence
import Foundation
import Testing

@Suite("Agreement agrees with statsmodels and scipy")
struct AgreementTests {
    private struct Golden: Decodable {
        struct Kappa: Decodable { let table: [[Int]], level: Double, kappa: Double, lower: Double, upper: Double }
        struct Correlated: Decodable {
            let a: [Double], b: [Double], level: Double
            let pearson: Double, lower: Double, upper: Double, spearman: Double
        }
        let kappa: [Kappa]
        let correlation: [Correlated]
    }

    private let golden: Golden

    /// Made by References/evidence/make-agreement.py.
    init() throws {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
        golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: root.appendingPathComponent("References/evidence/agreement.json")))
    }

    @Test("Cohen's kappa and its interval")
    func kappa() throws {
        for wanted in golden.kappa {
            let found = try CohenKappa.estimate(wanted.table, level: wanted.level)
            #expect(abs(found.value - wanted.kappa) < 1e-12)
            #expect(abs(found.lower - wanted.lower) < 1e-9 && abs(found.upper - wanted.upper) < 1e-9)
        }
    }

    @Test("Pearson's r with Fisher's interval, Spearman's rho with ties")
    func correlation() throws {
        for wanted in golden.correlation {
            let pairs = Array(zip(wanted.a, wanted.b))
            let found = try Correlation.pearson(pairs, level: wanted.level)
            #expect(abs(found.value - wanted.pearson) < 1e-12)
            #expect(abs(found.lower - wanted.lower) < 1e-10 && abs(found.upper - wanted.upper) < 1e-10)
            #expect(abs(try Correlation.spearman(pairs, level: wanted.level).value - wanted.spearman) < 1e-12)
        }
    }

    @Test("where there is nothing to agree on, that is said")
    func nothing() {
        #expect(throws: EvidenceError.self) { try CohenKappa.estimate([[7, 0], [0, 0]]) }
        #expect(throws: EvidenceError.self) { try CohenKappa.estimate([[0, 0], [0, 0]]) }
        #expect(throws: EvidenceError.self) { try CohenKappa.estimate([]) }
        #expect(throws: EvidenceError.self) { try CohenKappa.estimate([[1, 2], [3]]) }
        #expect(throws: EvidenceError.self) { try Correlation.pearson([(1, 2), (1, 3), (1, 4), (1, 5)]) }
        #expect(throws: EvidenceError.self) { try Correlation.pearson([(1, 2)]) }
        #expect(throws: EvidenceError.self) { try Correlation.spearman([(1, .nan), (2, 3), (3, 4), (4, 5)]) }
    }
}
