import Foundation

extension RopeScaling {
    /// The factors that Llama 3.1's scaling divides frequencies by; what llama.cpp stores as `rope_freqs.weight`.
    static func llama3Factors(
        factor: Double, low: Double, high: Double, originalMaxPositions: Int, theta: Double, headDimension: Int
    ) -> [Double] {
        let original = Double(originalMaxPositions)
        return stride(from: 0, to: headDimension, by: 2).map { channel in
            let wavelength = 2 * Double.pi * pow(theta, Double(channel) / Double(headDimension))
            if wavelength < original / high { return 1 }
            if wavelength > original / low { return factor }
            let smooth = (original / wavelength - low) / (high - low)
            return 1 / ((1 - smooth) / factor + smooth)
        }
    }

    /// Frequency factors that are those of a published Llama 3 as its scaling, so that it can be written as Hugging
    /// Face does; everything else as it is.
    func recognisingLlama3(theta: Double, headDimension: Int) -> RopeScaling {
        guard case .frequencyFactors(let factors) = self, let largest = factors.max(), largest > 1,
            (2...4096).contains(headDimension), factors.count == headDimension / 2
        else { return self }
        let factor = Double(largest).rounded()
        let published = Self.llama3Factors(
            factor: factor, low: 1, high: 4, originalMaxPositions: 8192, theta: theta, headDimension: headDimension)
        let isSame = zip(factors, published).allSatisfy { abs(Double($0) - $1) <= 1e-5 * $1 }
        return isSame
            ? .llama3(factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 8192) : self
    }
}
