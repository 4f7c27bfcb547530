import Checkpoint
import Foundation
import Testing

@Suite("bitsandbytes' matrices")
struct QuantisedMatrixTests {
    private func golden() throws -> SafetensorsFile { try SafetensorsFile(Fixture.url("bitsandbytes.safetensors")) }

    private func halves(_ name: String, in file: SafetensorsFile) throws -> [UInt16] {
        let count = try #require(file.records[name]).count
        var halves = [UInt16](repeating: 0, count: count)
        try halves.withUnsafeMutableBytes { try file.weights.read(name, as: .bfloat16, into: $0) }
        return halves
    }

    @Test("are read with bitsandbytes' numbers, bit for bit", arguments: ["plain", "nested", "odd", "eight"])
    func reading(name: String) throws {
        let file = try golden()
        let found = try file.foldedWeights().floats("\(name).weight")
        #expect(found == (try file.weights.floats("\(name).float32")))
        guard name != "eight" else { return }
        var rounded = [UInt16](repeating: 0, count: found.count)
        let weights = try file.foldedWeights()
        try rounded.withUnsafeMutableBytes { try weights.read("\(name).weight", as: .bfloat16, into: $0) }
        #expect(rounded == (try halves("\(name).bfloat16", in: file)))
    }

    @Test("are made with bitsandbytes' codes and scales", arguments: ["plain", "nested", "odd", "eight"])
    func making(name: String) throws {
        let file = try golden()
        let numbers = try file.weights.floats("\(name).numbers")
        let shape = try #require(file.records["\(name).numbers"]).shape
        let stored = try #require(try file.foldedWeights().quantised("\(name).weight"))
        let made = numbers.withUnsafeBufferPointer {
            QuantisedMatrix(
                $0, rows: shape[0], columns: shape[1], as: name == "eight" ? .int8 : .nf4, nested: name != "plain")
        }
        #expect(made.codes == stored.codes)
        #expect(made.table == stored.table)
        switch (made.scales, stored.scales) {
        case (.plain(let a), .plain(let b)): #expect(a == b)
        case (
            .nested(let codes, let scales, let table, let size, let offset), .nested(let c, let s, let t, let z, let o)
        ):
            #expect(table == t && size == z)
            // The mean of the scales is summed in another order: its last bit may differ, and the codes with it.
            #expect(abs(offset - o) <= o.ulp * 2)
            #expect(zip(codes, c).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
            #expect(zip(codes, c).filter { $0 != $1 }.count <= codes.count / 50)
            #expect(zip(scales, s).allSatisfy { abs($0 - $1) <= 1e-6 * $1 })
        default: Issue.record("the scales are of another kind")
        }
    }

    @Test("lose little: an NF4 matrix of normal numbers is within a tenth of its scale")
    func error() {
        var generator = SeededGenerator(state: 11)
        let numbers = (0..<4096).map { _ in
            (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
        }
        for quantisation in Quantisation.allCases {
            let matrix = numbers.withUnsafeBufferPointer {
                QuantisedMatrix($0, rows: 32, columns: 128, as: quantisation)
            }
            let back = matrix.dequantised()
            let worst = zip(numbers, back).map { abs($0 - $1) }.max() ?? 1
            #expect(worst < (quantisation == .nf4 ? 0.7 : 0.02))
            #expect(Double(matrix.byteCount) < (quantisation == .nf4 ? 4096 * 0.85 : 4096 * 1.05))
        }
    }

    @Test("with parts missing, cut or mixed up are refused with words")
    func hostile() throws {
        let codes = Data(repeating: 0x17, count: 32)
        func state(_ text: String) -> Safetensors.Tensor {
            .init(
                name: "w.quant_state.bitsandbytes__nf4", shape: [text.utf8.count], type: .u8, bytes: Data(text.utf8))
        }
        let good = #"{"quant_type":"nf4","blocksize":64,"shape":[1,64],"dtype":"float32"}"#
        let map = Safetensors.Tensor(name: "w.quant_map", shape: [16], floats: Codebooks.nf4)
        let absmax = Safetensors.Tensor(name: "w.absmax", shape: [1], floats: [2])
        let weight = Safetensors.Tensor(name: "w", shape: [32, 1], type: .u8, bytes: codes)
        func message(_ tensors: [Safetensors.Tensor]) throws -> String {
            try Fixture.withTemporaryFolder { folder in
                let url = folder.appendingPathComponent("w.safetensors")
                try Safetensors.write(tensors, to: url)
                return Fixture.message { _ = try SafetensorsFile(url).foldedWeights().floats("w") }
            }
        }
        #expect(try message([state(good), map, absmax, weight]) == "")
        #expect(try message([state(good), map, weight]).contains(".absmax is missing"))
        #expect(try message([state(good), map, absmax]).contains("is missing"))
        for text in [
            "{", "[]", #"{"quant_type":"nf4"}"#, good.replacingOccurrences(of: "64]", with: "9223372036854775807]"),
            good.replacingOccurrences(of: "64]", with: "66]"), good.replacingOccurrences(of: ":64,", with: ":0,"),
            good.replacingOccurrences(of: "[1,64]", with: "[-1,-64]"),
        ] {
            #expect(try !message([state(text), map, absmax, weight]).isEmpty)
        }
        let short = Safetensors.Tensor(name: "w.quant_map", shape: [2], floats: [0, 1])
        #expect(try message([state(good), short, absmax, weight]).contains("quant_map"))
        let infinite = Safetensors.Tensor(name: "w.absmax", shape: [1], floats: [.infinity])
        #expect(try message([state(good), map, infinite, weight]).contains("NaN or infinite"))
    }
}
