import ArgumentParser
import Foundation
import Measurement

/// What `emlab train` measures along the way.
struct CurveOptions: ParsableArguments {
    @Option(
        help:
            "Measure before the first step, after every so many, and after the last; a line each in OUT/measures.jsonl."
    )
    var measureEvery: Int?

    @Option(help: "What: contrast, skill, drift, perplexity, capability, with commas between.")
    var measures = MeasureList([.contrast, .drift])

    @Option(
        help:
            "Items of each measure, always the same. (default: as many as take about 3 % of the training time, at least 4)"
    )
    var measureItems: Int?

    @OptionGroup var banks: BankOptions

    func validate() throws {
        if let measureEvery, measureEvery < 1 { throw ValidationError("--measure-every must be at least 1") }
        if let measureItems, measureItems < 1 { throw ValidationError("--measure-items must be at least 1") }
        for name in measures.names where !MeasureName.ofModels.contains(name) {
            throw ValidationError("--measures: \(name.rawValue) is measured on sampled answers, not while training")
        }
    }

    /// What decides which values a run has; nil where nothing is measured.
    var identity: String? {
        get throws {
            guard let measureEvery else { return nil }
            let on = try measures.names.map { "\($0.rawValue) on \(try FileFingerprint.sha256(banks.file(for: $0)))" }
            return "every \(measureEvery) steps, \(measureItems.map { "\($0) items" } ?? "items by time"): "
                + on.joined(separator: ", ")
        }
    }

    /// The curve of a run, nil where nothing is measured.
    ///
    /// - Parameters:
    ///   - folder: where `measures.jsonl` is written.
    ///   - steps: of the whole run.
    ///   - tokens: that pass through the model in the whole run.
    func curve(_ loaded: LoadedModel, in folder: URL, steps: Int, tokens: Int) throws -> TrainingCurve? {
        guard let every = measureEvery else { return nil }
        let model = MeasuredModel(
            decoder: loaded.decoder, tokenizer: loaded.tokenizer, format: try loaded.format())
        let rows = 2 + steps / every
        // A token costs about twice as much to train on as to read.
        let budget = Int(0.03 * 2 * Double(tokens) / Double(rows) / Double(max(1, measures.names.count)))
        let chosen = try measures.names.map { name in
            let whole = try banks.measure(name, on: model)
            return measureItems.map { whole.sample(count: $0, seed: 0) }
                ?? whole.sample(tokens: budget, least: 4, seed: 0)
        }
        return TrainingCurve(
            chosen, every: every, steps: steps, file: folder.appending(path: TrainingCurve.fileName))
    }
}
