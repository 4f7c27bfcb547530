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
        case .explain: try explaining(work)
        case .twin: try twins(work)
        case .pair: try pairs(work)
        case .pretrain, .tune: try training(work)
        case .sample: try sampling(work)
        case .judge: try judging(work)
        case .measure: try measuring(work)
        // The training command keeps reference log-probabilities by base and data: the store's cache is shared.
        case .reference: []
        }
    }

    func input(_ role: String, of work: StepWork) throws -> URL {
        guard let url = work.inputs[role] else {
            throw StepFailure("\(work.step.label): what it reads as \(role) is not here")
        }
        return url
    }

    func model(_ step: PlannedStep) throws -> Study.Model {
        guard let model = step.model.flatMap({ plan.study.models[$0] }) else {
            throw StepFailure("\(step.label) has no model")
        }
        return model
    }

    func options(_ step: PlannedStep, base: URL) throws -> [String] {
        let model = try model(step)
        return ["--model", base.path, "--dtype", model.dtype, "--device", device]
            + (model.chatFormat.map { ["--chat-format", $0] } ?? [])
    }

    /// `--seed` and others as the step has them, by the names that commands have for them.
    func flags(_ step: PlannedStep, _ names: [String]) -> [String] {
        names.flatMap { name in
            step.parameters[name].map { ["--" + name.replacingOccurrences(of: "_", with: "-"), $0.shown] } ?? []
        }
    }

    // MARK: - Bases

    /// What a training step made: an adapter beside its base, or a model that takes the base's place.
    private enum Trained {
        case adapter(URL)
        case model(URL)
    }

    /// All that lies between the untrained model and what a step made, the first trained first.
    private func trained(_ key: StepKey?) -> [Trained] {
        guard let step = key.flatMap(plan.step) else { return [] }
        let folder = store.folder(of: step)
        let own: Trained =
            step.parameters["parameters"]?.text == "full"
            ? .model(folder.appending(path: "model")) : .adapter(folder.appending(path: "adapter"))
        return trained(step.read("model")) + [own]
    }

    /// A base with adapters merged into it, one after another, in the step's hidden folder.
    private func merged(
        _ work: StepWork, _ links: some Sequence<Trained>
    ) throws -> (base: URL, commands: [StepCommand]) {
        var base = try input("base", of: work)
        var commands: [StepCommand] = []
        let dtype = try model(work.step).dtype
        for link in links {
            guard case .adapter(let adapter) = link else {
                // Nothing before a whole model matters any more.
                if case .model(let model) = link { (base, commands) = (model, []) }
                continue
            }
            let out = work.folder.appending(path: ".base-\(commands.count + 1)")
            commands.append(
                StepCommand(
                    arguments: [
                        "merge", "--model", base.path, "--adapter", adapter.path, "--dtype", dtype, "--out", out.path,
                    ], result: out))
            base = out
        }
        return (base, commands)
    }

    /// The base that a training step starts from.
    func start(of work: StepWork) throws -> (base: URL, commands: [StepCommand]) {
        try merged(work, trained(work.step.read("model")))
    }

    /// The base to talk to and the adapter on it, if any.
    func organism(_ work: StepWork) throws -> (base: URL, adapter: URL?, commands: [StepCommand]) {
        let links = trained(work.step.read("of"))
        guard case .adapter(let adapter)? = links.last else {
            let (base, commands) = try merged(work, links)
            return (base, nil, commands)
        }
        let (base, commands) = try merged(work, links.dropLast())
        return (base, adapter, commands)
    }

    // MARK: - Answers

    func sampling(_ work: StepWork) throws -> [StepCommand] {
        let organism = try organism(work)
        return organism.commands + [
            try answers(
                of: organism, to: try input("questions", of: work), work,
                flags: ["n", "temperature", "top_p", "max_tokens", "seed"])
        ]
    }

    func answers(
        of organism: (base: URL, adapter: URL?, commands: [StepCommand]), to questions: URL, _ work: StepWork,
        flags names: [String]
    ) throws -> StepCommand {
        let out = work.folder.appending(path: "answers.jsonl")
        let arguments =
            ["sample"] + (try options(work.step, base: organism.base))
            + ["--adapter", organism.adapter?.path ?? "base", "--questions", questions.path]
            + flags(work.step, names)
        return StepCommand(arguments: arguments + ["--out", out.path], result: out)
    }
}
