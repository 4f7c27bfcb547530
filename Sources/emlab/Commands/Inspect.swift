import ArgumentParser
import Checkpoint
import Foundation
import Tokenization
import Transformer

struct Inspect: Command {
    static let configuration = CommandConfiguration(
        abstract: "What a model or an adapter is: family, shapes, chat format, fingerprint.",
        usage: "emlab inspect <path> [--json] [--tensors] …",
        discussion: """
            For example:
              emlab inspect model.gguf --tensors
              emlab inspect organism --json
            """)

    @Argument(help: "A Hugging Face model folder, a .gguf file, or a PEFT folder.")
    var path: String?

    @Option(help: "A model, as an option.")
    var model: String?

    @Option(help: "A PEFT folder; with a model it is checked to fit.")
    var adapter: String?

    @Flag(help: "One JSON object instead of lines to read.")
    var json = false

    @Flag(help: "List every tensor.")
    var tensors = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard [path, model, adapter].contains(where: { $0 != nil }) else {
            throw ValidationError("what is to be inspected? Name a model folder, a .gguf file or a PEFT folder")
        }
    }

    /// What is said of something, for a person and for a program.
    private enum Fact: Encodable {
        case text(String)
        case number(Int)
        case decimal(Double)
        case flag(Bool)
        case list([String])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            case .decimal(let number): try container.encode(number)
            case .flag(let flag): try container.encode(flag)
            case .list(let list): try container.encode(list)
            }
        }

        var words: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            case .decimal(let number): Int(exactly: number).map { String($0) } ?? String(number)
            case .flag(let flag): flag ? "yes" : "no"
            case .list(let list): list.isEmpty ? "none" : list.joined(separator: ", ")
            }
        }
    }

    mutating func run() throws {
        let isAdapter = path.map { FileManager.default.fileExists(atPath: $0 + "/adapter_config.json") } ?? false
        let base = model ?? (isAdapter ? nil : path)
        let files = try base.map { try ModelFiles.open(URL(filePath: $0)) }
        if let name = adapter ?? (isAdapter ? path : nil) { try inspect(adapter: name, base: files?.configuration) }
        if let base, let files { try inspect(base, files) }
    }

    private func show(_ facts: [(name: String, fact: Fact?)], tensors list: [String]) throws {
        let facts =
            facts.compactMap { name, fact in fact.map { (name, $0) } }
            + (tensors && json ? [("tensors", .list(list))] : [])
        if json {
            try Console.emit(Dictionary(facts, uniquingKeysWith: { $1 }))
        } else {
            let lines =
                facts.map { $0.padding(toLength: 16, withPad: " ", startingAt: 0) + $1.words } + (tensors ? list : [])
            try Console.show(lines.joined(separator: "\n"))
        }
    }

    private func inspect(_ name: String, _ files: ModelFiles) throws {
        let c = files.configuration
        let records = files.weights.names.sorted().compactMap { files.weights.record($0) }
        let types = Dictionary(grouping: records, by: \.type).mapValues(\.count)
            .sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }.map {
                "\($0.key.rawValue) (\($0.value))"
            }
        let format = try? LoadedModel.format(files, chosen: nil)
        let unknown = files.chatTemplate == nil ? "no template" : "unknown template"
        try show(
            [
                ("model", .text(name)), ("family", .text(c.family.rawValue)),
                ("parameters", .number(records.reduce(0) { $0 + $1.count })), ("stored_as", .list(types)),
                ("layers", .number(c.layerCount)), ("hidden", .number(c.hiddenSize)),
                ("mlp", .number(c.intermediateSize)),
                ("heads", .number(c.headCount)), ("kv_heads", .number(c.keyValueHeadCount)),
                ("head_dim", .number(c.headDimension)), ("vocabulary", .number(c.vocabularySize)),
                ("context", .number(c.maxPositions)), ("tied_head", .flag(c.tiedEmbeddings)),
                ("chat_format", .text(format?.rawValue ?? "\(unknown): choose with --chat-format")),
                (
                    "system_prompt",
                    format?.defaultSystemPrompt.map { .text($0) } ?? (json ? nil : .text("none by default"))
                ),
                ("ignored", .list(files.unusedTensors)), ("fingerprint", .text(try files.fingerprint())),
            ], tensors: records.map { "\($0.name) \($0.shape) \($0.type.rawValue)" })
    }

    private func inspect(adapter name: String, base: ModelConfiguration?) throws {
        let files = try AdapterFiles.read(URL(filePath: name), base: base)
        let c = files.configuration
        let layers: Fact =
            c.layers.map { json ? .list($0.map(String.init)) : .text($0.map(String.init).joined(separator: ", ")) }
            ?? .text("all")
        try show(
            [
                ("adapter", .text(name)), ("rank", .number(c.rank)), ("alpha", .decimal(c.alpha)),
                ("scale", .text(c.rslora ? "alpha / sqrt(rank)" : "alpha / rank")), ("targets", .list(c.targetModules)),
                ("layers", layers), ("dropout", .decimal(c.dropout)), ("modules", .number(files.modules.count)),
                ("parameters", .number(files.modules.values.reduce(0) { $0 + $1.a.count + $1.b.count })),
                ("base", c.baseModel.map { .text($0) } ?? (json ? nil : .text("not said"))),
            ],
            tensors: files.modules.sorted { $0.key < $1.key }.map {
                "\($0.key) A [\($0.value.rank), \($0.value.inputs)] B [\($0.value.outputs), \($0.value.rank)]"
            })
    }
}
