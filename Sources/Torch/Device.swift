import CTorch

/// Where tensors live and are computed. Nothing else in emlab names a GPU.
public enum Device: Hashable, Sendable, CustomStringConvertible {
    case cpu
    case cuda(Int)

    /// `cpu`, `cuda` or `cuda:N`.
    public init?(_ name: String) {
        if name == "cpu" {
            self = .cpu
        } else if name == "cuda" {
            self = .cuda(0)
        } else if name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)), (0..<128).contains(index) {
            self = .cuda(index)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    /// GPUs that libtorch can use. 0 where its build has no CUDA or no driver answers.
    public static var cudaCount: Int {
        Libtorch.start()
        return Int(ct_cuda_device_count())
    }

    /// Whether tensors can be made here.
    public var isAvailable: Bool {
        switch self {
        case .cpu: true
        case .cuda(let index): index < Device.cudaCount
        }
    }

    /// Free and total bytes of memory.
    /// - Throws: ``TorchError`` when the device does not say.
    public func memory() throws -> (free: Int64, total: Int64) {
        var free: Int64 = 0
        var total: Int64 = 0
        try check(ct_device_memory(raw, &free, &total))
        return (free, total)
    }

    var raw: ct_device {
        switch self {
        case .cpu: ct_device(kind: Int32(CT_CPU.rawValue), index: 0)
        case .cuda(let index): ct_device(kind: Int32(CT_CUDA.rawValue), index: Int32(truncatingIfNeeded: index))
        }
    }

    init(_ raw: ct_device) {
        self = raw.kind == Int32(CT_CUDA.rawValue) ? .cuda(Int(raw.index)) : .cpu
    }
}

/// The library beneath: its version, its threads.
public enum Libtorch {
    /// Loads what is there and sets the allocator up. Every tensor made calls it; the first call does the work.
    public static func start() { ct_start() }

    public static var version: String { String(cString: ct_version()) }

    /// The instruction set that the CPU's fused loops use: "AVX-512", "AVX2" or "baseline".
    public static var cpuKernels: String { String(cString: ct_cpu_kernels()) }

    /// Why there is no GPU; empty where libtorch's CUDA library was loaded.
    public static var cudaMessage: String {
        start()
        return String(cString: ct_cuda_load_message())
    }

    public static var threads: Int { Int(ct_thread_count()) }

    public static func setThreads(_ count: Int) throws { try check(ct_set_thread_count(Int32(clamping: count))) }

    /// Tensors alive in this process: what a leak test counts.
    public static var liveTensors: Int { Int(ct_live_tensors()) }

    /// Makes the CPU run what a GPU would: ATen's operations in place of the fused loops. For tests; process-wide.
    public static func usePortableKernels(_ on: Bool) { ct_set_portable_kernels(on) }
}
