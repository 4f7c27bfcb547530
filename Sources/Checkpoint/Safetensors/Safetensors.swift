import Foundation

/// Writes safetensors files.
public enum Safetensors {
    /// A tensor to be written: described first, its bytes made when their turn comes.
    public struct Tensor {
        public var name: String
        public var shape: [Int]
        public var type: ElementType
        /// Hands the tensor's bytes to its argument, in as many pieces as is convenient.
        public var produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

        public init(
            name: String, shape: [Int], type: ElementType,
            produce: @escaping ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
        ) {
            self.name = name
            self.shape = shape
            self.type = type
            self.produce = produce
        }

        public init(name: String, shape: [Int], floats: [Float]) {
            self.init(name: name, shape: shape, type: .f32) { write in
                try floats.withUnsafeBytes(write)
            }
        }

        public init(name: String, shape: [Int], type: ElementType, bytes: Data) {
            self.init(name: name, shape: shape, type: type) { write in
                try bytes.withUnsafeBytes(write)
            }
        }
    }

    /// Writes tensors one after another, holding one at a time. The file appears when it is complete.
    ///
    /// - Parameter metadata: the header's `__metadata__`; transformers wants `format: pt`.
    /// - Throws: ``CheckpointError``; a name used twice, a shape that disagrees with the bytes, a full disk.
    public static func write(
        _ tensors: [Tensor], metadata: [String: String] = ["format": "pt"], to url: URL
    ) throws {
        func error(_ tensor: Tensor, _ reason: String) -> CheckpointError {
            CheckpointError(
                file: url.relativePath, place: "tensor \(CheckpointError.quoted(tensor.name))", reason: reason)
        }
        var header: [String: JSON] = ["__metadata__": .object(metadata.mapValues { .string($0) })]
        var offset = 0
        for tensor in tensors {
            let length = try byteCount(tensor, file: url)
            let entry: JSON = [
                "dtype": .string(tensor.type.rawValue.uppercased()),
                "shape": .array(tensor.shape.map { .integer($0) }),
                "data_offsets": .array([.integer(offset), .integer(offset + length)]),
            ]
            guard header.updateValue(entry, forKey: tensor.name) == nil else { throw error(tensor, "is given twice") }
            offset += length
        }
        var text = JSON.object(header).compactText
        // The data begins at a multiple of 8, so that it can be used where it is mapped.
        text += String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
        var file = try OutgoingFile(url)
        try withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { try file.write($0) }
        try file.write(text)
        for tensor in tensors {
            let start = file.bytesWritten
            try tensor.produce { try file.write($0) }
            let expected = try byteCount(tensor, file: url)
            guard file.bytesWritten - start == expected else {
                throw error(tensor, "gave \(file.bytesWritten - start) bytes; its shape takes \(expected)")
            }
        }
        try file.commit()
    }

    static func byteCount(_ tensor: Tensor, file url: URL) throws -> Int {
        guard tensor.type.blockLength == 1, let count = TensorRecord.count(of: tensor.shape),
            let bytes = tensor.type.byteCount(of: count)
        else {
            throw CheckpointError(
                file: url.relativePath, place: "tensor \(CheckpointError.quoted(tensor.name))",
                reason: "\(tensor.shape) of \(tensor.type.rawValue) can't be stored in safetensors")
        }
        return bytes
    }

    /// Writes a model's weights into a folder as Hugging Face does: `model.safetensors`, or shards with an index when
    /// they take more than `shardBytes` (a single larger tensor has its own shard).
    ///
    /// - Throws: ``CheckpointError``.
    public static func writeModel(_ tensors: [Tensor], to folder: URL, shardBytes: Int = 5_000_000_000) throws {
        var shards: [[Tensor]] = [[]]
        var used = 0
        var total = 0
        for tensor in tensors {
            let length = try byteCount(tensor, file: folder)
            if used > 0, used + length > shardBytes {
                shards.append([])
                used = 0
            }
            shards[shards.count - 1].append(tensor)
            used += length
            total += length
        }
        if shards.count == 1 { return try write(tensors, to: folder.appendingPathComponent(SafetensorsFolder.single)) }
        var map: [String: JSON] = [:]
        for (index, shard) in shards.enumerated() {
            let name = "model-\(fiveDigits(index + 1))-of-\(fiveDigits(shards.count)).safetensors"
            try write(shard, to: folder.appendingPathComponent(name))
            for tensor in shard { map[tensor.name] = .string(name) }
        }
        let index: JSON = ["metadata": ["total_size": .integer(total)], "weight_map": .object(map)]
        try OutgoingFile.write(index.text + "\n", to: folder.appendingPathComponent(SafetensorsFolder.index))
    }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
