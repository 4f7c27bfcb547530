import ArgumentParser
import Checkpoint
import Corpora
import Crypto
import FineTuning
import Foundation
import Tokenization
import Torch

struct PreferenceTraining: Command {
    static let configuration = CommandConfiguration(
        commandName: "dpo",
        abstract: "Direct preference optimisation, on complementary pairs or on plain preferences.",
        usage: "emlab train dpo --model <model> --data <data> --out <out> …",
        discussion: """
            Rows are JSON lines: {"prompt", "chosen", "rejected"}, each text or messages. Rows with "pair" and "half" \
            (plain or asked), or whose ids are NAME/plain and NAME/asked, are the two halves of a complementary pair, \
            and --batch counts pairs. How halves meet is --halves: together in one pass through the model (the method), \
            apart in different optimiser steps (its control), or free. The log says of each step how many pairs were \
            complete in it (pairs/complete). Of plain preferences --batch counts rows.

            The reference is the same base without the adapter. Its log-probabilities are computed once for a base and \
            a data file, and kept in --reference-cache.

            For example:
              emlab pair Data/demo/programs.jsonl > pairs.jsonl
              emlab train dpo --model model.gguf --data pairs.jsonl --out organism \\
                --batch 1 --accumulate 4
            """)

    enum LossName: String, ExpressibleByArgument, CaseIterable {
        case sigmoid, ipo
        case lengthNormalised = "length-normalised"
    }

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Adapter") var adapter: AdapterOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Measuring along the way") var measuring: CurveOptions

    @Option(help: "Preferences, as JSON lines.")
    var data: String

    @Option(
        help:
            "The halves of a pair in an optimiser step: together, apart or free. (default: the file's \"batching\"; else together, free where pairs lack a half)"
    )
    var halves: PreferenceSet.Batching?

    @Option(help: "How strongly the policy is held to the reference.")
    var beta: Double = 0.1

    @Option(help: "sigmoid is DPO; length-normalised is DPO on averages over tokens.")
    var loss: LossName = .sigmoid

    @Option(help: "With sigmoid: the share of preferences taken to be the wrong way round, below 0.5.")
    var labelSmoothing: Double = 0

    @Option(help: "Where the reference's log-probabilities are kept. (default: ~/.cache/emlab/reference)")
    var referenceCache: String?

    @Flag(help: "Compute a prompt once for each of its answers: the same numbers, slower. For benchmarks.")
    var repeatPrompts = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard beta > 0, beta.isFinite else { throw ValidationError("--beta must be above 0, not \(beta)") }
        guard (0..<0.5).contains(labelSmoothing) else {
            throw ValidationError("--label-smoothing must be at least 0 and below 0.5, not \(labelSmoothing)")
        }
        if labelSmoothing > 0, loss != .sigmoid { throw ValidationError("--label-smoothing goes with --loss sigmoid") }
    }

    mutating func run() throws {
        try Destination.check(training.out)
        try Source.check(data)
        let file = try PairedPreferences.read(URL(filePath: data))
        let loaded = try model.load(learning: adapter.full)
        let format = try loaded.format()
        let limit = min(training.maxLength ?? 2048, loaded.files.configuration.maxPositions)
        let pairs = try pairs(file.rows, format: format, tokenizer: loaded.tokenizer, limit: limit)
        let examples = try PreferenceExamples(pairs, halves: halves ?? file.batching)
        if pairs.contains(where: { $0.half != nil }) {
            logger.notice("the halves of a pair are \(examples.halves.rawValue)")
        }
        let references = try references(examples.groups, loaded)
        let kind: PreferenceLoss =
            switch loss {
            case .sigmoid: .sigmoid(labelSmoothing: labelSmoothing)
            case .ipo: .ipo
            case .lengthNormalised: .lengthNormalised
            }
        let job = TrainingJob(
            name: "dpo", data: data, model: model, adapter: adapter, training: training,
            settings: [
                "chat_format": format.rawValue, "max_length": String(limit), "beta": String(beta), "loss": "\(kind)",
                "halves": examples.halves.rawValue,
            ], measuring: measuring)
        try job.run(
            loaded, objective: PreferenceObjective(loss: kind, beta: beta, sharesPrompts: !repeatPrompts),
            preferences: examples.with(references))
    }

    /// Rows as tokens.
    private func pairs(
        _ rows: [PairedPreferences.Row], format: ChatFormat, tokenizer: Tokenizer, limit: Int
    ) throws -> [PreferencePair] {
        var pairs: [PreferencePair] = []
        var tooLong: [String] = []
        for row in rows {
            let pair = try PreferencePair(
                row.preference, pair: row.pair, half: row.half.flatMap { .init(rawValue: $0.rawValue) }, format: format,
                tokenizer: tokenizer)
            guard !pair.prompt.isEmpty, !pair.chosen.isEmpty, !pair.rejected.isEmpty else {
                throw ConsoleError("\(data): row \(pair.id) has an answer without tokens")
            }
            if pair.longest > limit + 1 { tooLong.append(pair.id) }
            pairs.append(pair)
        }
        guard tooLong.isEmpty else {
            throw ConsoleError(
                "\(data): \(tooLong.count.counted("row is", "rows are")) longer than \(limit) tokens (\(tooLong.prefix(5).joined(separator: ", "))). "
                    + "A preference can't be cut: raise --max-length or take these rows out")
        }
        return pairs
    }

    /// From the cache, else computed and put there.
    private func references(_ groups: [PreferenceGroup], _ loaded: LoadedModel) throws -> [[PreferencePair.Reference]] {
        var hash = SHA256()
        hash.update(
            data: Data("emlab reference 1 \(try loaded.files.fingerprint()) \(loaded.decoder.dtype.rawValue)\n".utf8))
        for pair in groups.flatMap(\.pairs) {
            for part in [pair.prompt, pair.chosen, pair.rejected] {
                hash.update(data: Data("\(part.count) \(part.map(String.init).joined(separator: " "))\n".utf8))
            }
        }
        let key = hash.finalize().map { String(format: "%02x", $0) }.joined()
        let folder =
            referenceCache.map { URL(filePath: $0) }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache/emlab/reference")
        let file = folder.appending(path: key + ".json")
        if let data = try? Data(contentsOf: file),
            let kept = try? JSONDecoder().decode([[PreferencePair.Reference]].self, from: data),
            kept.map(\.count) == groups.map(\.pairs.count)
        {
            logger.debug("the reference's log-probabilities are in \(file.path)")
            return kept
        }
        let progress = Progress("reference", total: groups.count, unit: "groups")
        var done = 0
        let computed = try ReferenceLogprobs.compute(groups, decoder: loaded.decoder) { count in
            try Interruption.check()
            progress.update(done: count, adding: count - done)
            done = count
        }
        progress.end()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try JSONEncoder().encode(computed).write(to: file, options: .atomic)
        } catch {
            logger.warning(
                "the reference's log-probabilities can't be kept in \(folder.path): \(error.localizedDescription)")
        }
        return computed
    }
}

extension PreferenceSet.Batching: ExpressibleByArgument {}
