/// The floating point formats that weights are read as.
public enum FloatType: String, Sendable, Hashable, CaseIterable, Codable {
    case float32, bfloat16

    public var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// Named tensors in one or more files, dequantised or converted on reading.
public protocol WeightFile: Sendable {
    /// All tensors' names, sorted.
    var names: [String] { get }

    func record(_ name: String) -> TensorRecord?

    /// Reads a tensor in Hugging Face's layout.
    ///
    /// - Parameters:
    ///   - type: float32, or bfloat16 rounded to nearest even.
    ///   - into: exactly as many bytes as the tensor takes in `type`, aligned to its elements.
    /// - Throws: ``CheckpointError`` for an unknown name, a type that can't be read, a buffer of another size, or
    ///   weights that are NaN or infinite.
    func read(_ name: String, as type: FloatType, into buffer: UnsafeMutableRawBufferPointer) throws

    /// The tensor's own bytes, memory-mapped, when the file stores it as float32, bfloat16 or float16 (see its
    /// ``record(_:)``) just as ``read(_:as:into:)`` would give it; otherwise nil. Valid while this object lives. Not
    /// looked at: they may hold NaN.
    func mapped(_ name: String) -> UnsafeRawBufferPointer?

    /// A matrix that the file holds in bitsandbytes' NF4 or int8, as it is stored; nil for any other tensor.
    func quantised(_ name: String) -> QuantisedMatrix?
}

extension WeightFile {
    /// A tensor as an array of float32.
    public func floats(_ name: String) throws -> [Float] {
        // An unknown name fails in `read`, with the file's name.
        let count = record(name)?.count ?? 0
        return try [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
            let exact = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
            try read(name, as: .float32, into: UnsafeMutableRawBufferPointer(exact))
            initialised = count
        }
    }
}
