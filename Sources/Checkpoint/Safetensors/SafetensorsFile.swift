import Foundation

/// A safetensors file: an 8-byte header length, a JSON header, then the tensors' bytes without gaps.
package final class SafetensorsFile: Sendable {
    /// The format's own bound on a header.
    static let largestHeader = 100_000_000

    package let path: String
    package let records: [String: TensorRecord]
    /// The header's `__metadata__`.
    package let metadata: [String: String]
    let file: MappedFile

    package init(_ url: URL) throws {
        let file = try MappedFile(url)
        (records, metadata) = try file.withBytes { try Self.parse($0, path: file.path) }
        self.file = file
        path = file.path
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, path: String
    ) throws -> (records: [String: TensorRecord], metadata: [String: String]) {
        guard bytes.count >= 8 else {
            throw CheckpointError(file: path, reason: "has \(bytes.count) bytes; a safetensors file has at least 10")
        }
        let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard let length = Int(exactly: claimed), length <= bytes.count - 8 else {
            throw CheckpointError(
                file: path, place: "header",
                reason: "claims a length of \(claimed) bytes; \(bytes.count - 8) bytes follow",
                remedy: "It was cut short or isn't a safetensors file; fetch it again")
        }
        guard length <= Self.largestHeader else {
            throw CheckpointError(
                file: path, place: "header", reason: "has \(length) bytes; \(Self.largestHeader) are allowed")
        }
        let header = UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length])
        guard case .object(var members) = try JSON.parse(header, file: path, depth: 8) else {
            throw CheckpointError(file: path, place: "header", reason: "isn't a JSON object")
        }
        let metadata = try Self.metadata(members.removeValue(forKey: "__metadata__"), file: path)
        let start = 8 + length
        var records: [TensorRecord] = []
        records.reserveCapacity(members.count)
        for (name, entry) in members {
            records.append(try Self.record(name, entry, start: start, fileBytes: bytes.count, file: path))
        }
        try Self.checkLayout(&records, start: start, fileBytes: bytes.count, file: path)
        return (records.reduce(into: [:]) { $0[$1.name] = $1 }, metadata)
    }

    private static func metadata(_ value: JSON?, file: String) throws -> [String: String] {
        guard let value, !value.isNull else { return [:] }
        guard let members = value.object else {
            throw CheckpointError(file: file, place: "__metadata__", reason: "isn't an object of strings")
        }
        return try members.mapValues { member in
            guard let text = member.string else {
                throw CheckpointError(file: file, place: "__metadata__", reason: "isn't an object of strings")
            }
            return text
        }
    }

    private static func record(
        _ name: String, _ entry: JSON, start: Int, fileBytes: Int, file: String
    ) throws -> TensorRecord {
        func error(_ reason: String) -> CheckpointError {
            CheckpointError(file: file, place: "tensor \(CheckpointError.quoted(name))", reason: reason)
        }
        guard let typeName = entry["dtype"]?.string else { throw error("has no dtype") }
        guard let type = ElementType(safetensors: typeName) else {
            throw error("has the unknown dtype \(CheckpointError.quoted(typeName))")
        }
        guard let axes = entry["shape"]?.array, axes.count <= 16 else {
            throw error("has no shape of at most 16 axes")
        }
        var shape: [Int] = []
        for axis in axes {
            guard case .integer(let length) = axis, length >= 0 else {
                throw error("an axis of its shape is \(CheckpointError.quoted(axis.compactText))")
            }
            shape.append(length)
        }
        guard let count = TensorRecord.count(of: shape), let length = type.byteCount(of: count) else {
            throw error("the shape \(shape) has more numbers than can be")
        }
        guard let offsets = entry["data_offsets"]?.array, offsets.count == 2,
            case .integer(let begin) = offsets[0], case .integer(let end) = offsets[1], begin >= 0, begin <= end
        else { throw error("has no valid data_offsets") }
        guard end <= fileBytes - start else {
            throw error(
                "ends at byte \(end) of the tensor data, of which the file has \(fileBytes - start): "
                    + "it was cut short or lies")
        }
        guard end - begin == length else {
            throw error("has \(end - begin) bytes; the shape \(shape) as \(typeName) takes \(length)")
        }
        return TensorRecord(name: name, shape: shape, type: type, byteRange: start + begin..<start + end)
    }

    /// Tensors follow one another without gap or overlap and end with the file.
    private static func checkLayout(
        _ records: inout [TensorRecord], start: Int, fileBytes: Int, file: String
    ) throws {
        records.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
        var end = start
        for record in records {
            guard record.byteRange.lowerBound == end else {
                throw CheckpointError(
                    file: file, place: "tensor \(CheckpointError.quoted(record.name))",
                    reason: record.byteRange.lowerBound < end
                        ? "overlaps another tensor" : "unexplained bytes come before it")
            }
            end = record.byteRange.upperBound
        }
        guard end == fileBytes else {
            throw CheckpointError(file: file, reason: "\(fileBytes - end) unexplained bytes follow the last tensor")
        }
    }
}

extension SafetensorsFile {
    /// All tensors under their own names.
    package var weights: some WeightFile {
        StoredTensors(path: path, tensors: records.mapValues { StoredTensor(record: $0, file: file) })
    }

    /// Its tensors with bitsandbytes' matrices put together.
    package func foldedWeights() throws -> some WeightFile {
        var tensors = records.mapValues { StoredTensor(record: $0, file: file) }
        try StoredQuantisation.fold(&tensors, path: path)
        return StoredTensors(path: path, tensors: tensors)
    }
}
