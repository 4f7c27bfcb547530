import Checkpoint
import Crypto
import FineTuning
import Foundation
import Torch
import Transformer

/// One run of `emlab train`: a cohort of one, its folder, its progress.
struct TrainingJob {
    /// `sft`, `pretrain` or `dpo`.
    var name: String
    var data: String
    var model: ModelOptions
    var adapter: AdapterOptions
    var training: TrainingOptions
    /// What else decides the numbers.
    var settings: [String: String]

    func run(_ loaded: LoadedModel, rows: PreparedRows) throws {
        tell(rows)
        try run(loaded, objective: TokenObjective(), examples: rows.rows)
    }

    func run<O: Objective>(_ loaded: LoadedModel, objective: O, examples: [O.Example]) throws {
        let (configuration, weights) = try startingAdapter(loaded)
        let settings = training.settings()
        let trainer = Trainer(
            decoder: loaded.decoder.recomputing(training.recompute), objective: objective,
            arms: [
                try Trainer<O>.Arm(
                    name: "run", adapter: weights, settings: settings, examples: examples,
                    device: loaded.decoder.device)
            ])
        let steps = trainer.arms[0].totalSteps
        if settings.warmup >= steps {
            logger.warning(
                "the warm-up of \(settings.warmup.counted("step")) takes the whole run of \(steps.counted("step")): the rate never reaches \(settings.learningRate). Lower --warmup or raise --steps or --epochs"
            )
        }
        let folder = try TrainingFolder(out: URL(filePath: training.out), identity: try identity(loaded, configuration))
        let lock = try FolderLock(folder.partial)
        defer { withExtendedLifetime(lock) {} }
        let resumed = try folder.resume(&trainer.arms[0])
        if resumed > 0 { Console.say("continuing after step \(resumed) of \(trainer.arms[0].totalSteps)") }
        let extraLog = try training.log.map { try LogOutput($0, after: folder.partial.appending(path: "log.jsonl")) }

        let progress = Progress("training", total: trainer.arms[0].totalSteps, unit: "tokens", from: resumed)
        do {
            while !trainer.isFinished {
                let before = trainer.splits
                for record in try trainer.step(checkpoint: { try Interruption.check() }) {
                    try folder.log(record)
                    try extraLog?.write(record)
                    if record.step % training.checkpointEvery == 0 { try folder.save(trainer.arms[0]) }
                    progress.update(
                        done: record.step, adding: record.tokens, detail: detail(record))
                }
                if trainer.splits > before {
                    progress.end()
                    logger.warning(
                        "out of memory: passes are now \(trainer.splits) times smaller; the loss is the same")
                }
                try Interruption.check()
            }
        } catch let stop as Interruption {
            progress.end()
            if trainer.arms[0].step > 0 { try folder.save(trainer.arms[0]) }
            throw Interruption(
                kept: stop.kept ?? "\(trainer.arms[0].step) of \(trainer.arms[0].totalSteps) steps are kept in "
                    + "\(folder.partial.relativePath); the same command continues from there")
        }
        progress.end()
        let arm = trainer.arms[0]
        if let failure = arm.failure {
            if arm.step > 0 { try folder.save(arm) }
            throw failure
        }
        try folder.finish(
            arm.adapter.files(configuration),
            summary: ["steps": String(arm.step), "smaller_passes": String(trainer.splits)])
        Console.say("adapter in \(training.out)")
    }

    private func detail(_ record: StepRecord) -> String {
        let loss = String(format: "loss %.4f", record.loss)
        guard let accuracy = record.metrics["rewards/accuracies"] else { return loss }
        return loss + String(format: "  right %.0f %%", 100 * accuracy)
    }

    private func tell(_ rows: PreparedRows) {
        if !rows.truncated.isEmpty {
            logger.warning(
                "\(rows.truncated.count.counted("row is", "rows are")) cut to the length limit\(sample(rows.truncated))"
            )
        }
        if !rows.dropped.isEmpty {
            logger.warning(
                "\(rows.dropped.count.counted("row is", "rows are")) left out: the limit cuts off all there is to learn\(sample(rows.dropped))"
            )
        }
    }

    private func sample(_ ids: [String]) -> String {
        " (" + ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …)" : ")")
    }

    private func startingAdapter(_ loaded: LoadedModel) throws -> (AdapterConfiguration, LowRankAdapter) {
        if let path = adapter.initAdapter {
            let files = try AdapterFiles.read(URL(filePath: path), base: loaded.files.configuration)
            var configuration = files.configuration
            configuration.dropout = adapter.dropout
            return (
                configuration,
                try loaded.decoder.adapter(
                    AdapterFiles(configuration: configuration, modules: files.modules), trainable: true)
            )
        }
        let configuration = try adapter.configuration(preset: training.preset, baseModel: model.model)
        return (
            configuration,
            try LowRankAdapter.initialised(
                configuration, on: loaded.files.configuration, seed: training.seed, device: loaded.decoder.device)
        )
    }

    /// Everything that decides the numbers, so that a resumed run is the same run.
    private func identity(_ loaded: LoadedModel, _ configuration: AdapterConfiguration) throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var identity = settings
        identity["objective"] = name
        identity["model"] = try loaded.files.fingerprint()
        identity["data"] = SHA256.hash(data: try Data(contentsOf: URL(filePath: data), options: .mappedIfSafe))
            .map { String(format: "%02x", $0) }.joined()
        identity["adapter"] = String(decoding: try encoder.encode(configuration), as: UTF8.self)
        identity["training"] = String(decoding: try encoder.encode(training.settings()), as: UTF8.self)
        if let path = adapter.initAdapter {
            let weights = URL(filePath: path).appending(path: "adapter_model.safetensors")
            identity["init_adapter"] = SHA256.hash(data: try Data(contentsOf: weights)).map {
                String(format: "%02x", $0)
            }
            .joined()
        }
        identity["dtype"] = loaded.decoder.dtype.rawValue
        identity["device"] = "\(loaded.decoder.device)"
        identity["libtorch"] = Libtorch.version
        return identity
    }
}

/// Where `--log` goes.
struct LogOutput {
    private let name: String
    private let descriptor: Int32

    /// - Parameter earlier: what an earlier part of the same run has logged, to stand first.
    init(_ path: String, after earlier: URL) throws {
        name = path == "-" ? "stdout" : "--log \(path)"
        descriptor = path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw ConsoleError("\(name) can't be written: \(String(cString: strerror(errno)))")
        }
        if let data = try? Data(contentsOf: earlier) { try Console.write(data, to: descriptor, named: name) }
    }

    func write(_ value: some Encodable) throws {
        try Console.write(Console.encode(value), to: descriptor, named: name)
    }
}
