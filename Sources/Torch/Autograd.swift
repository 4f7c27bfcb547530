import CTorch

extension Tensor {
    public var requiresGradient: Bool { ct_requires_grad(handle) }

    /// Asks for (or stops asking for) a gradient. Only leaves can be asked.
    public func setRequiresGradient(_ on: Bool) throws { try check(ct_set_requires_grad(handle, on)) }

    /// Adds d(self)/d(leaf) to the gradient of every leaf that asked for one. `gradient` weighs a tensor that is not a
    /// single number.
    public func backward(_ gradient: Tensor? = nil) throws { try check(ct_backward(handle, gradient?.handle)) }

    /// The gradient gathered so far, nil before the first ``backward(_:)``.
    public var gradient: Tensor? {
        get throws {
            guard let found = ct_grad(handle) else { return nil }
            return try Tensor(found)
        }
    }

    /// Makes later gradients be added into `storage`, whose shape is this tensor's.
    public func gatherGradient(in storage: Tensor) throws { try check(ct_set_grad(handle, storage.handle)) }
}

/// Runs `body` without recording a graph: nothing in it can be differentiated, and nothing is kept for that.
///
/// The setting belongs to the thread, so `body` must not suspend; it can't, it is not async.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ct_grad_enabled()
    ct_set_grad_enabled(false)
    defer { ct_set_grad_enabled(before) }
    return try body()
}
