import Foundation

/// A GGUF file (version 2 or 3, little endian): its metadata and where its tensors lie, under GGUF's names.
package final class GGUFFile: Sendable {
    package let path: String
    package let metadata: [String: GGUFValue]
    /// Tensors with shapes in row-major order (GGUF writes the innermost axis first).
    package let records: [String: TensorRecord]
    let file: MappedFile
    /// How many bytes come before the tensors' data.
    let headerBytes: Int

    package init(_ url: URL) throws {
        let file = try MappedFile(url)
        (metadata, records, headerBytes) = try file.withBytes { try Self.parse($0, path: file.path) }
        self.file = file
        path = file.path
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, path: String
    ) throws -> (metadata: [String: GGUFValue], records: [String: TensorRecord], headerBytes: Int) {
        var cursor = GGUFCursor(bytes: bytes, file: path)
        let magic = try cursor.integer(UInt32.self)
        guard magic == 0x4655_4747 else { throw cursor.error("isn't a GGUF file: it doesn't begin with \"GGUF\"") }
        let version = try cursor.integer(UInt32.self)
        guard version == 2 || version == 3 else {
            let isSwapped = version.byteSwapped == 2 || version.byteSwapped == 3
            throw cursor.error(
                isSwapped ? "is a big-endian GGUF file" : "is GGUF version \(version); versions 2 and 3 are read",
                remedy: "Convert it with the current tools of llama.cpp")
        }
        let tensorCount = try cursor.count(of: "tensors", minimumBytes: 24)
        let keyCount = try cursor.count(of: "metadata keys", minimumBytes: 13)
        let metadata = try Self.metadata(&cursor, count: keyCount)
        cursor.place = nil
        var infos = try Self.infos(&cursor, count: tensorCount)
        cursor.place = "general.alignment"
        let alignment = metadata["general.alignment"].map { $0.integer ?? 0 } ?? 32
        guard alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
            throw cursor.error("must be a power of two up to \(1 << 20)")
        }
        // Neither `at` nor `alignment` can come near Int.max.
        let headerBytes = (cursor.at + alignment - 1) & ~(alignment - 1)
        try Self.place(&infos, from: headerBytes, alignment: alignment, fileBytes: bytes.count, file: path)
        return (metadata, infos.reduce(into: [:]) { $0[$1.name] = $1 }, headerBytes)
    }

    private static func metadata(_ cursor: inout GGUFCursor, count: Int) throws -> [String: GGUFValue] {
        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<count {
            cursor.place = nil
            let key = try cursor.name(limit: 65_535)
            cursor.place = "key \(CheckpointError.quoted(key))"
            let type = try cursor.integer(UInt32.self)
            let value = try cursor.value(type: type)
            guard metadata.updateValue(value, forKey: key) == nil else { throw cursor.error("is given twice") }
        }
        return metadata
    }

    /// The tensors' descriptions; their byte ranges still begin at the data section.
    private static func infos(_ cursor: inout GGUFCursor, count: Int) throws -> [TensorRecord] {
        var infos: [TensorRecord] = []
        var seen: Set<String> = []
        for _ in 0..<count {
            cursor.place = nil
            let name = try cursor.name()
            cursor.place = "tensor \(CheckpointError.quoted(name))"
            guard seen.insert(name).inserted else { throw cursor.error("is given twice") }
            let axes = try cursor.integer(UInt32.self)
            guard (1...4).contains(axes) else { throw cursor.error("has \(axes) axes; 1 to 4 are allowed") }
            var shape: [Int] = []
            for _ in 0..<axes {
                let axis = try cursor.integer(UInt64.self)
                guard let length = Int(exactly: axis) else { throw cursor.error("an axis of length \(axis)") }
                shape.insert(length, at: 0)
            }
            let number = try cursor.integer(UInt32.self)
            guard let type = ElementType(ggml: number) else {
                throw cursor.error(
                    "has the type number \(number), which emlab doesn't know",
                    remedy: "Use a file quantised as one of " + ElementType.readableNames)
            }
            let offset = try cursor.integer(UInt64.self)
            guard let elements = TensorRecord.count(of: shape), (shape.last ?? 0) % type.blockLength == 0,
                let length = type.byteCount(of: elements)
            else {
                throw cursor.error("the shape \(shape) can't be stored as \(type.rawValue.uppercased())")
            }
            guard let start = Int(exactly: offset), !start.addingReportingOverflow(length).overflow else {
                throw cursor.error("begins at the impossible offset \(offset)")
            }
            infos.append(TensorRecord(name: name, shape: shape, type: type, byteRange: start..<start + length))
        }
        return infos
    }

    private static func place(
        _ infos: inout [TensorRecord], from start: Int, alignment: Int, fileBytes: Int, file: String
    ) throws {
        func error(_ info: TensorRecord, _ reason: String, _ remedy: String? = nil) -> CheckpointError {
            CheckpointError(
                file: file, place: "tensor \(CheckpointError.quoted(info.name))", reason: reason, remedy: remedy)
        }
        let available = fileBytes - start
        for info in infos {
            guard info.byteRange.lowerBound % alignment == 0 else {
                throw error(info, "its offset \(info.byteRange.lowerBound) isn't a multiple of \(alignment)")
            }
            guard info.byteRange.upperBound <= available else {
                throw error(
                    info,
                    "ends at byte \(info.byteRange.upperBound) of the tensor data, of which the file has "
                        + "\(max(available, 0))", "It was cut short; fetch it again")
            }
        }
        infos.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
        for (previous, next) in zip(infos, infos.dropFirst())
        where next.byteRange.lowerBound < previous.byteRange.upperBound {
            throw error(next, "overlaps the tensor \(CheckpointError.quoted(previous.name))")
        }
        for index in infos.indices {
            let range = infos[index].byteRange
            infos[index].byteRange = range.lowerBound + start..<range.upperBound + start
        }
    }

    /// The tensor's bytes, under its GGUF name.
    func stored(_ name: String) -> StoredTensor? { records[name].map { StoredTensor(record: $0, file: file) } }
}

extension GGUFFile {
    /// All tensors under their GGUF names, as they are stored.
    package var weights: some WeightFile {
        StoredTensors(path: path, tensors: records.mapValues { StoredTensor(record: $0, file: file) })
    }
}
