import Evidence
import Foundation
import RandomStreams
import Testing

@Suite("Random numbers")
struct RandomTests {
    @Test("Philox4x32-10 gives the published vectors (Random123's known answers)")
    func philox() {
        #expect(
            Philox.block(counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = UInt32.max
        #expect(
            Philox.block(counter: SIMD4(ones, ones, ones, ones), key: SIMD2(ones, ones))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox.block(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0)
            )
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test("a stream is its name's: seed, purpose and item each make another one")
    func names() {
        func first(_ seed: UInt64, _ purpose: String, _ item: UInt64) -> [UInt64] {
            var stream = RandomStream(seed: seed, purpose: purpose, item: item)
            return (0..<4).map { _ in stream.next() }
        }
        let base = first(1, "bootstrap", 0)
        #expect(first(1, "bootstrap", 0) == base)
        for other in [first(2, "bootstrap", 0), first(1, "bootstrap.", 0), first(1, "bootstrap", 1)] {
            #expect(Set(other).isDisjoint(with: base))
        }
    }

    @Test("a stream's numbers stay as they are from version to version")
    func pinned() {
        var stream = RandomStream(seed: 7, purpose: "test", item: 3)
        #expect(
            (0..<3).map { _ in stream.next() } == [
                4_328_292_587_592_588_072, 12_457_376_831_177_354_458, 3_532_918_652_511_344_094,
            ])
    }

    private func moments(_ count: Int = 100_000, _ draw: (inout RandomStream) -> Double) -> (mean: Double, sd: Double) {
        var stream = RandomStream(seed: 11, purpose: "moments")
        let values = (0..<count).map { _ in draw(&stream) }
        let mean = values.reduce(0, +) / Double(count)
        return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot())
    }

    @Test("uniform, normal, gamma and beta numbers have their mean and spread (seed 11)")
    func continuous() {
        for (found, mean, sd) in [
            (moments { $0.uniform() }, 0.5, 1 / 12.0.squareRoot()), (moments { $0.normal() }, 0, 1),
            (moments { $0.gamma(shape: 0.3) }, 0.3, 0.3.squareRoot()),
            (moments { $0.gamma(shape: 7) }, 7, 7.0.squareRoot()),
            (moments { $0.beta(2, 6) }, 0.25, (12.0 / 64 / 9).squareRoot()),
        ] {
            #expect(abs(found.mean - mean) < 5 * sd / 100_000.0.squareRoot())
            #expect(abs(found.sd / sd - 1) < 0.03)
        }
    }

    @Test(
        "binomial numbers have their mean and spread",
        arguments: [(1, 0.3), (400, 0.002), (2400, 0.05), (2400, 0.7), (100_000, 0.4)])
    func binomial(trials: Int, p: Double) {
        let found = moments(20_000) { Double($0.binomial(trials: trials, p: p)) }
        let sd = (Double(trials) * p * (1 - p)).squareRoot()
        #expect(abs(found.mean - Double(trials) * p) < 5 * sd / 20_000.0.squareRoot())
        #expect(abs(found.sd / sd - 1) < 0.04)
    }

    @Test("binomial numbers follow the exact distribution (chi-square, seed 5)")
    func binomialExact() {
        // Large enough to be halved before it is counted.
        let (trials, p) = (60, 0.5)
        var stream = RandomStream(seed: 5, purpose: "binomial")
        var seen = Array(repeating: 0, count: trials + 1)
        let draws = 100_000
        for _ in 0..<draws { seen[stream.binomial(trials: trials, p: p)] += 1 }
        var chi = 0.0
        var cells = 0
        var mass = pow(0.5, 60.0)
        for k in 0...trials {
            let expected = mass * Double(draws)
            if expected > 20 {
                chi += (Double(seen[k]) - expected) * (Double(seen[k]) - expected) / expected
                cells += 1
            }
            mass *= Double(trials - k) / Double(k + 1)
        }
        #expect(chi < Double(cells) + 5 * (2 * Double(cells)).squareRoot(), "\(chi) over \(cells) cells")
    }

    @Test("indices are even, shuffles are permutations")
    func indices() {
        var stream = RandomStream(seed: 2, purpose: "index")
        var seen = Array(repeating: 0, count: 7)
        for _ in 0..<70_000 { seen[stream.index(below: 7)] += 1 }
        #expect(seen.allSatisfy { abs($0 - 10_000) < 500 })
        var values = Array(0..<50)
        stream.shuffle(&values)
        #expect(values.sorted() == Array(0..<50) && values != Array(0..<50))
    }
}
