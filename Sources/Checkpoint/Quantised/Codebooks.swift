/// The tables that quantised numbers are looked up in, as bitsandbytes has them.
public enum Codebooks {
    /// NF4: quantiles of a normal distribution with an exact zero (Dettmers et al. 2023, appendix E).
    public static let nf4: [Float] = [
        -1.0, -0.696_192_800_998_687_7, -0.525_073_051_452_636_7, -0.394_917_488_098_144_53, -0.284_441_381_692_886_35,
        -0.184_773_430_228_233_34, -0.091_050_036_251_544_95, 0.0, 0.079_580_299_556_255_34, 0.160_930_201_411_247_25,
        0.246_112_301_945_686_34, 0.337_915_241_718_292_24, 0.440_709_829_330_444_34, 0.562_617_003_917_694_1,
        0.722_956_836_223_602_3, 1.0,
    ]

    /// Signed dynamic quantisation to 8 bits (Dettmers 2016): a power of ten, then a fraction that has the bits the
    /// power leaves. 256 numbers from -0.993 to 1, ascending.
    public static let dynamic: [Float] = {
        var values: [Float] = [0, 1]
        for (exponent, power) in [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1].map(Float.init).enumerated() {
            // linspace(0.1, 1) as torch takes it: from both ends to the middle, in float32 with one rounding.
            let count = 1 << exponent
            let step = (1 - Float(0.1)) / Float(count)
            let boundaries = (0...count).map { i in
                i < (count + 1) / 2
                    ? Float(0.1).addingProduct(step, Float(i)) : Float(1).addingProduct(-step, Float(count - i))
            }
            for (low, high) in zip(boundaries, boundaries.dropFirst()) {
                let value = power * ((low + high) / 2)
                values += [value, -value]
            }
        }
        return values.sorted()
    }()

    /// What lies between a sorted table's neighbours: above `midpoints[i]`, entry `i + 1` is the nearest.
    static func midpoints(_ table: [Float]) -> [Float] { zip(table, table.dropFirst()).map { ($0 + $1) / 2 } }
}
