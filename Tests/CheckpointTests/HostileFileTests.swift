import Checkpoint
import Foundation
import Testing

@Suite("A damaged or hostile file")
struct HostileFileTests {
    private func message(_ data: Data, _ name: String, _ open: (URL) throws -> Void) throws -> String {
        try Fixture.withTemporaryFolder { folder in
            let url = folder.appendingPathComponent(name)
            try data.write(to: url)
            return Fixture.message { try open(url) }
        }
    }

    private func safetensors(_ header: String, data: Int = 0, length: UInt64? = nil) throws -> String {
        var bytes = Data()
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: header.utf8)
        bytes.append(Data(count: data))
        return try message(bytes, "x.safetensors") { _ = try SafetensorsFile($0) }
    }

    @Test("of safetensors is an error with the tensor and the reason")
    func safetensorsCases() throws {
        #expect(try safetensors("{}", length: 1 << 40).contains("claims a length"))
        #expect(try safetensors("{}", length: .max).contains("claims a length"))
        #expect(try safetensors("[]").contains("isn't a JSON object"))
        #expect(try safetensors("{").contains("JSON"))
        #expect(try safetensors(String(repeating: "[", count: 100_000)).contains("too deep"))
        #expect(try safetensors(#"{"a":"# + String(repeating: #"{"a":"#, count: 100_000)).contains("too deep"))
        func one(_ shape: String, _ offsets: String, dtype: String = "F32", data: Int = 8) throws -> String {
            try safetensors(
                #"{"w":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#, data: data)
        }
        #expect(try one("[2]", "[0,8]") == "")
        #expect(try one("[]", "[0,4]", data: 4) == "")
        #expect(try one("[3]", "[0,8]").contains(#"tensor "w": has 8 bytes; the shape [3] as F32 takes 12"#))
        #expect(try one("[2]", "[0,16]").contains("ends at byte 16"))
        #expect(try one("[2]", "[8,0]").contains("data_offsets"))
        #expect(try one("[2]", "[-8,0]").contains("data_offsets"))
        #expect(try one("[2]", "[0]").contains("data_offsets"))
        #expect(try one("[2]", "[0,8.5]").contains("data_offsets"))
        #expect(try one("[2]", "[0,99999999999999999999]").contains("data_offsets"))
        #expect(try one("[-2]", "[0,8]").contains("axis"))
        #expect(try one("[1e9]", "[0,8]").contains("axis"))
        #expect(try one("[4294967296,4294967296,4294967296]", "[0,8]").contains("more numbers than can be"))
        #expect(try one("[9223372036854775807]", "[0,8]").contains("more numbers than can be"))
        #expect(try one("[0,9223372036854775807,9223372036854775807]", "[0,8]").contains("more numbers than can be"))
        #expect(try one("[2]", "[0,8]", dtype: "F99").contains("unknown dtype"))
        #expect(try one("[2]", "[0,8]", data: 12).contains("unexplained bytes follow"))
        #expect(try one("[2]", "[4,12]", data: 12).contains("unexplained bytes come before"))
        let w = #""dtype":"F32","shape":[2],"data_offsets":[0,8]"#
        #expect(try safetensors("{\"v\":{\(w)},\"w\":{\(w)}}", data: 8).contains("overlaps"))
        #expect(try safetensors("{\"w\":{\(w)},\"w\":{\(w)}}", data: 8).contains("given twice"))
        #expect(try safetensors(#"{"__metadata__":{"a":1}}"#).contains("__metadata__"))
        #expect(try safetensors("{\"w\":{\(w)}}", data: 3).contains("cut short"))
    }

    private func gguf(_ bytes: GGUFBytes) throws -> String {
        try message(bytes.data, "x.gguf") { _ = try GGUFFile($0) }
    }

    @Test("of GGUF is an error with the key or tensor and the reason")
    func ggufCases() throws {
        #expect(try gguf(.header(version: 1, tensors: 0, keys: 0)).contains("version 1"))
        #expect(try gguf(.header(version: 0x0300_0000, tensors: 0, keys: 0)).contains("big-endian"))
        #expect(try gguf(.header(tensors: .max, keys: 0)).contains("tensors, more than fit"))
        #expect(try gguf(.header(tensors: 0, keys: 1 << 50)).contains("metadata keys, more than fit"))
        func key(_ name: String, _ build: (inout GGUFBytes) -> Void) throws -> String {
            var bytes = GGUFBytes.header(tensors: 0, keys: 1)
            bytes.append(name)
            build(&bytes)
            bytes.data.append(Data(count: 64))
            return try gguf(bytes)
        }
        #expect(try key("k") { $0.append(UInt32(77)) }.contains(#"key "k": has the unknown value type 77"#))
        #expect(
            try key("k") {
                $0.append(UInt32(8))
                $0.append(UInt64.max)
            }.contains("bytes of text, more than fit"))
        #expect(
            try key("k") {
                $0.append(UInt32(9))
                $0.append(UInt32(4))
                $0.append(UInt64(1) << 61)
            }.contains("list entries, more than fit"))
        #expect(
            try key("k") { bytes in
                for _ in 0..<50_000 {
                    bytes.append(UInt32(9))
                    bytes.append(UInt64(1))
                }
            }.contains("key"))
        #expect(
            try key("k") { bytes in
                bytes.append(UInt32(9))
                for _ in 0..<1000 {
                    bytes.append(UInt32(9))
                    bytes.append(UInt64(1))
                }
            }.contains("too deep"))
        #expect(try key("") { $0.append(UInt32(0)) }.contains("a name has 0 bytes"))
        for alignment: UInt32 in [0, 3, 1 << 31] {
            #expect(
                try key("general.alignment") {
                    $0.append(UInt32(4))
                    $0.append(alignment)
                }.contains("power of two"))
        }
        func tensors(_ infos: [(name: String, axes: [UInt64], type: UInt32, offset: UInt64)]) throws -> String {
            var bytes = GGUFBytes.header(tensors: UInt64(infos.count), keys: 0)
            for info in infos {
                bytes.append(info.name)
                bytes.append(UInt32(info.axes.count))
                info.axes.forEach { bytes.append($0) }
                bytes.append(info.type)
                bytes.append(info.offset)
            }
            bytes.data.append(Data(count: 32 - bytes.data.count % 32 + 64))
            return try gguf(bytes)
        }
        #expect(try tensors([("w", [16], 0, 0)]) == "")
        #expect(try tensors([("w", [32], 0, 0)]).contains(#"tensor "w": ends at byte 128"#))
        #expect(try tensors([("w", [16], 0, 7)]).contains("isn't a multiple of 32"))
        #expect(try tensors([("w", [16], 0, .max - 31)]).contains("impossible offset"))
        #expect(try tensors([("w", [16], 0, 1 << 62)]).contains("ends at byte"))
        #expect(try tensors([("w", [.max], 0, 0)]).contains("axis of length"))
        #expect(try tensors([("w", [1 << 40, 1 << 40], 0, 0)]).contains("can't be stored"))
        #expect(try tensors([("w", [], 0, 0)]).contains("0 axes"))
        #expect(try tensors([("w", [1, 1, 1, 1, 1], 0, 0)]).contains("5 axes"))
        #expect(try tensors([("w", [33], 8, 0)]).contains("can't be stored as Q8_0"))
        #expect(try tensors([("w", [16], 1234, 0)]).contains("type number 1234"))
        #expect(try tensors([("w", [16], 0, 0), ("w", [16], 0, 0)]).contains("given twice"))
        #expect(try tensors([("w", [16], 0, 0), ("v", [8], 0, 32)]).contains("overlaps"))
    }

    /// Flips, overwrites, cuts and lengthens files at random; whatever comes of it, nothing may trap.
    private func mutants(of original: Data, seed: UInt64, count: Int, header: Int, _ body: (Data) throws -> Void) throws
    {
        var random = SeededGenerator(state: seed)
        for _ in 0..<count {
            var data = original
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let at = Int.random(in: 0..<min(header, data.count), using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: data[at] = UInt8.random(in: 0...255, using: &random)
                case 1: data[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: data = data.prefix(max(1, Int.random(in: 0..<data.count, using: &random)))
                case 3:
                    for index in at..<min(at + 8, data.count) { data[index] = index == at + 7 ? 0x7F : 0xFF }
                case 4: data.insert(contentsOf: data[at..<min(at + 16, data.count)], at: at)
                default: data.removeSubrange(at..<min(at + 4, data.count - 1))
                }
                data = Data(data)
            }
            try body(data)
        }
    }

    @Test("of safetensors, mutated at random, never traps")
    func safetensorsMutants() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("safetensors mutants: seed \(seed)")
        try Fixture.withTemporaryFolder(inMemory: true) { folder in
            try TinyModel().write(to: folder)
            let url = folder.appendingPathComponent("model.safetensors")
            let original = try Data(contentsOf: url)
            var opened = 0
            try mutants(of: original, seed: seed, count: 1500, header: 1400) { data in
                try data.write(to: url)
                _ = Fixture.message {
                    let file = try SafetensorsFile(url)
                    opened += 1
                    for name in file.weights.names { _ = try? file.weights.floats(name) }
                    _ = try ModelFiles.open(folder)
                }
            }
            print("\(opened) of 1500 still opened")
        }
    }

    @Test("of GGUF, mutated at random, never traps", arguments: ["llama", "gemma3"])
    func ggufMutants(family: String) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("GGUF mutants: seed \(seed)")
        let original = try Data(contentsOf: Fixture.url("gguf/\(family).gguf"))
        try Fixture.withTemporaryFolder(inMemory: true) { folder in
            let url = folder.appendingPathComponent("model.gguf")
            var opened = 0
            try mutants(of: original, seed: seed, count: 1000, header: 2500) { data in
                try data.write(to: url)
                _ = Fixture.message {
                    let file = try GGUFFile(url)
                    opened += 1
                    for name in file.weights.names { _ = try? file.weights.floats(name) }
                    let model = try ModelFiles.open(url)
                    for name in model.weights.names { _ = try? model.weights.floats(name) }
                    _ = try? model.tokenizer()
                }
            }
            print("\(opened) of 1000 still opened")
        }
    }

    @Test(
        "of an adapter, mutated at random, never traps",
        arguments: ["adapter_config.json", "adapter_model.safetensors"])
    func adapterMutants(name: String) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("adapter mutants: seed \(seed)")
        try Fixture.withTemporaryFolder(inMemory: true) { folder in
            let url = folder.appendingPathComponent("adapter")
            try FileManager.default.copyItem(at: Fixture.url("adapters/patterns"), to: url)
            let file = url.appendingPathComponent(name)
            let original = try Data(contentsOf: file)
            let base = try AdapterTests.base()
            var opened = 0
            try mutants(of: original, seed: seed, count: 500, header: 1200) { data in
                try data.write(to: file)
                opened += (try? AdapterFiles.read(url, base: base)) == nil ? 0 : 1
            }
            print("\(opened) of 500 still opened")
        }
    }

    @Test("of JSON, mutated at random, never traps")
    func jsonMutants() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("JSON mutants: seed \(seed)")
        let config = try Data(contentsOf: Fixture.url("adapters/patterns/adapter_config.json"))
        let cases = try Fixture.json("configurations.json").array ?? []
        try mutants(of: config, seed: seed, count: 2000, header: config.count) { data in
            if let value = try? JSON.parse(data, file: "x") {
                let again = try JSON.parse(Data(value.text.utf8), file: "again")
                let compact = try JSON.parse(Data(value.compactText.utf8), file: "again")
                #expect(again == value && compact == value)
            }
        }
        for item in cases {
            let text = Data((item["given"] ?? .null).compactText.utf8)
            try mutants(of: text, seed: seed, count: 100, header: text.count) { data in
                if let found = try? ModelConfiguration(json: data, file: "x") {
                    #expect(found.layerCount <= 4096 && found.layerKinds.count == found.layerCount)
                }
            }
        }
    }
}
