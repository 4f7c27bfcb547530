/// The counter-based random function Philox4x32-10: 128 bits of counter and 64 bits of key to 128 random bits.
///
/// Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (2011), section 3.2.
public enum Philox {
    public static func block(
        counter: SIMD4<UInt32>, key: SIMD2<UInt32>
    ) -> SIMD4<UInt32> {
        var (c, k) = (counter, key)
        for round in 0..<10 {
            if round > 0 { k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85) }
            let a = UInt32(0xD251_1F53).multipliedFullWidth(by: c[0])
            let b = UInt32(0xCD9E_8D57).multipliedFullWidth(by: c[2])
            c = SIMD4(b.high ^ c[1] ^ k[0], b.low, a.high ^ c[3] ^ k[1], a.low)
        }
        return c
    }
}
