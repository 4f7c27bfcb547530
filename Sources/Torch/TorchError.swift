import CTorch

/// A failure inside libtorch, or of the machine beneath it.
public enum TorchError: Error, Equatable, CustomStringConvertible {
    /// The device has no memory left for what was asked. The trainer answers it with a smaller micro-batch.
    case outOfMemory(String)
    /// Anything else libtorch refused, in its own first line.
    case failed(String)

    public var description: String {
        switch self {
        case .outOfMemory(let what): "out of memory: \(what)"
        case .failed(let what): "libtorch: \(what)"
        }
    }

    /// What the last call on this thread that failed had to say.
    static var last: TorchError {
        let message = String(cString: ct_error_message())
        return ct_last_status() == CT_OUT_OF_MEMORY ? .outOfMemory(message) : .failed(message)
    }
}

/// Throws unless `status` is good.
@inline(__always)
func check(_ status: ct_status) throws {
    guard status == CT_OK else { throw TorchError.last }
}
