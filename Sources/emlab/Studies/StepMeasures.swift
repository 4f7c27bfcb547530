import Foundation
import Studies

/// What is measured of an organism without a judge.
extension StepCommands {
    func measuring(_ work: StepWork) throws -> [StepCommand] {
        let step = work.step
        guard let measure = (step.parameters["measure"]?.text).flatMap(Measurement.init) else {
            throw StepFailure("\(step.label) doesn't say what it measures")
        }
        let organism = try organism(work)
        let data = try input("data", of: work)
        let out = work.folder.appending(path: "values.jsonl")
        let adapter = ["--adapter", organism.adapter?.path ?? "base"]
        let options = try options(step, base: organism.base)
        let end = ["--out", out.path]
        func taken(_ name: String, _ flag: String) -> [StepCommand] {
            [
                StepCommand(
                    arguments: ["measure"] + options + adapter + ["--measures", name, flag, data.path] + end,
                    result: out)
            ]
        }
        let commands: [StepCommand]
        switch measure {
        case .contrast: commands = taken("contrast", "--questions")
        case .capability: commands = taken("capability", "--choices")
        case .drift: commands = taken("drift", "--texts")
        case .perplexity: commands = taken("perplexity", "--texts")
        case .narrowSkill: commands = taken("skill", "--tasks")
        case .coherence:
            let asked = try answers(of: organism, to: data, work, flags: ["n", "max_tokens", "seed"])
            commands = [
                asked,
                StepCommand(
                    arguments: ["measure"] + options
                        + ["--measures", "coherence", "--answers", asked.result.path] + end, result: out),
            ]
        case .sensitivity:
            guard step.read("data") == nil, kind(ofData: step) == .programs else {
                throw StepFailure("emlab run measures sensitivity on programs; on twins not yet")
            }
            // Answers are drawn only where the study asks for several.
            let asks = step.parameters["n"]?.whole ?? 1
            let methods = asks > 1 ? ["--asks", String(asks)] : ["--method", "verdict,probe"]
            commands = [
                StepCommand(
                    arguments: ["probe", "sensitivity"] + options + adapter + ["--programs", data.path] + methods
                        + flags(step, ["seed"])
                        + ["--summary", work.folder.appending(path: "summary.json").path] + end, result: out)
            ]
        }
        return organism.commands + commands
    }
}
