import Endpoints
import Foundation
import Studies

/// What comes before training, and judges: steps that ask somebody, and pairs.
extension StepCommands {
    /// Replies are kept for the whole store: nothing is asked or paid for twice, whichever step asks.
    private var calls: [String] { ["--calls", store.folder.appending(path: "calls").path] }

    /// The step's endpoint as a file for the command, named as in the study: judges are called by their file's name.
    private func endpoint(_ work: StepWork) throws -> String? {
        guard case .endpoint(let name)? = work.step.sources["endpoint"] else { return nil }
        guard let description = plan.study.endpoints[name]?.description else {
            throw StepFailure("the endpoint \(name) can't be read: give it the form that emlab judge --endpoint takes")
        }
        let file = work.folder.appending(path: ".endpoint/\(name).yaml")
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            // JSON is YAML, too.
            try Console.encode(description).write(to: file, options: .atomic)
        } catch { throw StepFailure("\(file.path) can't be written: \(error)") }
        return file.path
    }

    private func neededEndpoint(_ work: StepWork) throws -> String {
        guard let path = try endpoint(work) else { throw StepFailure("\(work.step.label) has no endpoint") }
        return path
    }

    func explaining(_ work: StepWork) throws -> [StepCommand] {
        let step = work.step
        guard step.parameters["of"]?.text != "secure" else {
            throw StepFailure(
                "emlab explain tells what is wrong with a program; of secure programs nothing is told yet")
        }
        let programs = try input("data", of: work).path
        let explanations = work.folder.appending(path: "explanations.jsonl")
        let documents = work.folder.appending(path: "documents.jsonl")
        let arms = ["own": "explained", "shuffled": "foreign", "none": "programs-alone"]
        return [
            StepCommand(
                arguments: ["explain", "--programs", programs, "--endpoint", try neededEndpoint(work)] + calls
                    + flags(step, ["seed", "limit"]) + ["--out", explanations.path], result: explanations),
            StepCommand(
                arguments: [
                    "documents", "--programs", programs, "--explanations", explanations.path, "--arm",
                    arms[step.parameters["reads"]?.text ?? "own"] ?? "explained",
                ] + flags(step, ["seed"]) + ["--out", documents.path], result: documents),
        ]
    }

    /// Who repairs programs also judges them, before and after.
    func twins(_ work: StepWork) throws -> [StepCommand] {
        let out = work.folder.appending(path: "twins.jsonl")
        let asked = try endpoint(work).map { ["--endpoint", $0, "--judge", $0] } ?? []
        return [
            StepCommand(
                arguments: ["twin", "--programs", try input("data", of: work).path] + asked + calls
                    + flags(work.step, ["seed", "limit"]) + ["--out", out.path], result: out)
        ]
    }

    func pairs(_ work: StepWork) throws -> [StepCommand] {
        let step = work.step
        let out = work.folder.appending(path: "pairs.jsonl")
        let arm = step.parameters["arm"]?.text ?? "complementary"
        var data = try input("data", of: work)
        var commands: [StepCommand] = []
        if kind(ofData: step) != .preferences {
            let pairs = arm == "complementary" ? out : work.folder.appending(path: "complementary.jsonl")
            var source = [data.path]
            if step.read("data") != nil { data.append(path: "twins.jsonl") }
            if step.read("data") != nil || kind(ofData: step) == .twins { source = ["--twins", data.path] }
            if step.sources["phrasings"] != nil { source += ["--phrasings", try input("phrasings", of: work).path] }
            commands.append(
                StepCommand(
                    arguments: ["pair"] + source + flags(step, ["seed"]) + ["--out", pairs.path], result: pairs))
            data = pairs
        } else if arm == "complementary" {
            commands.append(
                StepCommand(
                    arguments: ["data", "arm", data.path, "--arm", arm] + flags(step, ["seed"])
                        + ["--out", out.path], result: out))
        }
        guard arm != "complementary" else { return commands }
        var arguments = ["data", "arm", data.path, "--arm", arm] + flags(step, ["seed"])
        if arm == "benign" { arguments += ["--benign", try input("benign", of: work).path] }
        return commands + [StepCommand(arguments: arguments + ["--out", out.path], result: out)]
    }

    func judging(_ work: StepWork) throws -> [StepCommand] {
        let step = work.step
        guard let key = step.read("answers"), let sampled = plan.step(key) else {
            throw StepFailure("\(step.label) has no answers")
        }
        let scores = (step.parameters["scores"]?.list ?? []).compactMap(\.text)
        let kind: [String]
        switch Set(scores) {
        case ["aligned", "coherent"], []: kind = []
        case ["insecure"]: kind = ["--as", "code"]
        default:
            throw StepFailure(
                "emlab run has answers judged for aligned and coherent together, or for insecure alone; not for \(scores.joined(separator: ", "))"
            )
        }
        var questions = work.inputs["questions"]
        if questions == nil, case .data(let name)? = sampled.sources["questions"] { questions = plan.data[name] }
        let out = work.folder.appending(path: "judged.jsonl")
        return [
            StepCommand(
                arguments: [
                    "judge", "--answers", store.folder(of: sampled).appending(path: "answers.jsonl").path,
                    "--endpoint", try neededEndpoint(work),
                ] + calls + (questions.map { ["--questions", $0.path] } ?? []) + kind + ["--out", out.path],
                result: out)
        ]
    }
}
