import Corpora
import Foundation

/// A model on this machine that answers instead of a server: where it lies and how it is run.
///
/// In YAML: `kind: local`, `model`, and what else differs from the defaults, with underscores (`chat_format`).
public struct LocalConfiguration: Hashable, Sendable {
    public enum ComputeType: String, Codable, Hashable, Sendable, CaseIterable {
        case float32, bfloat16
    }

    /// A Hugging Face folder or a .gguf file.
    public var model: String
    /// A PEFT folder; none: the model alone.
    public var adapter: String?
    public var dtype: ComputeType
    /// `cpu`, `cuda` or `cuda:N`.
    public var device: String
    /// Threads on the CPU; none: one for each core.
    public var threads: Int?
    /// The chat format's name; none: the one that the model's own template names.
    public var chatFormat: String?
    /// Answers under way at once; their keys and values must fit into memory.
    public var batch: Int

    public init(
        model: String, adapter: String? = nil, dtype: ComputeType = .float32, device: String = "cpu",
        threads: Int? = nil, chatFormat: String? = nil, batch: Int = 16
    ) {
        self.model = model
        self.adapter = adapter
        self.dtype = dtype
        self.device = device
        self.threads = threads
        self.chatFormat = chatFormat
        self.batch = batch
    }

    /// What is wrong with the values, all of it.
    public var mistakes: [EndpointConfigurationError.Mistake] { mistakes(at: "") }

    func mistakes(at prefix: String) -> [EndpointConfigurationError.Mistake] {
        var found: [EndpointConfigurationError.Mistake] = []
        func note(_ key: String, _ what: String, _ remedy: String) {
            found.append(.init(path: prefix + key, what: what, remedy: remedy))
        }
        if model.isEmpty { note("model", "there is no model", "give a Hugging Face folder or a .gguf file") }
        if adapter?.isEmpty == true { note("adapter", "it is empty", "give a PEFT folder, or leave it out") }
        if device != "cpu", device != "cuda", !device.hasPrefix("cuda:") {
            note("device", "\"\(device.prefix(40))\" is no device", "write cpu, cuda or cuda:N")
        }
        if let threads, !(1...1_024).contains(threads) {
            note("threads", "\(threads) is out of range", "1 to 1024 are possible")
        }
        if !(1...10_000).contains(batch) { note("batch", "\(batch) is out of range", "1 to 10000 are possible") }
        return found
    }

    /// Makes relative paths relative to `folder`.
    mutating func resolvePaths(in folder: URL) {
        func resolved(_ path: String) -> String {
            guard !path.isEmpty, !path.hasPrefix("/"), folder.relativePath != "." else { return path }
            return folder.appending(path: path).relativePath
        }
        model = resolved(model)
        adapter = adapter.map(resolved)
    }
}

extension LocalConfiguration: Codable {
    enum Key: String, CaseIterable {
        case kind, model, adapter, dtype, device, threads
        case chatFormat = "chat_format"
        case batch
    }

    public init(from decoder: any Decoder) throws {
        var fields = try FieldReader(decoder, known: Key.allCases.map(\.rawValue))
        let plain = LocalConfiguration(model: "")
        func key(_ key: Key) -> String { key.rawValue }
        fields.expectKind(.local)
        self.init(
            model: fields.needed(key(.model), "a Hugging Face folder or a .gguf file") ?? "",
            adapter: fields.optional(key(.adapter), "a PEFT folder"),
            dtype: fields.choice(key(.dtype)) ?? plain.dtype,
            device: fields.optional(key(.device), "a device: cpu, cuda or cuda:N") ?? plain.device,
            threads: fields.optional(key(.threads), "a whole number"),
            chatFormat: fields.optional(key(.chatFormat), "a chat format's name"),
            batch: fields.optional(key(.batch), "a whole number") ?? plain.batch)
        let unread = Set(fields.mistakes.map(\.path))
        let all = fields.mistakes + mistakes(at: fields.prefix).filter { !unread.contains($0.path) }
        if !all.isEmpty { throw EndpointConfigurationError(mistakes: all) }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: AnyKey.self)
        func key(_ key: Key) -> AnyKey { AnyKey(key.rawValue) }
        try fields.encode(EndpointKind.local, forKey: key(.kind))
        try fields.encode(model, forKey: key(.model))
        try fields.encodeIfPresent(adapter, forKey: key(.adapter))
        try fields.encode(dtype, forKey: key(.dtype))
        try fields.encode(device, forKey: key(.device))
        try fields.encodeIfPresent(threads, forKey: key(.threads))
        try fields.encodeIfPresent(chatFormat, forKey: key(.chatFormat))
        try fields.encode(batch, forKey: key(.batch))
    }
}
