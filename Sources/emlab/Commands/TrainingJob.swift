import ArgumentParser
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
    /// What is measured along the way.
    var measuring = CurveOptions()
    /// Looks at held-out documents before and after.
    var report: PerplexityReport?

    func run(_ loaded: LoadedModel, rows: PreparedRows) throws {
        tell(rows)
        if loaded.parameters != nil {
            let longest = rows.rows.map(\.tokens.count).max() ?? 0
            let tokens = longest * min(rows.rows.count, training.settings().batch)
            let plan = MemoryPlan(loaded.files.configuration, dtype: loaded.decoder.dtype, tokens: tokens)
            try plan.check(loaded.decoder.device, allocated: plan.weights / 4)
        }
        try run(loaded, objective: TokenObjective()) { weights, settings, device in
            try .init(name: "run", training: weights, settings: settings, examples: rows.rows, device: device)
        }
    }

    func run(_ loaded: LoadedModel, objective: PreferenceObjective, preferences: PreferenceExamples) throws {
        try run(loaded, objective: objective) { weights, settings, device in
            try .init(name: "run", training: weights, settings: settings, preferences: preferences, device: device)
        }
    }

    private func run<O: Objective>(
        _ loaded: LoadedModel, objective: O,
        arm: (Trainable, TrainingSettings, Device) throws -> Trainer<O>.Arm
    ) throws {
        if measuring.measureEvery != nil, loaded.parameters != nil {
            throw ValidationError(
                "--measure-every reads an adapter beside its base, and --full leaves no base: use --report-on, or emlab measure afterwards"
            )
        }
        let start = try startingPoint(loaded)
        let settings = training.settings()
        let trainer = Trainer(
            decoder: loaded.decoder.recomputing(training.recompute), objective: objective,
            arms: [try arm(start.training, settings, loaded.decoder.device)])
        let steps = trainer.arms[0].totalSteps
        if settings.warmup >= steps {
            logger.warning(
                "the warm-up of \(settings.warmup.counted("step")) takes the whole run of \(steps.counted("step")): the rate never reaches \(settings.learningRate). Lower --warmup or raise --steps or --epochs"
            )
        }
        let extraLog = try training.log.map { try LogOutput($0) }
        let folder = try TrainingFolder(out: URL(filePath: training.out), identity: try identity(loaded, start))
        let lock = try FolderLock(folder.partial)
        defer { withExtendedLifetime(lock) {} }
        try report?.before(trainer, loaded, in: folder.partial)
        let resumed = try folder.resume(&trainer.arms[0])
        if resumed > 0 { Console.say("continuing after step \(resumed) of \(trainer.arms[0].totalSteps)") }
        try extraLog?.begin(with: folder.partial.appending(path: "log.jsonl"))

        let examples = trainer.arms[0].examples
        let tokensPerExample = examples.reduce(0) { $0 + objective.tokens(of: $1) } / examples.count
        let curve = try measuring.curve(
            loaded, in: folder.partial, steps: steps,
            tokens: tokensPerExample * settings.stepSize * steps)
        let progress = Progress("training", total: trainer.arms[0].totalSteps, unit: "tokens", from: resumed)
        do {
            try curve?.begin(at: resumed, trainer.arms[0].adapter)
            while !trainer.isFinished {
                let before = trainer.splits
                for record in try trainer.step(checkpoint: { try Interruption.check() }) {
                    try folder.log(record)
                    try extraLog?.write(record)
                    try curve?.measure(after: record, trainer.arms[0].adapter)
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
        } catch {
            // Whatever ended it, the steps that are done are good. That this too may fail changes nothing about why.
            progress.end()
            if trainer.arms[0].step > resumed { try? folder.save(trainer.arms[0]) }
            throw error
        }
        progress.end()
        let arm = trainer.arms[0]
        if let failure = arm.failure {
            if arm.step > 0 { try folder.save(arm) }
            throw failure
        }
        try report?.after(trainer, loaded, in: folder.partial)
        let summary = ["steps": String(arm.step), "smaller_passes": String(trainer.splits)]
        switch start {
        case .adapter(let adapter, let configuration):
            try folder.finish(adapter.files(configuration), summary: summary)
            Console.say("adapter in \(training.out)")
        case .model(let parameters):
            try folder.finish(summary: summary) { try write(parameters, loaded.files, to: $0) }
            Console.say("model in \(training.out)")
        }
        curve?.tellShare()
        try report?.tell()
    }

    /// A model folder's files, put beside what is in the run's folder already.
    private func write(_ parameters: ModelParameters, _ files: ModelFiles, to folder: URL) throws {
        let making = folder.appending(path: "model.making")
        try? FileManager.default.removeItem(at: making)
        let type: FloatType = adapter.storeAs == .float32 ? .float32 : .bfloat16
        try files.write(to: making, as: type) { try parameters.floats($0) }
        for name in try FileManager.default.contentsOfDirectory(atPath: making.path) {
            let place = folder.appending(path: name)
            try? FileManager.default.removeItem(at: place)
            try FileManager.default.moveItem(at: making.appending(path: name), to: place)
        }
        try FileManager.default.removeItem(at: making)
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

    /// What is trained, and for an adapter its shape.
    private enum Start {
        case adapter(LowRankAdapter, AdapterConfiguration)
        case model(ModelParameters)

        var training: Trainable {
            switch self {
            case .adapter(let adapter, _): .adapter(adapter)
            case .model(let parameters): .model(parameters)
            }
        }
    }

    private func startingPoint(_ loaded: LoadedModel) throws -> Start {
        if let parameters = loaded.parameters { return .model(parameters) }
        if let path = adapter.initAdapter {
            let files = try AdapterFiles.read(URL(filePath: path), base: loaded.files.configuration)
            var configuration = files.configuration
            configuration.dropout = adapter.dropout
            return .adapter(
                try loaded.decoder.adapter(
                    AdapterFiles(configuration: configuration, modules: files.modules), trainable: true), configuration)
        }
        let configuration = try adapter.configuration(preset: training.preset, baseModel: model.model)
        return .adapter(
            try LowRankAdapter.initialised(
                configuration, on: loaded.files.configuration, seed: training.seed, device: loaded.decoder.device),
            configuration)
    }

    /// Everything that decides the numbers, so that a resumed run is the same run.
    private func identity(_ loaded: LoadedModel, _ start: Start) throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var identity = settings
        identity["objective"] = name
        identity["model"] = try loaded.files.fingerprint()
        identity["data"] = try FileHash.sha256(data)
        switch start {
        case .adapter(_, let configuration):
            identity["adapter"] = String(decoding: try encoder.encode(configuration), as: UTF8.self)
        case .model:
            identity["trained"] = "all weights"
            identity["store_as"] = adapter.storeAs.rawValue
        }
        identity["training"] = String(decoding: try encoder.encode(training.settings()), as: UTF8.self)
        if let path = adapter.initAdapter {
            identity["init_adapter"] = try FileHash.sha256(
                URL(filePath: path).appending(path: "adapter_model.safetensors").path)
        }
        identity["dtype"] = loaded.decoder.dtype.rawValue
        identity["device"] = "\(loaded.decoder.device)"
        identity["libtorch"] = Libtorch.version
        identity["measured"] = try measuring.identity
        return identity
    }
}

/// Where `--log` goes.
struct LogOutput {
    private let name: String
    private let descriptor: Int32

    /// Opens it; what it held stays until ``begin(with:)``.
    init(_ path: String) throws {
        name = path == "-" ? "stdout" : "--log \(path)"
        descriptor = path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw ConsoleError("\(name) can't be written: \(String(cString: strerror(errno)))")
        }
    }

    /// - Parameter earlier: what an earlier part of the same run has logged, to stand first.
    func begin(with earlier: URL) throws {
        // A pipe or a terminal has nothing to empty.
        if descriptor != STDOUT_FILENO { _ = ftruncate(descriptor, 0) }
        if let data = try? Data(contentsOf: earlier) { try Console.write(data, to: descriptor, named: name) }
    }

    func write(_ value: some Encodable) throws {
        try Console.write(Console.encode(value), to: descriptor, named: name)
    }
}

/// The SHA-256 of a file's bytes, as hexadecimal digits.
enum FileHash {
    static func sha256(_ path: String) throws -> String {
        SHA256.hash(data: try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe))
            .map { String(format: "%02x", $0) }.joined()
    }
}
