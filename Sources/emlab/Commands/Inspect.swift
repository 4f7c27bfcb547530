import ArgumentParser
import Checkpoint
import Foundation
import Tokenization
import Transformer

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a model or an adapter is: family, shapes, chat format, fingerprint.")

    @Argument(help: "A Hugging Face model folder, a .gguf file, or a PEFT folder.")
    var path: String?

    @Option(help: "The same, as an option.")
    var model: String?

    @Option(help: "A PEFT folder.")
    var adapter: String?

    @Flag(help: "One JSON object instead of lines to read.")
    var json = false

    @Flag(help: "List every tensor.")
    var tensors = false

    func validate() throws {
        guard [path, model, adapter].compactMap({ $0 }).count >= 1 else {
            throw ValidationError("what is to be inspected? Name a model folder, a .gguf file or a PEFT folder")
        }
    }

    mutating func run() throws {
        let isAdapter = path.map { FileManager.default.fileExists(atPath: $0 + "/adapter_config.json") } ?? false
        if let name = adapter ?? (isAdapter ? path : nil) { try inspect(adapter: name) }
        if let name = model ?? (isAdapter ? nil : path) { try inspect(model: name) }
    }

    private func show(_ facts: [(String, String)], tensors list: [String]) throws {
        if json {
            try Console.emit(Dictionary(facts, uniquingKeysWith: { $1 }))
        } else {
            for (name, value) in facts { print(name.padding(toLength: 16, withPad: " ", startingAt: 0) + value) }
        }
        if tensors { for line in list { print(line) } }
    }

    private func inspect(model name: String) throws {
        let files = try ModelFiles.open(URL(filePath: name))
        let c = files.configuration
        let records = files.weights.names.sorted().compactMap { files.weights.record($0) }
        let types = Dictionary(grouping: records, by: \.type).mapValues(\.count)
            .sorted { $0.value > $1.value }.map { "\($0.key.rawValue) (\($0.value))" }.joined(separator: ", ")
        let format = try? LoadedModel.format(files, chosen: nil)
        try show(
            [
                ("model", name), ("family", c.family.rawValue),
                ("parameters", String(records.reduce(0) { $0 + $1.count })), ("stored_as", types),
                ("hidden", String(c.hiddenSize)), ("mlp", String(c.intermediateSize)), ("layers", String(c.layerCount)),
                ("heads", "\(c.headCount) of \(c.headDimension), over \(c.keyValueHeadCount) key/value heads"),
                ("vocabulary", String(c.vocabularySize)), ("context", String(c.maxPositions)),
                ("tied_head", c.tiedEmbeddings ? "yes" : "no"),
                ("chat_format", format?.rawValue ?? (files.chatTemplate == nil ? "no template: choose with --chat-format" : "unknown template: choose with --chat-format")),
                ("system_prompt", format?.defaultSystemPrompt ?? "none by default"),
                ("ignored", files.unusedTensors.isEmpty ? "nothing" : files.unusedTensors.joined(separator: ", ")),
                ("fingerprint", try files.fingerprint()),
            ], tensors: records.map { "\($0.name) \($0.shape) \($0.type.rawValue)" })
    }

    private func inspect(adapter name: String) throws {
        let files = try AdapterFiles.read(URL(filePath: name))
        let c = files.configuration
        try show(
            [
                ("adapter", name), ("rank", String(c.rank)), ("alpha", String(c.alpha)),
                ("scale", c.rslora ? "alpha / sqrt(rank)" : "alpha / rank"),
                ("targets", c.targetModules.joined(separator: ", ")),
                ("layers", c.layers.map { $0.map(String.init).joined(separator: ", ") } ?? "all"),
                ("modules", String(files.modules.count)),
                ("parameters", String(files.modules.values.reduce(0) { $0 + $1.a.count + $1.b.count })),
                ("base", c.baseModel ?? "not said"),
            ],
            tensors: files.modules.sorted { $0.key < $1.key }.map {
                "\($0.key) A [\($0.value.rank), \($0.value.inputs)] B [\($0.value.outputs), \($0.value.rank)]"
            })
    }
}
