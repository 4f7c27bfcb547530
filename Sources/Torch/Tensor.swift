import CTorch

/// An array on a device, with a gradient where one was asked for. Two variables can share one tensor: a class, since
/// identity is the point.
///
/// Every operation throws ``TorchError``; running out of memory is ``TorchError/outOfMemory(_:)``.
///
/// `@unchecked Sendable`: the handle is set once and libtorch counts its references atomically. What is *in* a tensor is
/// shared like any memory: only the in-place operations (their names end in `InPlace`, or say `overwrite`) write it, and
/// emlab calls these on tensors that one task owns.
public final class Tensor: @unchecked Sendable {
    let handle: ct_tensor

    /// Takes over a handle that a C function has made; nil is its failure.
    init(_ handle: ct_tensor?) throws {
        guard let handle else { throw TorchError.last }
        self.handle = handle
    }

    deinit { ct_release(handle) }

    // MARK: Making

    /// From row-major numbers; `shape`'s product is their count.
    public convenience init<Element: TensorElement>(
        _ values: [Element], shape: [Int]? = nil, device: Device = .cpu
    ) throws {
        let shape = shape ?? [values.count]
        let count = try Tensor.count(of: shape)
        guard count == values.count else {
            throw TorchError.failed("\(values.count) numbers do not fill a tensor of shape \(shape)")
        }
        Libtorch.start()
        let made = values.withUnsafeBytes { bytes in
            ct_from_data(bytes.baseAddress, Element.dtype.raw, shape.map(Int64.init), Int32(shape.count), device.raw)
        }
        try self.init(made)
    }

    /// All elements `value`.
    public convenience init(filledWith value: Double, shape: [Int], dtype: DType = .float32, device: Device = .cpu)
        throws
    {
        _ = try Tensor.count(of: shape)
        Libtorch.start()
        try self.init(ct_full(value, dtype.raw, shape.map(Int64.init), Int32(shape.count), device.raw))
    }

    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
        try Tensor(filledWith: 0, shape: shape, dtype: dtype, device: device)
    }

    /// On the CPU, its bytes written by `body` before anyone reads them.
    public convenience init(
        shape: [Int], dtype: DType, writing body: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let count = try Tensor.count(of: shape)
        Libtorch.start()
        try self.init(ct_empty(dtype.raw, shape.map(Int64.init), Int32(shape.count), Device.cpu.raw))
        try body(UnsafeMutableRawBufferPointer(start: ct_cpu_data(handle), count: count * dtype.size))
    }

    private static func count(of shape: [Int]) throws -> Int {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { throw TorchError.failed("\(shape) is not a shape") }
            count = product
        }
        return count
    }

    // MARK: Reading

    public var shape: [Int] { (0..<ct_rank(handle)).map { Int(ct_size(handle, $0)) } }
    public var count: Int { Int(ct_count(handle)) }
    public var dtype: DType { DType(ct_dtype_of(handle)) }
    public var device: Device { Device(ct_device_of(handle)) }

    /// The size along an axis. A tensor without that axis is a bug of the caller.
    public func size(_ axis: Int) -> Int {
        let size = ct_size(handle, Int32(axis))
        precondition(size >= 0, "a tensor of shape \(shape) has no axis \(axis)")
        return Int(size)
    }

    /// Row-major elements, converted to `Element`.
    public func values<Element: TensorElement>(as type: Element.Type = Element.self) throws -> [Element] {
        let here = try dtype == Element.dtype ? self : to(Element.dtype, device: .cpu)
        return try [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            let bytes = Int64(buffer.count) * Int64(MemoryLayout<Element>.stride)
            let count = Int64(here.count) * Int64(MemoryLayout<Element>.stride)
            precondition(bytes >= count)
            try check(ct_copy_out(here.handle, buffer.baseAddress, count))
            initialized = here.count
        }
    }

    /// Row-major bytes in the tensor's own dtype.
    public func bytes() throws -> [UInt8] {
        let size = count * dtype.size
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            try check(ct_copy_out(handle, buffer.baseAddress, Int64(size)))
            initialized = size
        }
    }

    /// The only element.
    public func item() throws -> Double {
        let all = try values(as: Double.self)
        guard let only = all.first, all.count == 1 else {
            throw TorchError.failed("a tensor of shape \(shape) is not a single number")
        }
        return only
    }

    public func isFinite() throws -> Bool {
        var result = false
        try check(ct_all_finite(handle, &result))
        return result
    }

    // MARK: Moving and reshaping

    public func to(_ dtype: DType, device: Device? = nil) throws -> Tensor {
        try Tensor(ct_to(handle, dtype.raw, (device ?? self.device).raw))
    }
    public func to(_ device: Device) throws -> Tensor { try to(dtype, device: device) }
    public func reshaped(_ shape: [Int]) throws -> Tensor {
        try Tensor(ct_reshape(handle, shape.map(Int64.init), Int32(shape.count)))
    }
    public func transposed(_ a: Int = 0, _ b: Int = 1) throws -> Tensor {
        try Tensor(ct_transpose(handle, Int32(a), Int32(b)))
    }
    /// A view of `length` entries from `start` along `axis`; it shares memory.
    public func narrowed(_ axis: Int, from start: Int, length: Int) throws -> Tensor {
        try Tensor(ct_narrow(handle, Int32(axis), Int64(start), Int64(length)))
    }
    public func contiguous() throws -> Tensor { try Tensor(ct_contiguous(handle)) }
    public func clone() throws -> Tensor { try Tensor(ct_clone(handle)) }
    /// The same memory, outside the graph.
    public func detached() throws -> Tensor { try Tensor(ct_detach(handle)) }
    public func selecting(_ indices: Tensor, axis: Int = 0) throws -> Tensor {
        try Tensor(ct_index_select(handle, Int32(axis), indices.handle))
    }
    public func gathering(_ indices: Tensor, axis: Int) throws -> Tensor {
        try Tensor(ct_gather(handle, Int32(axis), indices.handle))
    }
    public static func concatenated(_ parts: [Tensor], axis: Int = 0) throws -> Tensor {
        try Tensor(ct_cat(parts.map { Optional($0.handle) }, Int32(parts.count), Int32(axis)))
    }

    /// Elements that are worked on at once where a whole copy would be too large.
    static let pieceSize = 1 << 24

    /// `0..<count` cut into ranges of at most 16777216.
    public static func pieces(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: pieceSize).map { $0..<min(count, $0 + pieceSize) }
    }

    /// Views of this vector, one after another, none with more than 16777216 elements.
    public func inPieces(_ body: (Tensor) throws -> Void) throws {
        for range in Tensor.pieces(count) {
            try body(range.count == count ? self : narrowed(0, from: range.lowerBound, length: range.count))
        }
    }

    // MARK: Arithmetic

    public static func + (a: Tensor, b: Tensor) throws -> Tensor { try Tensor(ct_add(a.handle, b.handle)) }
    public static func - (a: Tensor, b: Tensor) throws -> Tensor { try Tensor(ct_sub(a.handle, b.handle)) }
    public static func * (a: Tensor, b: Tensor) throws -> Tensor { try Tensor(ct_mul(a.handle, b.handle)) }
    public static func / (a: Tensor, b: Tensor) throws -> Tensor { try Tensor(ct_div(a.handle, b.handle)) }
    public static func + (a: Tensor, b: Double) throws -> Tensor { try Tensor(ct_add_scalar(a.handle, b)) }
    public static func * (a: Tensor, b: Double) throws -> Tensor { try Tensor(ct_mul_scalar(a.handle, b)) }
    public static prefix func - (a: Tensor) throws -> Tensor { try Tensor(ct_neg(a.handle)) }
    public func matmul(_ b: Tensor) throws -> Tensor { try Tensor(ct_matmul(handle, b.handle)) }
    public func exp() throws -> Tensor { try Tensor(ct_exp(handle)) }
    public func log() throws -> Tensor { try Tensor(ct_log(handle)) }
    public func squareRoot() throws -> Tensor { try Tensor(ct_sqrt(handle)) }
    public func squared() throws -> Tensor { try Tensor(ct_square(handle)) }
    public func tanh() throws -> Tensor { try Tensor(ct_tanh(handle)) }
    public func sigmoid() throws -> Tensor { try Tensor(ct_sigmoid(handle)) }
    public func logSigmoid() throws -> Tensor { try Tensor(ct_log_sigmoid(handle)) }
    public func sum() throws -> Tensor { try Tensor(ct_sum(handle)) }
    public func mean() throws -> Tensor { try Tensor(ct_mean(handle)) }
    public func sum(axis: Int, keepingAxis: Bool = false) throws -> Tensor {
        try Tensor(ct_sum_axis(handle, Int32(axis), keepingAxis))
    }
    public func max(axis: Int) throws -> Tensor { try Tensor(ct_max_axis(handle, Int32(axis))) }
    public func argmax(axis: Int) throws -> Tensor { try Tensor(ct_argmax(handle, Int32(axis))) }
    public func logSoftmax(axis: Int) throws -> Tensor { try Tensor(ct_log_softmax(handle, Int32(axis))) }
    /// The `k` largest along the last axis, the largest first, and where they stand (int64).
    public func top(_ k: Int) throws -> (values: Tensor, indices: Tensor) {
        var values: ct_tensor?
        var indices: ct_tensor?
        try check(ct_top_k(handle, Int64(k), &values, &indices))
        return (try Tensor(values), try Tensor(indices))
    }
    /// Singular values of a matrix, the largest first.
    public func singularValues() throws -> Tensor { try Tensor(ct_singular_values(handle)) }
    /// `[count]`: sums of this vector's elements by `groups`, an int64 group number for each.
    public func sums(by groups: Tensor, count: Int) throws -> Tensor {
        try Tensor(ct_sum_groups(handle, groups.handle, Int64(count)))
    }
    /// The Frobenius norm, in double precision.
    public func norm() throws -> Double {
        guard count > Tensor.pieceSize else { return try to(.float64).squared().sum().item().squareRoot() }
        var sum = 0.0
        try reshaped([count]).inPieces { sum += try $0.to(.float64).squared().sum().item() }
        return sum.squareRoot()
    }

    public func addInPlace(_ other: Tensor) throws { try check(ct_add_(handle, other.handle)) }
    public func scaleInPlace(_ factor: Double) throws { try check(ct_mul_scalar_(handle, factor)) }
    public func zeroInPlace() throws { try check(ct_zero_(handle)) }
    public func overwrite(with other: Tensor) throws { try check(ct_copy_(handle, other.handle)) }
    /// Overwrites with row-major numbers of the tensor's own dtype.
    public func overwrite<Element: TensorElement>(with values: [Element]) throws {
        guard Element.dtype == dtype, values.count == count else {
            throw TorchError.failed(
                "\(values.count) numbers of \(Element.dtype) do not fit a \(dtype) tensor of shape \(shape)")
        }
        try values.withUnsafeBytes { try check(ct_copy_in(handle, $0.baseAddress, Int64($0.count))) }
    }
}

/// `[R]`: the singular values of `b a`, b `[O, R]` and a `[R, D]`, from matrices no larger than `[R, R]`.
public func lowRankSingularValues(a: Tensor, b: Tensor) throws -> Tensor {
    try Tensor(ct_low_rank_singular_values(a.handle, b.handle))
}
