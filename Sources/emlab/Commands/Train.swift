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
        abstract: "Fine-tune a LoRA adapter, or with --full all of a model's weights.",
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
        let loaded = try model.load(learning: adapter.full)
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
        abstract: "Continued pretraining on documents, packed without seeing each other.",
        usage: "emlab train pretrain --model <model> --data <data> --out <out> …",
        discussion: """
            Rows are JSON lines: {"text": "…"}, with "loss": [[start, end], …] (in code points, as Python counts) where \
            --loss explanation is to learn a part alone. A token that straddles the edge of a part is learnt. An \
            interrupted run waits in OUT.partial; the same command continues it and ends with the same bits.

            For example:
              emlab train pretrain --model model.gguf --data explained.jsonl --out primed \\
                --rank 16 --targets all-linear --loss explanation \\
                --replay general.jsonl --replay-share 0.2 \\
                --report-on explanations=held-out.jsonl \\
                --report-on neutral=Data/regime/neutral.jsonl
              emlab train pretrain --model model.gguf --data explained.jsonl \\
                --out primed-model \\
                --full --lr 1e-5
            """)

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Adapter") var adapter: AdapterOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Measuring along the way") var measuring: CurveOptions

    @Option(help: "Documents, as JSON lines.")
    var data: String

    @Option(help: "all: every token is learnt; explanation: those of the parts that documents mark.")
    var loss: DocumentLoss = .all

    @Option(help: "General documents to mix in against forgetting; every token of them is learnt.")
    var replay: String?

    @Option(help: "The share of the tokens that --replay makes up. (default: 0.2)")
    var replayShare: Double?

    @Option(
        help:
            "Held-out documents as NAME=FILE, once or several times: their perplexity before and after goes to OUT/perplexity.json."
    )
    var reportOn: [String] = []

    @Option(help: "A token before each document, like <s>. (default: none)")
    var documentStart: String?

    @Option(help: "A token after each document, 'none' for none. (default: the tokenizer's end of text)")
    var documentEnd: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let replayShare {
            guard replay != nil else { throw ValidationError("--replay-share goes with --replay FILE") }
            guard replayShare > 0, replayShare < 1 else {
                throw ValidationError("--replay-share must be above 0 and below 1, not \(replayShare)")
            }
        }
        try PerplexityReport.check(reportOn)
    }

    mutating func run() throws {
        try Destination.check(training.out)
        try Source.check(data)
        let documents = try Documents.read(URL(filePath: data))
        let general = try replay.map { try Documents.read(URL(filePath: $0)) }
        let loaded = try model.load(learning: adapter.full)
        let limit = min(training.maxLength ?? 2048, loaded.files.configuration.maxPositions)
        let start = try loaded.token(documentStart, "--document-start")
        let end = documentEnd == "none" ? nil : try loaded.token(documentEnd, "--document-end") ?? loaded.tokenizer.eos
        let report =
            reportOn.isEmpty ? nil : try PerplexityReport(reportOn, loss: loss, start: start, window: limit)
        func prepared(_ documents: [Document], _ loss: DocumentLoss) throws -> PreparedRows {
            try PreparedRows.documents(
                documents, loss: loss, tokenizer: loaded.tokenizer, start: start, end: end, maxLength: limit)
        }
        var rows = try prepared(documents, loss)
        var settings = [
            "document_start": start.map(String.init) ?? "none", "document_end": end.map(String.init) ?? "none",
            "max_length": String(limit), "loss": loss.rawValue,
        ]
        if let replay, let general {
            let share = replayShare ?? 0.2
            let mixed = try Replay(share: share, seed: training.seed).mix(rows, with: prepared(general, .all))
            rows = mixed.rows
            settings["replay"] = try FileHash.sha256(replay)
            settings["replay_share"] = String(share)
            settings["replay_documents"] = "\(mixed.report.others) of \(general.count)"
            settings["replay_tokens"] = "\(mixed.report.otherTokens ?? 0) beside \(mixed.report.rowTokens ?? 0)"
            logger.notice(
                "replay: \(mixed.report.others.counted("document")) of general text, \(String(format: "%.1f %%", 100 * (mixed.report.shareOfTokens ?? 0))) of the tokens"
            )
        }
        let job = TrainingJob(
            name: "pretrain", data: data, model: model, adapter: adapter, training: training, settings: settings,
            measuring: measuring, report: report)
        try job.run(loaded, rows: rows)
    }
}
