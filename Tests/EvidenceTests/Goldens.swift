import Foundation

/// Numbers of scipy and statsmodels, made by References/evidence/make-goldens.py.
struct Goldens: Decodable {
    struct Interval: Decodable { let count: Int, trials: Int, level: Double, lower: Double, upper: Double }
    struct Mean: Decodable { let values: [Double], level: Double, lower: Double, upper: Double }
    struct Isotonic: Decodable { let values: [Double], weights: [Double], falling: Bool, fit: [Double] }
    struct Tost: Decodable {
        let a: [Double], b: [Double]?, low: Double, high: Double, p: Double, pLower: Double, pUpper: Double
    }
    struct Holm: Decodable { let p: [Double], adjusted: [Double] }
    struct Trend: Decodable {
        let doses: [Double], values: [Double], alternative: String, p: Double
        let slope: Double, lower: Double, upper: Double
    }
    struct Blocked: Decodable { let doses: [Double], seeds: [[Double]], p: Double }
    struct Power: Decodable {
        let base: Double, effect: Double, spread: Double, answers: Int, seeds: Int, power: Double
    }
    struct Rates: Decodable { let a: [Int], b: [Int], answers: Int, p: Double, lower: Double, upper: Double }

    let normalQuantile: [[Double]]
    let normalCumulative: [[Double]]
    let tQuantile: [[Double]]
    let tCumulative: [[Double]]
    let incompleteBeta: [[Double]]
    let wilson: [Interval]
    let mean: [Mean]
    let isotonic: [Isotonic]
    let tost: [Tost]
    let holm: [Holm]
    let trend: [Trend]
    let blocked: [Blocked]
    let power: [Power]
    let rates: [Rates]

    static func load() throws -> Goldens {
        let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized
        let url = root.appendingPathComponent("References/evidence/goldens.json")
        return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: url))
    }
}

/// Equal up to a relative error, or an absolute one of 1e-300.
func agree(_ a: Double, _ b: Double, within tolerance: Double = 1e-12) -> Bool {
    abs(a - b) <= tolerance * max(abs(a), abs(b)) + 1e-300
}
