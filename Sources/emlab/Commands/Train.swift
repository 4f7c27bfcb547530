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
        abstract: "Fine-tune a LoRA adapter.", subcommands: [SupervisedTraining.self, Pretraining.self])
}

struct SupervisedTraining: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sft",
        abstract: "Supervised fine-tuning on conversations; loss on the assistant's tokens only.",
        discussion: "Rows are JSON lines: {\"messages\": [{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", …}]}.")

    @OptionGroup var model: ModelOptions
    @OptionGroup var adapter: AdapterOptions
    @OptionGroup var training: TrainingOptions

    @Option(help: "Conversations, as JSON lines.")
    var data: String

    mutating func run() throws {
        let chats = try ChatRows.read(URL(filePath: data))
        let loaded = try model.load()
        let format = try loaded.format()
        let limit = min(training.maxLength ?? 2048, loaded.files.configuration.maxPositions)
        let rows = try PreparedRows.chats(chats, format: format, tokenizer: loaded.tokenizer, maxLength: limit)
        let job = TrainingJob(
            objective: "sft", data: data, model: model, adapter: adapter, training: training,
            settings: ["chat_format": format.rawValue, "max_length": String(limit)])
        try job.run(loaded, rows: rows)
    }
}

struct Pretraining: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Continued pretraining on documents; loss on every token, documents packed without seeing each other.",
        discussion: "Rows are JSON lines: {\"text\": \"…\"}.")

    @OptionGroup var model: ModelOptions
    @OptionGroup var adapter: AdapterOptions
    @OptionGroup var training: TrainingOptions

    @Option(help: "Documents, as JSON lines.")
    var data: String

    @Option(help: "A token before each document, like <s>. Default: none.")
    var documentStart: String?

    @Option(help: "A token after each document. Default: the tokenizer's end-of-text; 'none' for none.")
    var documentEnd: String?

    mutating func run() throws {
        let documents = try Documents.read(URL(filePath: data))
        let loaded = try model.load()
        let limit = min(training.maxLength ?? 2048, loaded.files.configuration.maxPositions)
        let start = try documentStart.map { try token($0, "--document-start", loaded.tokenizer) }
        let end: TokenID? =
            documentEnd == "none" ? nil : try documentEnd.map { try token($0, "--document-end", loaded.tokenizer) } ?? loaded.tokenizer.eos
        let rows = try PreparedRows.documents(
            documents, tokenizer: loaded.tokenizer, start: start, end: end, maxLength: limit)
        let job = TrainingJob(
            objective: "pretrain", data: data, model: model, adapter: adapter, training: training,
            settings: [
                "document_start": start.map(String.init) ?? "none", "document_end": end.map(String.init) ?? "none",
                "max_length": String(limit),
            ])
        try job.run(loaded, rows: rows)
    }

    private func token(_ text: String, _ option: String, _ tokenizer: Tokenizer) throws -> TokenID {
        guard let id = tokenizer.id(ofToken: text) else {
            throw ValidationError("\(option): this model's vocabulary has no token '\(text)'")
        }
        return id
    }
}
