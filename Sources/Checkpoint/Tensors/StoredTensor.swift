import Dispatch
import Synchronization

/// One tensor's bytes in a mapped file and what must be undone to have it in Hugging Face's layout.
struct StoredTensor: Sendable {
    /// What llama.cpp's converter did to some tensors.
    enum Conversion: Hashable, Sendable {
        case none
        /// Rows of each head of so many rows were interleaved for llama.cpp's rotary embedding: stored row 2i is
        /// row i, stored row 2i + 1 is row i + half a head.
        case interleavedHeads(rows: Int)
        /// One was added (Gemma's norms multiply by 1 + w).
        case addedOne
    }

    var record: TensorRecord
    var file: MappedFile
    var conversion = Conversion.none
    /// The scales of a matrix that bitsandbytes quantised.
    var quantisation: StoredQuantisation?

    private var unretainedBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: file.unretainedBytes[record.byteRange])
    }

    private func failure(_ reason: String, _ remedy: String? = nil) -> CheckpointError {
        CheckpointError(
            file: file.path, place: "tensor \(CheckpointError.quoted(record.name))", reason: reason, remedy: remedy)
    }

    var mapped: UnsafeRawBufferPointer? {
        guard conversion == .none, [.f32, .f16, .bf16].contains(record.type) else { return nil }
        let bytes = unretainedBytes
        let address = UInt(bitPattern: bytes.baseAddress)
        return address % UInt(record.type.blockBytes) == 0 ? bytes : nil
    }

    func checkReadable() throws {
        guard record.type.isReadable else {
            throw failure(
                "its type \(record.type.rawValue.uppercased()) can't be read as weights",
                "Convert the file to one of " + ElementType.readableNames)
        }
    }

    func read(as type: FloatType, into buffer: UnsafeMutableRawBufferPointer) throws {
        try checkReadable()
        let count = record.count
        guard buffer.count == count * type.byteCount else {
            throw failure("takes \(count * type.byteCount) bytes as \(type.rawValue); the buffer has \(buffer.count)")
        }
        guard count > 0, let target = buffer.baseAddress, let source = unretainedBytes.baseAddress else { return }
        guard UInt(bitPattern: target) % UInt(type.byteCount) == 0 else {
            throw failure("the buffer isn't aligned to \(type.byteCount) bytes")
        }
        if let matrix = quantisedMatrix { return matrix.write(as: type, to: target) }
        guard conversion == .none || conversion == .addedOne || record.shape.count > 1 || record.type.blockLength == 1
        else { throw failure("numbers of one axis in blocks can't be put back in order") }
        // A span is what is converted at once: whole rows where rows change places, else a stretch of whole blocks.
        let (span, half) =
            if case .interleavedHeads(let rows) = conversion {
                (record.shape.count > 1 ? record.rowLength : 1, rows / 2)
            } else {
                (min(count, 1 << 14), 0)
            }
        let spans = (count + span - 1) / span
        let groups = count < 1 << 20 ? 1 : min(spans, 16)
        // Each group writes its own stretch of `target` and only reads `source`.
        let isDamaged = Atomic(false)
        nonisolated(unsafe) let (sharedTarget, sharedSource) = (target, source)
        let convert = { @Sendable (group: Int) in
            let scratch = UnsafeMutablePointer<Float>.allocate(capacity: span)
            defer { scratch.deallocate() }
            for index in (spans * group / groups)..<(spans * (group + 1) / groups) {
                let start = index * span
                let stored = half == 0 ? start : storedRow(index, half: half) * span
                let isFinite = convertSpan(
                    from: sharedSource + stored / record.type.blockLength * record.type.blockBytes,
                    count: min(span, count - start), as: type, to: sharedTarget + start * type.byteCount,
                    scratch: scratch)
                if !isFinite { isDamaged.store(true, ordering: .relaxed) }
            }
        }
        withExtendedLifetime(file) {
            if groups == 1 { convert(0) } else { DispatchQueue.concurrentPerform(iterations: groups, execute: convert) }
        }
        if isDamaged.load(ordering: .relaxed) {
            throw failure("holds NaN or infinite numbers", "It is damaged; fetch the file again")
        }
    }

    private func storedRow(_ row: Int, half: Int) -> Int {
        let (head, inside) = row.quotientAndRemainder(dividingBy: half * 2)
        return head * half * 2 + (inside < half ? inside * 2 : (inside - half) * 2 + 1)
    }

    /// Returns whether all numbers are finite.
    private func convertSpan(
        from source: UnsafeRawPointer, count: Int, as type: FloatType, to target: UnsafeMutableRawPointer,
        scratch: UnsafeMutablePointer<Float>
    ) -> Bool {
        if type == .bfloat16, record.type == .bf16, conversion != .addedOne {
            target.copyMemory(from: source, byteCount: count * 2)
            let halves = target.assumingMemoryBound(to: UInt16.self)
            var special: UInt16 = 0
            for i in 0..<count { special |= halves[i] & 0x7F80 == 0x7F80 ? 1 : 0 }
            return special == 0
        }
        let floats = type == .float32 ? target.assumingMemoryBound(to: Float.self) : scratch
        Dequantisation.floats(source, type: record.type, count: count, into: floats)
        if conversion == .addedOne {
            for i in 0..<count { floats[i] -= 1 }
        }
        var special: UInt32 = 0
        for i in 0..<count { special |= floats[i].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0 }
        if type == .bfloat16 {
            let halves = target.assumingMemoryBound(to: UInt16.self)
            for i in 0..<count { halves[i] = HalfPrecision.bfloat(floats[i]) }
        }
        return special == 0
    }
}

/// Tensors of any number of files under their final names: what every format comes down to.
struct StoredTensors: WeightFile {
    /// The file or folder, for messages.
    let path: String
    let tensors: [String: StoredTensor]

    var names: [String] { tensors.keys.sorted() }

    func record(_ name: String) -> TensorRecord? { tensors[name]?.record }

    func read(_ name: String, as type: FloatType, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard let tensor = tensors[name] else {
            throw CheckpointError(file: path, reason: "has no tensor \(CheckpointError.quoted(name))")
        }
        try tensor.read(as: type, into: buffer)
    }

    func mapped(_ name: String) -> UnsafeRawBufferPointer? { tensors[name]?.mapped }

    func quantised(_ name: String) -> QuantisedMatrix? { tensors[name]?.quantisedMatrix }
}
