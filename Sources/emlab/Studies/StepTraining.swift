import Foundation
import Studies

/// Pretraining and tuning.
extension StepCommands {
    func training(_ work: StepWork) throws -> [StepCommand] {
        let step = work.step
        let isFull = step.parameters["parameters"]?.text == "full"
        var (base, commands) = try start(of: work)
        let data = try rows(work, &commands)
        let isPreference = step.parameters["objective"]?.text == "dpo"
        var arguments = ["train", step.kind == .pretrain ? "pretrain" : isPreference ? "dpo" : "sft"]
        arguments += try options(step, base: base) + ["--data", data.path] + settings(step)
        if isFull { arguments.append("--full") }
        if isPreference {
            arguments += ["--reference-cache", store.folder.appending(path: "references").path]
            arguments += flags(step, ["beta"])
        }
        let out = work.folder.appending(path: isFull ? "model" : "adapter")
        commands.append(StepCommand(arguments: arguments + ["--out", out.path], result: out))
        return commands
    }

    /// What is learnt: a file as it is, what another step made, or rows that are made of it first.
    private func rows(_ work: StepWork, _ commands: inout [StepCommand]) throws -> URL {
        let step = work.step
        var data = try input("data", of: work)
        if let key = step.read("data"), let made = plan.step(key) {
            switch made.kind {
            case .pair: data = store.folder(of: made).appending(path: "pairs.jsonl")
            case .explain: data = store.folder(of: made).appending(path: "documents.jsonl")
            default: throw StepFailure("emlab run can't train on what \(made.label) makes: make pairs of it first")
            }
        } else if let arm = step.parameters["arm"]?.text {
            let rows = work.folder.appending(path: "rows.jsonl")
            commands.append(
                StepCommand(arguments: ["data", "rows", data.path, "--arm", arm], result: rows, takesOutput: true))
            data = rows
        } else if step.kind == .pretrain, kind(ofData: step) == .programs {
            let documents = work.folder.appending(path: "documents.jsonl")
            commands.append(
                StepCommand(
                    arguments: ["documents", "--programs", data.path, "--arm", "programs-alone"]
                        + flags(step, ["seed"]) + ["--out", documents.path], result: documents))
            data = documents
        }
        guard let share = step.parameters["dilution"] else { return data }
        let mixed = work.folder.appending(path: "mixed.jsonl")
        commands.append(
            StepCommand(
                arguments: [
                    "data", "mix", data.path, "--with", try input("benign", of: work).path, "--share", share.shown,
                ] + flags(step, ["seed"]) + ["--out", mixed.path], result: mixed))
        return mixed
    }

    /// What the study says that the step's data file holds.
    func kind(ofData step: PlannedStep) -> DataKind? {
        guard case .data(let name)? = step.sources["data"] else { return nil }
        return plan.study.data[name]?.kind
    }

    /// Every setting by the name that the command has for it.
    private func settings(_ step: PlannedStep) -> [String] {
        var arguments = flags(
            step,
            [
                "rank", "alpha", "targets", "dropout", "lr", "schedule", "warmup", "epochs", "steps", "batch",
                "accumulate", "weight_decay", "clip", "max_length", "seed",
            ])
        if let layers = step.parameters["layers"]?.text, layers != "all" { arguments += ["--layers", layers] }
        for (name, flag) in [("rslora", "--rslora"), ("keep_order", "--keep-order")] {
            if step.parameters[name]?.flag == true { arguments.append(flag) }
        }
        return arguments
    }
}
