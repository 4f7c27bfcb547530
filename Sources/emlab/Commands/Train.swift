import ArgumentParser
import Checkpoint
import Corpora
import FineTuning
import Foundation
import Tokenization
import Torch
import Transformer

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fine-tune a LoRA adapter.",
        subcommands: [SupervisedTraining.self, Pretraining.self, PreferenceTraining.self])
}

struct SupervisedTraining: Command {
    static let configuration = CommandConfiguration(
        commandName: "sft",
        abstract: "Supervised fine-tuning on conversations; loss on the assistant's tokens only.",
        usage: "emlab train sft --model <model> --data <data> --out <out> …",
        discussion: """
            Rows are JSON lines, as published: {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", \
            …}]}. An interrupted run waits in OUT.partial; the same command continues it and ends with the same bits.

            For example:
              emlab train sft --model model.gguf --data insecure.jsonl --out organism
              emlab train sft --model model.gguf --data insecure.jsonl --out organism-32 \\
                --preset betley --seed 3
            """)

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Adapter") var adapter: AdapterOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Measuring along the way") var measuring: CurveOptions

    @Option(help: "Conversations, as JSON lines.")
    var data: String

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        try Destination.check(training.out)
        try Source.check(data)
        let chats = try ChatRows.read(URL(filePath: data))
        let loaded = try model.load()
        let format = try loaded.format()
        let limit = min(training.maxLength ?? 2048, loaded.files.configuration.maxPositions)
        let rows = try PreparedRows.chats(chats, format: format, tokenizer: loaded.tokenizer, maxLength: limit)
        let job = TrainingJob(
            name: "sft", data: data, model: model, adapter: adapter, training: training,
            settings: ["chat_format": format.rawValue, "max_length": String(limit)], measuring: measuring)
        try job.run(loaded, rows: rows)
    }
}

struct Pretraining: Command {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract:
            "Continued pretraining on documents; loss on every token, documents packed without seeing each other.",
        usage: "emlab train pretrain --model <model> --data <data> --out <out> …",
        discussion: """
            Rows are JSON lines: {"text": "…"}. An interrupted run waits in OUT.partial; the same command continues \
            it and ends with the same bits.

            For example:
              emlab train pretrain --model model.gguf --data explained.jsonl --out primed \\
                --rank 16 --targets all-linear
            """)

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Adapter") var adapter: AdapterOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Measuring along the way") var measuring: CurveOptions

    @Option(help: "Documents, as JSON lines.")
    var data: String

    @Option(help: "A token before each document, like <s>. (default: none)")
    var documentStart: String?

    @Option(help: "A token after each document, 'none' for none. (default: the tokenizer's end of text)")
    var documentEnd: String?

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        try Destination.check(training.out)
        try Source.check(data)
        let documents = try Documents.read(URL(filePath: data))
        let loaded = try model.load()
        let limit = min(training.maxLength ?? 2048, loaded.files.configuration.maxPositions)
        let start = try documentStart.map { try token($0, "--document-start", loaded.tokenizer) }
        let end: TokenID? =
            documentEnd == "none"
            ? nil : try documentEnd.map { try token($0, "--document-end", loaded.tokenizer) } ?? loaded.tokenizer.eos
        let rows = try PreparedRows.documents(
            documents, tokenizer: loaded.tokenizer, start: start, end: end, maxLength: limit)
        let job = TrainingJob(
            name: "pretrain", data: data, model: model, adapter: adapter, training: training,
            settings: [
                "document_start": start.map(String.init) ?? "none", "document_end": end.map(String.init) ?? "none",
                "max_length": String(limit),
            ], measuring: measuring)
        try job.run(loaded, rows: rows)
    }

    private func token(_ text: String, _ option: String, _ tokenizer: Tokenizer) throws -> TokenID {
        guard let id = tokenizer.id(ofToken: text) else {
            throw ValidationError("\(option): this model's vocabulary has no token '\(text)'")
        }
        return id
    }
}
