import Checkpoint
import Foundation
import Torch

/// Rotary position embedding (Su et al. 2021): cosines and sines of every position, for one base frequency.
///
/// Frequencies are computed in float32, step by step as the reference implementations do: at position 2000 the rounding
/// is visible in the logits' fourth digit, and checkpoints were trained with it.
struct RotaryEmbedding {
    /// `[C / 2]` radians per position.
    let frequencies: [Float]

    init(theta: Double, channels: Int, scaling: RopeScaling) {
        let base = Float(theta)
        var frequencies = (0..<channels / 2).map { i in 1 / powf(base, Float(2 * i) / Float(channels)) }
        switch scaling {
        case .none: break
        case .linear(let factor):
            frequencies = frequencies.map { $0 / Float(factor) }
        case .frequencyFactors(let factors):
            frequencies = zip(frequencies, factors).map { $0 / $1 }
        case .llama3(let factor, let low, let high, let original):
            // Llama 3.1's scheme: long waves are stretched, short ones kept, those between blended.
            let original = Float(original)
            frequencies = frequencies.map { frequency in
                let wavelength = 2 * Float.pi / frequency
                if wavelength > original / Float(low) { return frequency / Float(factor) }
                if wavelength < original / Float(high) { return frequency }
                let smooth = (original / wavelength - Float(low)) / Float(high - low)
                return (1 - smooth) * frequency / Float(factor) + smooth * frequency
            }
        }
        self.frequencies = frequencies
    }

    /// cos and sin at `positions`, each `[T, C]` float32.
    func cosAndSin(positions: [Int32], device: Device) throws -> (cos: Tensor, sin: Tensor) {
        let half = frequencies.count
        var rows: [Int32: Int] = [:]
        var cosines: [Float] = []
        var sines: [Float] = []
        var order: [Int32] = []
        order.reserveCapacity(positions.count)
        for position in positions {
            if let row = rows[position] {
                order.append(Int32(row))
                continue
            }
            order.append(Int32(rows.count))
            rows[position] = rows.count
            for part in [frequencies, frequencies] {
                for frequency in part {
                    let angle = Float(position) * frequency
                    cosines.append(cosf(angle))
                    sines.append(sinf(angle))
                }
            }
        }
        let index = try Tensor(order, device: device)
        let table = [rows.count, 2 * half]
        return (
            try Tensor(cosines, shape: table, device: device).selecting(index),
            try Tensor(sines, shape: table, device: device).selecting(index)
        )
    }
}
