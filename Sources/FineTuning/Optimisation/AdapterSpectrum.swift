import Torch
import Transformer

/// How large an adapter is and over how many directions it spreads: logged along training, since a nominal rank says
/// little about either (Evil Spectra, arXiv 2606.31591).
public struct AdapterSpectrum: Codable, Hashable, Sendable {
    /// Frobenius norms over all modules: of the A's, the B's, and the products BA (without the scale).
    public var normA: Double
    public var normB: Double
    public var normBA: Double
    /// `||BA||_F^2 / sigma_1^2`, the mean over modules whose BA is not zero: 1 for one direction, at most the rank.
    public var stableRank: Double?
    /// The largest singular value of any module's BA.
    public var largestSingularValue: Double

    enum CodingKeys: String, CodingKey {
        case normA = "norm_a"
        case normB = "norm_b"
        case normBA = "norm_ba"
        case stableRank = "stable_rank"
        case largestSingularValue = "sigma_max"
    }

    /// BA's singular values are those of an [R, R] product of the Gram matrices' square roots, so no [out, in] matrix
    /// is made. Double precision.
    public init(_ adapter: LowRankAdapter) throws {
        var (a, b, ba, top) = (0.0, 0.0, 0.0, 0.0)
        var stableRanks: [Double] = []
        for module in adapter.modules {
            let wideA = try module.a.detached().to(.float64)
            let wideB = try module.b.detached().to(.float64)
            a += try wideA.squared().sum().item()
            b += try wideB.squared().sum().item()
            let values = try lowRankSingularValues(a: wideA, b: wideB).values(as: Double.self)
            let energy = values.reduce(0) { $0 + $1 * $1 }
            let first = values.max() ?? 0
            ba += energy
            top = max(top, first)
            if first > 0 { stableRanks.append(energy / (first * first)) }
        }
        normA = a.squareRoot()
        normB = b.squareRoot()
        normBA = ba.squareRoot()
        largestSingularValue = top
        stableRank = stableRanks.isEmpty ? nil : stableRanks.reduce(0, +) / Double(stableRanks.count)
    }
}
