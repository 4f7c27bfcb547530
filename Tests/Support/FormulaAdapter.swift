import Checkpoint
import Torch
import Transformer

/// The adapters of References/engine/formula_adapter.py: numbers that Python and Swift both make, bit for bit.
public enum FormulaAdapter {
    public static func make(
        _ configuration: AdapterConfiguration, on model: ModelConfiguration, boundOfB: Double
    ) throws -> LowRankAdapter {
        let slots = try LowRankAdapter.slots(configuration, on: model)
        var values: [Float] = []
        for slot in slots {
            let order = LinearModule.allCases.firstIndex(of: slot.target) ?? 0
            let place = 7 * slot.layer + order
            values += uniform(
                place, side: 0, count: slot.rank * slot.inputs, bound: 1 / Double(slot.inputs).squareRoot())
            values += uniform(place, side: 1, count: slot.outputs * slot.rank, bound: boundOfB)
        }
        return try LowRankAdapter(
            slots: slots, values: values, dropout: configuration.dropout, trainable: true, device: .cpu)
    }

    static func uniform(_ module: Int, side: Int, count: Int, bound: Double) -> [Float] {
        (0..<count).map { index in
            var z = (UInt64(2 * module + side) << 32 &+ UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            z ^= z >> 31
            return Float((Double(z >> 40) / 0x1p24 * 2 - 1) * bound)
        }
    }
}
