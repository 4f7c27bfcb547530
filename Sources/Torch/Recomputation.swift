import CTorch

/// What a backward pass needs of a decoder block: kept, or computed again when its turn comes.
public enum Recomputation: String, Codable, CaseIterable, Hashable, Sendable {
    /// Everything is kept.
    case none
    /// Only the blocks' inputs are kept; each block runs again (activation checkpointing, Chen et al. 2016). The
    /// gradients have the same bits, for about a third more time.
    case blocks
    /// As `blocks`, with the inputs in host memory while the other blocks run.
    case offloaded
}

/// Runs a piece of a graph without keeping more of it than its inputs; when the gradient comes back it runs again.
///
/// - Parameter body: a function of its arguments alone, apart from leaves that gather gradients. It may be called on
///   another thread.
public func recomputed(
    _ a: Tensor, _ b: Tensor, offloading: Bool = false, body: @escaping (Tensor, Tensor) throws -> (Tensor, Tensor)
) throws -> (Tensor, Tensor) {
    let context = Unmanaged.passRetained(Piece(body: body)).toOpaque()
    var handles: (ct_tensor?, ct_tensor?)
    try check(
        ct_recomputed(
            { context, a, b, aOut, bOut, failure in Piece.run(context, a, b, aOut, bOut, failure) }, context,
            { context in
                if let context { Unmanaged<Piece>.fromOpaque(context).release() }
            }, a.handle, b.handle, offloading, &handles.0, &handles.1))
    return (try Tensor(handles.0), try Tensor(handles.1))
}

/// The body on its way through C.
private final class Piece {
    let body: (Tensor, Tensor) throws -> (Tensor, Tensor)

    init(body: @escaping (Tensor, Tensor) throws -> (Tensor, Tensor)) { self.body = body }

    static func run(
        _ context: UnsafeMutableRawPointer?, _ a: ct_tensor?, _ b: ct_tensor?,
        _ aOut: UnsafeMutablePointer<ct_tensor?>?, _ bOut: UnsafeMutablePointer<ct_tensor?>?,
        _ failure: UnsafeMutablePointer<CChar>?
    ) -> ct_status {
        do {
            let (a, b) = (try Tensor(a), try Tensor(b))
            guard let context else { throw TorchError.failed("a piece of the graph has lost its body") }
            let result = try Unmanaged<Piece>.fromOpaque(context).takeUnretainedValue().body(a, b)
            aOut?.pointee = ct_share(result.0.handle)
            bOut?.pointee = ct_share(result.1.handle)
            return CT_OK
        } catch {
            let (status, text): (ct_status, String) =
                switch error {
                case TorchError.outOfMemory(let what): (CT_OUT_OF_MEMORY, what)
                case TorchError.failed(let what): (CT_FAILED, what)
                default: (CT_FAILED, String(describing: error))
                }
            if let failure {
                let bytes = Array(text.utf8.prefix(511))
                for (i, byte) in bytes.enumerated() { failure[i] = CChar(bitPattern: byte) }
                failure[bytes.count] = 0
            }
            return status
        }
    }
}
