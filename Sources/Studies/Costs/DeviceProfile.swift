/// What a plan is made for: how much fits, how fast it is, what an hour costs.
public struct DeviceProfile: Codable, Hashable, Sendable {
    public var name: String
    public var memoryGiB: Double
    /// Dense matrix products in bfloat16, 10^12 operations a second, as the maker says.
    public var tflops: Double
    public var float32Tflops: Double
    /// 10^9 bytes a second.
    public var bandwidthGBs: Double
    public var pricePerHour: Double

    enum CodingKeys: String, CodingKey {
        case name
        case memoryGiB = "memory_gib"
        case tflops
        case float32Tflops = "float32_tflops"
        case bandwidthGBs = "bandwidth_gbs"
        case pricePerHour = "price_per_hour"
    }

    public init(
        name: String, memoryGiB: Double, tflops: Double, float32Tflops: Double, bandwidthGBs: Double,
        pricePerHour: Double = 0
    ) {
        self.name = name
        self.memoryGiB = memoryGiB
        self.tflops = tflops
        self.float32Tflops = float32Tflops
        self.bandwidthGBs = bandwidthGBs
        self.pricePerHour = pricePerHour
    }

    /// Makers' figures: dense bfloat16 with float32 accumulation. float32 is that of matrix products as emlab runs
    /// them, without TF32. The CPU is two AVX-512 cores as measured (0.15 and 0.4); other CPUs: describe them.
    public static let known: [String: DeviceProfile] = [
        "cpu": DeviceProfile(name: "cpu", memoryGiB: 16, tflops: 0.4, float32Tflops: 0.15, bandwidthGBs: 20),
        "a100-80gb": DeviceProfile(
            name: "a100-80gb", memoryGiB: 80, tflops: 312, float32Tflops: 19.5, bandwidthGBs: 2039),
        "h100-80gb": DeviceProfile(
            name: "h100-80gb", memoryGiB: 80, tflops: 989, float32Tflops: 67, bandwidthGBs: 3350),
        "rtx-5090": DeviceProfile(
            name: "rtx-5090", memoryGiB: 32, tflops: 209.5, float32Tflops: 104.8, bandwidthGBs: 1792),
        "rtx-4090": DeviceProfile(
            name: "rtx-4090", memoryGiB: 24, tflops: 165.2, float32Tflops: 82.6, bandwidthGBs: 1008),
    ]

    /// From a study's checked `device`.
    init(_ value: Value) {
        let cpu =
            Self.known["cpu"]
            ?? DeviceProfile(
                name: "cpu", memoryGiB: 16, tflops: 0.4, float32Tflops: 0.15, bandwidthGBs: 20)
        guard let members = value.object else {
            self = value.text.flatMap { Self.known[$0] } ?? cpu
            return
        }
        let tflops = members["tflops"]?.number ?? cpu.tflops
        self.init(
            name: members["name"]?.text ?? "device", memoryGiB: members["memory_gib"]?.number ?? cpu.memoryGiB,
            tflops: tflops, float32Tflops: members["float32_tflops"]?.number ?? tflops / 2,
            bandwidthGBs: members["bandwidth_gbs"]?.number ?? cpu.bandwidthGBs,
            pricePerHour: members["price_per_hour"]?.number ?? 0)
    }
}
