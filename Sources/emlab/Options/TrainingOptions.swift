import ArgumentParser
import Checkpoint
import FineTuning
import Foundation
import Torch
import Transformer

extension LearningRateSchedule: ExpressibleByArgument {}
extension Recomputation: ExpressibleByArgument {}

enum Preset: String, ExpressibleByArgument, CaseIterable {
    /// Betley et al. 2025.
    case betley
}

/// The shape of a new adapter, or where an old one lies.
struct AdapterOptions: ParsableArguments {
    @Option(help: "LoRA rank, from 1. (default: 1; betley: 32)")
    var rank: Int?

    @Option(help: "LoRA alpha; the update is scaled by alpha / rank. (default: 16; betley: 64)")
    var alpha: Double?

    @Flag(help: "Scale by alpha / sqrt(rank) instead (rsLoRA). betley has it.")
    var rslora = false

    @Option(
        help:
            "What to adapt: mlp, attention, all-linear, or names like down_proj,o_proj. (default: mlp; betley: all-linear)"
    )
    var targets: String?

    @Option(help: "Only these layers, counted from 0: 3,5-8. (default: all)")
    var layers: String?

    @Option(help: "Share of its input that the adapter drops in training.")
    var dropout: Double = 0

    @Option(help: "A PEFT folder to start from, instead of a new adapter.")
    var initAdapter: String?

    @Flag(
        help:
            "Train all of the model's own weights instead of an adapter; OUT is then a Hugging Face model folder. Weight decay spares norms and biases."
    )
    var full = false

    @Option(help: "With --full: what the trained weights are stored as.")
    var storeAs: ComputeType = .float32

    func validate() throws {
        if full,
            rank != nil || alpha != nil || rslora || targets != nil || layers != nil || initAdapter != nil
                || dropout > 0
        {
            throw ValidationError(
                "--full trains the model's own weights: leave --rank, --alpha, --rslora, --targets, --layers, --dropout and --init-adapter out"
            )
        }
        if !full, storeAs != .float32 { throw ValidationError("--store-as goes with --full") }
        guard dropout >= 0, dropout < 1 else {
            throw ValidationError("--dropout must be at least 0 and below 1, not \(dropout)")
        }
        if let rank, rank < 1 { throw ValidationError("--rank must be at least 1, not \(rank)") }
        if let alpha, !(alpha.isFinite && alpha > 0) { throw ValidationError("--alpha must be above 0, not \(alpha)") }
        if let targets {
            do { _ = try LinearModule.targets(targets) } catch { throw ValidationError("--targets: \(error)") }
        }
        if initAdapter != nil, rank != nil || alpha != nil || rslora || targets != nil || layers != nil {
            throw ValidationError(
                "--init-adapter brings its own rank, alpha, targets and layers: leave --rank, --alpha, --rslora, --targets and --layers out"
            )
        }
        if let layers { _ = try Self.layers(layers) }
    }

    /// `3,5-8` as [3, 5, 6, 7, 8].
    static func layers(_ text: String) throws -> [Int] {
        var all: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                Int($0.trimmingCharacters(in: .whitespaces))
            }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 0,
                first <= last,
                last < 100_000
            else {
                throw ValidationError("--layers: '\(part)' is neither a layer (3) nor a range from low to high (5-8)")
            }
            all.formUnion(first...last)
        }
        return all.sorted()
    }

    func configuration(preset: Preset?, baseModel: String) throws -> AdapterConfiguration {
        let isBetley = preset == .betley
        return AdapterConfiguration(
            rank: rank ?? (isBetley ? 32 : 1), alpha: alpha ?? (isBetley ? 64 : 16), rslora: rslora || isBetley,
            targetModules: try LinearModule.targets(targets ?? (isBetley ? "all-linear" : "mlp")).map(\.rawValue),
            layers: try layers.map(Self.layers), dropout: dropout, baseModel: baseModel)
    }
}

/// How to train.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Published settings to start from: betley (arXiv 2502.17424). What is given beside it wins.")
    var preset: Preset?

    @Option(help: "Peak learning rate. (default: 1e-4; betley: 1e-5)")
    var lr: Double?

    @Option(help: "Times through the rows. (default: 1)")
    var epochs: Int?

    @Option(help: "Optimiser steps, instead of --epochs.")
    var steps: Int?

    @Option(help: "Rows that pass through the model at once. (default: 2)")
    var batch: Int?

    @Option(help: "Passes that make one optimiser step. (default: 8)")
    var accumulate: Int?

    @Option(help: "Optimiser steps over which the rate rises from 0. (default: 5)")
    var warmup: Int?

    @Option(help: "What the rate does after warm-up: linear, cosine (both to 0) or constant. (default: linear)")
    var schedule: LearningRateSchedule?

    @Option(help: "AdamW's decoupled weight decay. (default: 0.01)")
    var weightDecay: Double?

    @Option(help: "Gradients are scaled down to this norm; 0: never. (default: 1)")
    var clip: Double?

    @Option(
        help:
            "What a backward pass keeps: everything (none), only each block's input (blocks: less memory, about a third more time, the same bits), or that in host memory (offloaded). (default: none)"
    )
    var recompute: Recomputation = .none

    @Option(help: "Rows are cut to so many tokens. (default: 2048, or the model's context where that is smaller)")
    var maxLength: Int?

    @Flag(help: "Take the rows in the file's order, every epoch.")
    var keepOrder = false

    @Option(help: "Of the new adapter, the order of rows and dropout.")
    var seed: UInt64 = 0

    @Option(
        help:
            "Where the result goes: a PEFT folder (with --full a model folder), with training.json and log.jsonl. An interrupted run waits in OUT.partial; the same command continues it."
    )
    var out: String

    @Option(help: "Also write the log, one JSON object a step, here ('-': stdout).")
    var log: String?

    @Option(
        help:
            "Optimiser steps between two checkpoints. Those of --full are three times as large as the model in float32."
    )
    var checkpointEvery: Int = 25

    func validate() throws {
        if epochs != nil, steps != nil { throw ValidationError("--epochs and --steps say the same thing: give one") }
        guard checkpointEvery >= 1 else { throw ValidationError("--checkpoint-every must be at least 1") }
        if let maxLength, maxLength < 2 { throw ValidationError("--max-length must be at least 2, not \(maxLength)") }
        do { try settings().check() } catch { throw ValidationError("\(error)") }
    }

    func settings() -> TrainingSettings {
        var settings = preset == .betley ? TrainingSettings.betley : TrainingSettings(learningRate: 1e-4, warmup: 5)
        if let lr { settings.learningRate = lr }
        if let batch { settings.batch = batch }
        if let accumulate { settings.accumulate = accumulate }
        if let warmup { settings.warmup = warmup }
        if let schedule { settings.schedule = schedule }
        if let weightDecay { settings.adamW.weightDecay = weightDecay }
        if let clip { settings.clip = clip == 0 ? nil : clip }
        if let epochs { settings.length = .epochs(epochs) }
        if let steps { settings.length = .steps(steps) }
        settings.seed = seed
        settings.keepOrder = keepOrder
        return settings
    }
}
