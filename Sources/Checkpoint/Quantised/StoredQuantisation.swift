import Foundation

/// What lies beside a quantised tensor's codes in a safetensors file, as bitsandbytes writes it.
struct StoredQuantisation: Sendable {
    var quantisation: Quantisation
    var blockSize: Int
    /// Of the matrix.
    var rows: Int
    var columns: Int
    var table: [Float]
    var scales: QuantisedMatrix.Scales

    /// The tensor whose name says that `name`.weight is quantised in 4 bits.
    private static let stateSuffix = ".quant_state.bitsandbytes__nf4"
    private static let suffixes = [
        ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", stateSuffix,
    ]

    /// Folds the helpers of quantised tensors into the tensors that they belong to.
    ///
    /// - Throws: ``CheckpointError`` where one is missing or disagrees with the others, or for fp4.
    static func fold(_ tensors: inout [String: StoredTensor], path: String) throws {
        for name in tensors.keys.sorted() {
            if name.hasSuffix(".quant_state.bitsandbytes__fp4") {
                throw CheckpointError(
                    file: path, place: "tensor \(CheckpointError.quoted(name))", reason: "FP4 weights can't be read",
                    remedy: "Quantise the model to NF4 instead: emlab quantise")
            }
            if name.hasSuffix(stateSuffix) {
                let weight = String(name.dropLast(stateSuffix.count))
                try foldNF4(weight, in: &tensors, path: path)
                for suffix in suffixes { tensors[weight + suffix] = nil }
            } else if name.hasSuffix(".SCB") {
                let weight = name.dropLast("SCB".count) + "weight"
                try foldInt8(String(weight), scales: name, in: &tensors, path: path)
                tensors[name] = nil
                tensors[name.dropLast("SCB".count) + "weight_format"] = nil
            }
        }
    }

    private static func failure(_ path: String, _ name: String, _ reason: String) -> CheckpointError {
        CheckpointError(
            file: path, place: "tensor \(CheckpointError.quoted(name))", reason: reason,
            remedy: "Quantise the model again: emlab quantise")
    }

    private static func foldNF4(_ name: String, in tensors: inout [String: StoredTensor], path: String) throws {
        func part(_ suffix: String) throws -> StoredTensor {
            guard let found = tensors[name + suffix] else { throw failure(path, name, "its \(suffix) is missing") }
            return found
        }
        let state = try JSON.parse(
            Data(part(stateSuffix).rawBytes(limit: 1 << 16)), file: "\(path): \(name)\(stateSuffix)")
        guard state["quant_type"]?.string == "nf4", let blockSize = state["blocksize"]?.integer,
            [32, 64, 128, 256, 512, 1024, 2048, 4096].contains(blockSize),
            let shape = state["shape"]?.array?.map(\.integer), shape.count == 2, let rows = shape[0],
            let columns = shape[1], (1...1 << 31).contains(rows), (1...1 << 31).contains(columns),
            let count = TensorRecord.count(of: [rows, columns])
        else { throw failure(path, name, "its state is no NF4 matrix's: \(state.compactText.prefix(200))") }
        guard var weight = tensors[name] else { throw failure(path, name, "is missing; only its state is there") }
        guard weight.record.byteRange.count == (count + 1) / 2 else {
            throw failure(
                path, name,
                "has \(weight.record.byteRange.count) bytes of codes; \(rows) x \(columns) take \((count + 1) / 2)")
        }
        let table = try part(".quant_map").smallFloats(limit: 16)
        guard table.count == 16 else { throw failure(path, name, "its quant_map has \(table.count) numbers, not 16") }
        let blocks = QuantisedMatrix.blockCount(rows: rows, columns: columns, blockSize: blockSize)
        let absmax = try part(".absmax")
        guard absmax.record.count == blocks else {
            throw failure(path, name, "has \(absmax.record.count) scales for \(blocks) blocks of \(blockSize)")
        }
        let scales: QuantisedMatrix.Scales
        if absmax.record.type == .f32 {
            scales = .plain(try absmax.smallFloats(limit: blocks))
        } else {
            guard let nestedSize = state["nested_blocksize"]?.integer, (1...1 << 20).contains(nestedSize),
                let offset = state["nested_offset"]?.double, offset.isFinite, absmax.record.type == .u8
            else { throw failure(path, name, "its nested scales are not described") }
            let nestedTable = try part(".nested_quant_map").smallFloats(limit: 256)
            let nested = try part(".nested_absmax").smallFloats(limit: blocks)
            guard nestedTable.count == 256, nested.count == (blocks + nestedSize - 1) / nestedSize else {
                throw failure(path, name, "has \(nested.count) nested scales and a table of \(nestedTable.count)")
            }
            scales = .nested(
                codes: absmax.rawBytes(limit: blocks), scales: nested, table: nestedTable, blockSize: nestedSize,
                offset: Float(offset))
        }
        weight.record.shape = [rows, columns]
        weight.record.type = .nf4
        weight.quantisation = StoredQuantisation(
            quantisation: .nf4, blockSize: blockSize, rows: rows, columns: columns, table: table, scales: scales)
        tensors[name] = weight
    }

    private static func foldInt8(
        _ name: String, scales scalesName: String, in tensors: inout [String: StoredTensor], path: String
    ) throws {
        guard var weight = tensors[name], let stored = tensors[scalesName], weight.record.type == .i8,
            weight.record.shape.count == 2
        else { throw failure(path, scalesName, "belongs to no matrix of 8 bits") }
        let scales = try stored.smallFloats(limit: weight.record.shape[0])
        guard scales.count == weight.record.shape[0] else {
            throw failure(path, scalesName, "has \(scales.count) scales for \(weight.record.shape[0]) rows")
        }
        weight.record.type = .int8
        weight.quantisation = StoredQuantisation(
            quantisation: .int8, blockSize: weight.record.shape[1], rows: weight.record.shape[0],
            columns: weight.record.shape[1], table: [], scales: .plain(scales))
        tensors[name] = weight
    }
}

extension StoredTensor {
    /// Its bytes as they are, at most `limit`.
    func rawBytes(limit: Int) -> [UInt8] {
        file.withBytes { Array($0[record.byteRange].prefix(limit)) }
    }

    /// Its float32 numbers; finite.
    func smallFloats(limit: Int) throws -> [Float] {
        guard record.type == .f32, record.count <= limit else {
            throw CheckpointError(
                file: file.path, place: "tensor \(CheckpointError.quoted(record.name))",
                reason: "should be at most \(limit) numbers of float32")
        }
        let numbers = rawBytes(limit: record.count * 4).withUnsafeBytes { bytes in
            (0..<record.count).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
        guard numbers.allSatisfy(\.isFinite) else {
            throw CheckpointError(
                file: file.path, place: "tensor \(CheckpointError.quoted(record.name))",
                reason: "holds NaN or infinite numbers", remedy: "It is damaged; fetch the file again")
        }
        return numbers
    }

    /// The matrix as it is stored; nil where it isn't quantised.
    var quantisedMatrix: QuantisedMatrix? {
        guard let quantisation else { return nil }
        return QuantisedMatrix(
            quantisation: quantisation.quantisation, rows: quantisation.rows, columns: quantisation.columns,
            codes: rawBytes(limit: record.byteRange.count), scales: quantisation.scales,
            blockSize: quantisation.blockSize, table: quantisation.table)
    }
}
