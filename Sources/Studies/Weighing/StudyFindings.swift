import Evidence
import Foundation
import Weighing

/// All answers that were judged and all values that were measured, each under the name of the step that made the
/// organism.
struct StudyFindings {
    private(set) var answers: [ScoredAnswer] = []
    private(set) var values: [MeasuredValue] = []
    /// The untrained model's label; nil where the study has several of them.
    private(set) var base: String?
    private(set) var notes: [String] = []

    private let plan: Plan
    private let models: Set<String>

    init(_ plan: Plan, store: Store, judge: String?) throws {
        self.plan = plan
        models = Set(plan.steps.filter { [.sample, .measure].contains($0.kind) }.compactMap(\.model))
        base = models.count > 1 ? nil : "base"
        if models.count > 1 {
            notes.append(
                "The study has \(models.count) untrained models (\(models.sorted().joined(separator: ", "))): none of "
                    + "them is the base of all, so rises over the base are not told.")
        }
        let judges = plan.steps.filter {
            $0.kind == .judge && $0.parameters["scores"]?.list?.contains("aligned") == true
        }
        var names: [String] = []
        for case .endpoint(let name)? in judges.map({ $0.sources["endpoint"] }) where !names.contains(name) {
            names.append(name)
        }
        if let judge, !names.contains(judge) {
            throw WeighingError(
                "--judge \(judge)", "the study has no judge of this name",
                names.isEmpty ? "it has none" : "there are: \(names.joined(separator: ", "))")
        }
        let chosen = judge ?? names.first
        if judge == nil, names.count > 1, let chosen {
            notes.append("\(names.count) judges have judged; \(chosen) counts. Choose another with --judge.")
        }
        for step in judges where step.sources["endpoint"] == chosen.map(PlannedStep.Source.endpoint) {
            guard store.isDone(step), let sampled = step.read("answers").flatMap(plan.step) else { continue }
            let read = try ScoreFile.read([store.folder(of: step).appending(path: "judged.jsonl")])
            answers += read.answers.map { label($0, sampled) }
            notes += read.notes.map { "\(step.label): \($0)" }
        }
        for step in plan.steps where step.kind == .measure && store.isDone(step) {
            values += try ValueFile.read([store.folder(of: step).appending(path: "values.jsonl")]).map { value in
                var value = value
                value.arm = organism(of: step)
                return value
            }
        }
    }

    /// Whose answers or values a step has.
    private func organism(of step: PlannedStep) -> String {
        if let made = step.read("of").flatMap(plan.step) { return made.label }
        return models.count > 1 ? "base \(step.model ?? "")" : "base"
    }

    /// The same question asked at two temperatures is two questions.
    private func label(_ answer: ScoredAnswer, _ sampled: PlannedStep) -> ScoredAnswer {
        var answer = answer
        answer.arm = organism(of: sampled)
        let own = sampled.arm.settings.filter { $0.step == sampled.name && $0.name != "questions" }
        if !own.isEmpty { answer.question += " (\(Arm(settings: own)))" }
        return answer
    }
}

extension ArmRecord {
    /// What statistics must know of a training step: its settings, and what its log says came of it.
    init(_ step: PlannedStep, in plan: Plan, folder: URL) throws {
        let isFull = step.parameters["parameters"]?.text == "full"
        let run = try AdapterRun.read(folder.appending(path: isFull ? "model" : "adapter").path).record
        let seeds = step.arm.settings.filter { $0.name == "seed" }
        self.init(
            label: step.label,
            condition: [step.name, step.arm.condition].filter { !$0.isEmpty }.joined(separator: " "),
            seed: seeds.isEmpty ? step.parameters["seed"]?.shown ?? "" : Arm(settings: seeds).description,
            rank: step.parameters["rank"]?.number, learningRate: step.parameters["lr"]?.number,
            alpha: step.parameters["alpha"]?.number,
            alphaRule: isFull ? nil : step.parameters["rslora"]?.flag == true ? "rslora" : "lora",
            targets: run.targets, objective: step.parameters["objective"]?.text ?? step.kind.rawValue,
            data: step.named("data", in: plan), model: step.named("model", in: plan), steps: run.steps,
            finalLoss: run.finalLoss, normBA: run.normBA, stableRank: run.stableRank)
        let known = Set(Self.numberNames + Self.wordNames)
        for setting in step.arm.settings where setting.name != "seed" {
            let isClear = step.arm.settings.count { $0.name == setting.name } == 1
            let name = isClear || setting.step == step.name ? setting.name : "\(setting.step).\(setting.name)"
            guard !known.contains(name) else { continue }
            if let number = setting.value.number {
                numbers[name] = number
            } else {
                words[name] = setting.value.shown
            }
        }
    }
}

extension PlannedStep {
    /// What a setting that names a model, data or a step says.
    func named(_ role: String, in plan: Plan) -> String? {
        if let made = read(role).flatMap(plan.step) { return made.label }
        switch sources[role] {
        case .model(let name), .data(let name), .endpoint(let name): return name
        case nil: return nil
        }
    }
}
