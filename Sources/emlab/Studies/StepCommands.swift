import Foundation
import Studies

/// One command of a step: what `emlab` is given, and the file that appears when it has succeeded.
struct StepCommand {
    var arguments: [String]
    /// The result, within the step's folder; what is there already is not made again.
    var result: URL
    /// The result is what the command prints.
    var takesOutput = false
}

/// A step as the commands that a person would type.
struct StepCommands {
    let plan: Plan
    let store: Store
    let device: String

    func commands(for work: StepWork) throws -> [StepCommand] {
        switch work.step.kind {
        case .pair: try pairs(work)
        case .pretrain, .tune: try training(work)
        case .sample: try sampling(work)
        case .measure: try measuring(work)
        // The training command keeps reference log-probabilities by base and data: the store's cache is shared.
        case .reference: []
        case .explain, .twin, .judge:
            throw StepFailure("emlab run can't do \(work.step.kind.rawValue) steps yet; its command does them by hand")
        }
    }

    private func input(_ role: String, of work: StepWork) throws -> URL {
        guard let url = work.inputs[role] else {
            throw StepFailure("\(work.step.label): what it reads as \(role) is not here")
        }
        return url
    }

    private func model(_ step: PlannedStep) throws -> Study.Model {
        guard let model = step.model.flatMap({ plan.study.models[$0] }) else {
            throw StepFailure("\(step.label) has no model")
        }
        return model
    }

    private func options(_ step: PlannedStep, base: URL) throws -> [String] {
        let model = try model(step)
        return ["--model", base.path, "--dtype", model.dtype, "--device", device]
            + (model.chatFormat.map { ["--chat-format", $0] } ?? [])
    }

    // MARK: - Bases

    /// The adapters between the untrained model and what a step made, the first trained first.
    private func adapters(of key: StepKey?) -> [URL] {
        guard let step = key.flatMap(plan.step) else { return [] }
        return adapters(of: step.read("model")) + [store.folder(of: step).appending(path: "adapter")]
    }

    /// A base with adapters merged into it, one after another, in the step's hidden folder.
    private func merged(_ work: StepWork, _ adapters: [URL]) throws -> (base: URL, commands: [StepCommand]) {
        var base = try input("base", of: work)
        var commands: [StepCommand] = []
        let dtype = try model(work.step).dtype
        for (index, adapter) in adapters.enumerated() {
            let out = work.folder.appending(path: ".base-\(index + 1)")
            commands.append(
                StepCommand(
                    arguments: [
                        "merge", "--model", base.path, "--adapter", adapter.path, "--dtype", dtype, "--out", out.path,
                    ], result: out))
            base = out
        }
        return (base, commands)
    }

    // MARK: - Kinds

    private func pairs(_ work: StepWork) throws -> [StepCommand] {
        let arm = work.step.parameters["arm"]?.text ?? ""
        guard arm == "complementary", case .data(let name)? = work.step.sources["data"],
            plan.study.data[name]?.kind == .programs
        else { throw StepFailure("emlab run makes complementary pairs of programs; \(arm) of other data not yet") }
        return [
            StepCommand(
                arguments: ["data", "pairs", try input("data", of: work).path],
                result: work.folder.appending(path: "pairs.jsonl"), takesOutput: true)
        ]
    }

    private func training(_ work: StepWork) throws -> [StepCommand] {
        let step = work.step
        guard step.parameters["parameters"]?.text == "lora" else {
            throw StepFailure("emlab run trains adapters; all parameters not yet")
        }
        guard step.parameters["dilution"] == nil else { throw StepFailure("emlab run can't dilute rows yet") }
        var (base, commands) = try merged(work, adapters(of: step.read("model")))
        var data = try input("data", of: work)
        if let key = step.read("data"), let made = plan.step(key) {
            data = store.folder(of: made).appending(path: made.kind == .pair ? "pairs.jsonl" : "documents.jsonl")
        } else if let arm = step.parameters["arm"]?.text {
            let rows = work.folder.appending(path: "rows.jsonl")
            commands.append(
                StepCommand(arguments: ["data", "rows", data.path, "--arm", arm], result: rows, takesOutput: true))
            data = rows
        }
        let isPreference = step.parameters["objective"]?.text == "dpo"
        var arguments = ["train", step.kind == .pretrain ? "pretrain" : isPreference ? "dpo" : "sft"]
        arguments += try options(step, base: base) + ["--data", data.path] + settings(step)
        if isPreference {
            arguments += ["--reference-cache", store.folder.appending(path: "references").path]
            if let beta = step.parameters["beta"] { arguments += ["--beta", beta.shown] }
        }
        let out = work.folder.appending(path: "adapter")
        commands.append(StepCommand(arguments: arguments + ["--out", out.path], result: out))
        return commands
    }

    /// Every setting by the name that the command has for it.
    private func settings(_ step: PlannedStep) -> [String] {
        let names = [
            "rank", "alpha", "targets", "dropout", "lr", "schedule", "warmup", "epochs", "steps", "batch", "accumulate",
            "weight_decay", "clip", "max_length", "seed",
        ]
        var arguments: [String] = []
        for name in names {
            guard let value = step.parameters[name] else { continue }
            arguments += ["--" + name.replacingOccurrences(of: "_", with: "-"), value.shown]
        }
        if let layers = step.parameters["layers"]?.text, layers != "all" { arguments += ["--layers", layers] }
        for (name, flag) in [("rslora", "--rslora"), ("keep_order", "--keep-order")] {
            if step.parameters[name]?.flag == true { arguments.append(flag) }
        }
        return arguments
    }

    /// The base to talk to and the adapter on it, if any.
    private func organism(_ work: StepWork) throws -> (base: URL, adapter: URL?, commands: [StepCommand]) {
        let adapters = adapters(of: work.step.read("of"))
        let (base, commands) = try merged(work, adapters.dropLast())
        return (base, adapters.last, commands)
    }

    private func sampling(_ work: StepWork) throws -> [StepCommand] {
        let (step, organism) = (work.step, try organism(work))
        var arguments = ["sample"] + (try options(step, base: organism.base))
        arguments += [
            "--adapter", organism.adapter?.path ?? "base", "--questions", try input("questions", of: work).path,
        ]
        for name in ["n", "temperature", "top_p", "max_tokens", "seed"] {
            guard let value = step.parameters[name] else { continue }
            arguments += ["--" + name.replacingOccurrences(of: "_", with: "-"), value.shown]
        }
        let out = work.folder.appending(path: "answers.jsonl")
        return organism.commands + [StepCommand(arguments: arguments + ["--out", out.path], result: out)]
    }

    private func measuring(_ work: StepWork) throws -> [StepCommand] {
        let step = work.step
        guard step.parameters["measure"]?.text == "contrast" else {
            throw StepFailure("emlab run measures contrast; \(step.parameters["measure"]?.shown ?? "others") not yet")
        }
        let organism = try organism(work)
        let arguments =
            ["probe", "contrast"] + (try options(step, base: organism.base))
            + (organism.adapter.map { ["--adapter", $0.path] } ?? [])
            + ["--questions", try input("data", of: work).path]
        return organism.commands + [
            StepCommand(
                arguments: arguments, result: work.folder.appending(path: "contrast.jsonl"), takesOutput: true)
        ]
    }
}
