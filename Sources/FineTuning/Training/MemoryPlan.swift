import Checkpoint
import Torch
import Transformer

/// What training a model's own weights takes, looked at before any of it is allocated: a CPU without memory doesn't say so,
/// it ends the process.
public struct MemoryPlan: Sendable, Hashable {
    /// Parameters, gradients and both moments in float32, and a bfloat16 model's copy.
    public var weights: Int
    /// What a pass keeps for its backward, roughly.
    public var pass: Int

    /// - Parameter tokens: of the largest pass; 0 where it isn't known yet.
    public init(_ configuration: ModelConfiguration, dtype: DType, tokens: Int = 0) {
        weights = ModelParameters.bytesToTrain(configuration, dtype: dtype)
        pass = ModelParameters.bytesOfPass(configuration, tokens: tokens, dtype: dtype)
    }

    /// - Parameter allocated: bytes of ``weights`` that are in memory already.
    /// - Throws: ``FineTuningError/memory(_:)`` with what is needed and what there is.
    public func check(_ device: Device, allocated: Int = 0) throws {
        try check(available: Int(clamping: device.memory().free), allocated: allocated, on: "\(device)")
    }

    /// The same for a given size of memory.
    public func check(available: Int, allocated: Int = 0, on device: String) throws {
        let needed = weights - allocated + pass
        guard needed > available else { return }
        throw FineTuningError.memory(
            "training all weights needs \(Self.gibibytes(weights)) for parameters, gradients and moments and about "
                + "\(Self.gibibytes(pass)) for a pass; \(device) has \(Self.gibibytes(available + allocated)) to give. "
                + "Take a lower --batch or --max-length, a smaller model, or an adapter (leave --full out)")
    }

    private static func gibibytes(_ bytes: Int) -> String {
        let tenths = (Double(bytes) / Double(1 << 30) * 10).rounded() / 10
        return "\(tenths) GiB"
    }
}
