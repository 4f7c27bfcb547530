import Checkpoint
import Foundation
import Testing

@Suite("Reading stored numbers")
struct DequantisationTests {
    @Test(
        "equals gguf's dequantisation bit for bit",
        arguments: ["f16", "bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k"])
    func golden(type: String) throws {
        let golden = try Fixture.json("quantisation.json")[type]
        let stored = Fixture.bytes(hexadecimal: golden?["bytes"]?.string ?? "")
        let expected = Fixture.bytes(hexadecimal: golden?["floats"]?.string ?? "")
        let kind = try #require(ElementType(rawValue: type))
        #expect(!stored.isEmpty)
        let found = try Fixture.withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("one.gguf")
            try GGUFBytes.file(
                tensors: [.init(name: "w", shape: [expected.count / 4], type: kind, bytes: stored)]
            ).write(to: url)
            return try GGUFFile(url).weights.floats("w")
        }
        found.withUnsafeBytes { #expect(Array($0) == expected) }
    }

    @Test("rounds float32 to the nearest bfloat16, ties to even")
    func rounding() {
        let cases: [(UInt32, UInt16)] = [
            (0x3F80_8000, 0x3F80), (0x3F81_8000, 0x3F82), (0x3F80_8001, 0x3F81), (0x3F80_7FFF, 0x3F80),
            (0x7F7F_FFFF, 0x7F80), (0xFF80_0000, 0xFF80), (0x8000_0000, 0x8000), (0x0000_8001, 0x0001),
        ]
        for (bits, rounded) in cases {
            #expect(HalfPrecision.bfloat(Float(bitPattern: bits)) == rounded)
        }
        #expect(HalfPrecision.bfloat(.nan) & 0x7FFF > 0x7F80)
        #expect(HalfPrecision.bfloat(Float(bitPattern: 0x7F80_0001)) & 0x7FFF > 0x7F80)
    }

    @Test("finds NaN and infinite weights", arguments: FloatType.allCases)
    func damaged(type: FloatType) throws {
        let halves: [ElementType: [UInt8]] = [.bf16: [0x80, 0xFF], .f16: [0x01, 0x7C], .f32: [0, 0, 0xC0, 0x7F]]
        for (stored, bytes) in halves {
            let message = try Fixture.withTemporaryFolder { folder in
                let url = folder.appendingPathComponent("one.safetensors")
                let data = Data([UInt8](repeating: 0, count: bytes.count * 100) + bytes)
                try Safetensors.write([.init(name: "w", shape: [101], type: stored, bytes: data)], to: url)
                let weights = try SafetensorsFile(url).weights
                var buffer = [UInt8](repeating: 0, count: 101 * type.byteCount)
                return Fixture.message {
                    try buffer.withUnsafeMutableBytes { try weights.read("w", as: type, into: $0) }
                }
            }
            #expect(message.contains(#"tensor "w": holds NaN or infinite"#))
        }
    }

    @Test("refuses a buffer of another size and an unknown name")
    func buffers() throws {
        let weights = try ModelFiles.open(Fixture.url("gguf/llama.gguf")).weights
        var buffer = [Float](repeating: 0, count: 31)
        #expect(throws: CheckpointError.self) {
            try buffer.withUnsafeMutableBytes { try weights.read("model.norm.weight", as: .float32, into: $0) }
        }
        #expect(throws: CheckpointError.self) { try weights.floats("model.nothing.weight") }
    }
}
