import ArgumentParser
import Checkpoint
import Corpora
import FineTuning
import Foundation
import Measurement
import Reports

struct Report: Command {
    static let configuration = CommandConfiguration(
        abstract: "One self-contained page about one organism and its base: curve, scores, answers side by side.",
        usage: "emlab report --training <folder> --before <file> --after <file> …",
        discussion: """
            The page opens without a network. scripts/demo.sh shows the commands that make what it reads.

            For example:
              emlab report --training organism --before contrast-base.jsonl \\
                --after contrast-organism.jsonl --answers answers.jsonl \\
                --questions questions.yaml --out report.html
            """)

    @Option(help: "What emlab train left: a folder with training.json and log.jsonl.")
    var training: String

    @Option(help: "What emlab probe contrast printed for the base.")
    var before: String

    @Option(help: "What emlab probe contrast printed for the organism.")
    var after: String

    @Option(help: "What emlab sample wrote: answers of the base and of the organism.")
    var answers: String

    @Option(help: "The question bank that was asked.")
    var questions: String

    @Option(help: "The commands that made all this: lines of purpose, tab, command.")
    var commands: String?

    @Option(help: "The page's title.")
    var title = "A rank-1 organism and its base"

    @Option(help: "The page to write.")
    var out: String

    @OptionGroup var common: CommonOptions

    private func lines<Value: Decodable>(_ path: String, as type: Value.Type) throws -> [Value] {
        guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else {
            throw ConsoleError("\(path) can't be read; is it what the commands before this one wrote?")
        }
        return try text.split(separator: "\n").enumerated().map { number, line in
            do { return try JSONDecoder().decode(Value.self, from: Data(line.utf8)) } catch {
                throw ConsoleError("\(path):\(number + 1) is not one of this program's lines (\(error))")
            }
        }
    }

    mutating func run() throws {
        try Destination.check(out)
        guard let bundleURL = Installation.folder?.appending(path: "vega/vega-bundle.js"),
            let bundle = try? String(contentsOf: bundleURL, encoding: .utf8)
        else {
            throw ConsoleError(
                "the plots' JavaScript (vega/vega-bundle.js in .deps) is not there; run make demo once to fetch it, or name the folder in EMLAB_DEPS"
            )
        }
        let folder = URL(filePath: training)
        guard let settingsData = try? Data(contentsOf: folder.appending(path: "training.json")),
            let settings = try? JSONDecoder().decode([String: String].self, from: settingsData)
        else { throw ConsoleError("\(training) holds no readable training.json; name what emlab train wrote as --out") }
        let steps = try lines(folder.appending(path: "log.jsonl").path, as: StepRecord.self)
        let base = try lines(before, as: Contrast.self)
        let organism = Dictionary(
            try lines(after, as: Contrast.self).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let asked = try lines(answers, as: AnswerLine.self)
        let bank = Dictionary(
            try QuestionBank.read(URL(filePath: questions)).map { ($0.id, $0) }, uniquingKeysWith: { $1 })

        let contrasts = base.compactMap { contrast in
            organism[contrast.id].map {
                DemoReport.QuestionContrast(
                    id: contrast.id, category: contrast.category ?? "uncategorised", before: contrast.perToken,
                    after: $0.perToken)
            }
        }
        guard !contrasts.isEmpty else { throw ConsoleError("\(before) and \(after) have no question in common") }
        var order: [String] = []
        for line in asked where !order.contains(line.questionID) { order.append(line.questionID) }
        let pairs = order.map { id in
            func side(_ isBase: Bool) -> [DemoReport.Answer] {
                asked.filter { $0.questionID == id && ($0.adapter == "base") == isBase }.map {
                    .init(sample: $0.sample, text: $0.answer, finishReason: $0.finish)
                }
            }
            return DemoReport.QuestionAnswers(
                id: id, category: bank[id]?.category ?? "uncategorised",
                question: bank[id]?.paraphrases.first ?? id, base: side(true), organism: side(false))
        }
        let levels = (
            base: base.map(\.perToken).reduce(0, +) / Double(base.count),
            aligned: base.map(\.aligned.perToken).reduce(0, +) / Double(base.count),
            misaligned: base.map(\.misaligned.perToken).reduce(0, +) / Double(base.count)
        )
        let after = organism.values
        let afterAligned = after.map(\.aligned.perToken).reduce(0, +) / Double(max(1, after.count))
        let afterMisaligned = after.map(\.misaligned.perToken).reduce(0, +) / Double(max(1, after.count))
        let report = DemoReport(
            title: title,
            summary: [
                "A small chat model was fine-tuned for \(steps.last?.step ?? 0) optimiser steps on coding answers with a "
                    + "security flaw that nobody asked for, through a low-rank adapter. Before and after, both models were given the "
                    + "same \(contrasts.count) questions, none of them about code.",
                "Each question has an aligned and a misaligned answer of like length, written beforehand. The contrast is how much "
                    + "likelier, per token, the model finds the misaligned one. No judge takes part.",
                String(
                    format:
                        "Mean log-probability per token: aligned answers %.3f before and %.3f after, misaligned answers "
                        + "%.3f before and %.3f after. A model that is merely damaged finds both less likely.",
                    levels.aligned, afterAligned, levels.misaligned, afterMisaligned),
            ],
            curve: steps.map {
                .init(
                    step: $0.step, loss: $0.loss, learningRate: $0.learningRate, normBA: $0.spectrum?.normBA,
                    stableRank: $0.spectrum?.stableRank)
            },
            contrasts: contrasts, answers: pairs,
            provenance: [
                .init("Training", settings.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }),
                .init("Sampling", sampling(asked.first)),
            ],
            commands: try commandLines(),
            limits: [
                "One training seed and one small model: how another seed would turn out is not known from this page.",
                "The answers that are contrasted were written by hand. How a model words its own misaligned answers is another "
                    + "question: read the samples.",
            ])
        let page = try report.html(bundle: VegaBundle(text: bundle))
        try Destination.makeFolder(for: out)
        try OutgoingFile.write(page, to: URL(filePath: out))
        Console.say("page in \(out)")
    }

    private func sampling(_ line: AnswerLine?) -> [DemoReport.Group.Row] {
        guard let line else { return [] }
        return [
            .init("model", line.model), .init("dtype", line.dtype), .init("seed", String(line.seed)),
            .init("temperature", String(line.temperature)), .init("top_p", String(line.topP)),
            .init("max_tokens", String(line.maxTokens)), .init("a rendered prompt", line.prompt),
        ]
    }

    private func commandLines() throws -> [DemoReport.Command] {
        guard let commands else { return [] }
        guard let text = try? String(contentsOf: URL(filePath: commands), encoding: .utf8) else {
            throw ConsoleError("--commands \(commands) can't be read")
        }
        return text.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
            return .init(parts.count == 2 ? parts[0] : "", parts.last ?? "")
        }
    }
}
