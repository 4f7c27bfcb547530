import Corpora
import Foundation

/// What no single key of a study shows: circles, kinds of data that don't fit, settings that contradict each other.
struct StudyChecks {
    struct Mistake {
        var path: String
        var what: String
        var remedy: String
    }

    private(set) var mistakes: [Mistake] = []
    private let study: Study

    init(study: Study) {
        self.study = study
        names()
        circles()
        for step in study.steps { check(step) }
        for claim in study.claims { check(claim) }
        if study.steps.isEmpty { note("steps", "the study has no steps", "add what is to be done") }
    }

    private mutating func note(_ path: String, _ what: String, _ remedy: String) {
        mistakes.append(Mistake(path: path, what: what, remedy: remedy))
    }

    /// Steps name models, data and steps alike: one name, one thing.
    private mutating func names() {
        for step in study.steps {
            let path = "steps.\(step.name)"
            if study.models[step.name] != nil { note(path, "a model has this name, too", "rename one of them") }
            if study.data[step.name] != nil { note(path, "data has this name, too", "rename one of them") }
            if step.name == "base" { note(path, "\"base\" is what the untrained model is called", "rename it") }
        }
        for name in study.models.keys.sorted() where study.data[name] != nil {
            note("models.\(name)", "data has this name, too", "rename one of them")
        }
    }

    private mutating func circles() {
        var reads: [String: Set<String>] = [:]
        for step in study.steps {
            reads[step.name] = Set(step.references(in: study).map(\.name).filter { study.step($0) != nil })
        }
        // Those that are never ready.
        var left = reads
        while let ready = left.first(where: { $0.value.isDisjoint(with: left.keys) })?.key { left[ready] = nil }
        guard !left.isEmpty else { return }
        let circle = study.steps.filter { left[$0.name] != nil }
        if let first = circle.first {
            note(
                "steps.\(first.name)",
                "steps read each other in a circle: \(circle.map(\.name).joined(separator: ", "))",
                "break the circle")
        }
    }

    // MARK: - Steps

    private mutating func check(_ step: Study.Step) {
        let path = "steps.\(step.name)"
        let arms = step.sweep.arms(of: step.settings)
        if arms.isEmpty, step.sweep.combinations != nil {
            note(path, "no arm is left", "loosen only and except")
            return
        }
        let all = arms.map { step.settings.merging($0) { $1 } }
        switch step.kind {
        case .tune, .pretrain:
            training(step, all, path)
        case .explain: data(step, all, [.programs], path)
        case .twin: data(step, all, [.programs, .chats], path)
        case .pair:
            data(step, all, [.programs, .twins, .preferences], path)
            kinds(of: "phrasings", all, [.phrasings], path)
            if all.contains(where: { $0["arm"] == "benign" && $0["benign"] == nil }) {
                note(path, "the arm benign has no rows", "name them with benign")
            }
        case .sample: kinds(of: "questions", all, [.questions], path)
        case .measure: measurement(all, path)
        case .judge, .reference: break
        }
    }

    private mutating func data(_ step: Study.Step, _ arms: [[String: Value]], _ kinds: [DataKind], _ path: String) {
        self.kinds(of: "data", arms, kinds, path)
    }

    private mutating func kinds(of key: String, _ arms: [[String: Value]], _ fitting: [DataKind], _ path: String) {
        for name in Set(arms.compactMap { $0[key]?.text }).sorted() {
            guard let kind = study.data[name]?.kind, !fitting.contains(kind) else { continue }
            note(
                "\(path).\(key)", "\(name) holds \(kind.rawValue)",
                "\(fitting.map(\.rawValue).joined(separator: " or ")) are needed")
        }
    }

    private mutating func training(_ step: Study.Step, _ arms: [[String: Value]], _ path: String) {
        if arms.contains(where: { $0["epochs"] != nil && $0["steps"] != nil }) {
            note(path, "epochs and steps say the same thing", "give one of them")
        }
        for targets in Set(arms.compactMap { $0["targets"]?.text }).sorted() where AdapterTargets(targets) == nil {
            note(
                "\(path).targets", "\(quoted(targets)) names no linear maps",
                "say mlp, attention, all-linear or down_proj")
        }
        for layers in Set(arms.compactMap { $0["layers"]?.text }).sorted() where AdapterLayers(layers) == nil {
            note("\(path).layers", "\(quoted(layers)) names no layers", "say all, or numbers like 3,5-8")
        }
        if step.kind == .pretrain {
            kinds(of: "data", arms, [.documents, .programs], path)
            return
        }
        kinds(of: "data", arms.filter { $0["objective"] == "dpo" }, [.preferences], path)
        kinds(of: "data", arms.filter { $0["objective"] == "sft" }, [.chats, .programs], path)
        for arm in arms {
            let name = arm["data"]?.text ?? ""
            if let other = study.step(name) {
                let isPair = other.kind == .pair
                if isPair != (arm["objective"] == "dpo") {
                    note(
                        "\(path).objective", "\(name) makes \(isPair ? "preferences" : "rows")",
                        "objective \(isPair ? "dpo" : "sft") goes with it")
                }
            }
            if study.data[name]?.kind == .programs, arm["arm"] == nil {
                note(
                    "\(path)", "\(name) holds programs",
                    "say with arm which answer to learn: insecure, secure, educational")
            }
            if arm["arm"] != nil, study.data[name]?.kind == .chats {
                note("\(path).arm", "\(name) holds chats, which have one answer", "leave arm out, or name programs")
            }
            if let share = arm["dilution"]?.number, share > 0, arm["benign"] == nil {
                note("\(path).dilution", "nothing to dilute with", "name benign rows with benign")
            }
        }
    }

    private mutating func measurement(_ arms: [[String: Value]], _ path: String) {
        for arm in arms {
            guard let name = arm["measure"]?.text, let measurement = Measurement(rawValue: name) else { continue }
            kinds(of: "data", [arm], measurement.data, path)
        }
    }

    // MARK: - Claims

    private mutating func check(_ claim: Study.Claim) {
        let path = "claims.\(claim.name)"
        let direction = claim.settings["direction"]?.text ?? ""
        let (predictor, condition, against) = (
            claim.settings["predictor"]?.text, claim.settings["condition"]?.text, claim.settings["against"]?.text
        )
        switch (predictor, condition, against) {
        case (let predictor?, nil, nil):
            if !StudyKeys.trends.contains(direction) {
                note(
                    "\(path).direction", "\(direction) doesn't go with a predictor",
                    "say \(StudyKeys.trends.joined(separator: ", "))")
            }
            let swept = Set(study.steps.flatMap { step in step.sweep.names.flatMap { [$0, "\(step.name).\($0)"] } })
            let known = swept.union(["loss", "norm_ba", "stable_rank"])
            if !known.contains(predictor) {
                let meant = nearestName(to: predictor, among: known.sorted()).map { "did you mean \($0)?" }
                note(
                    "\(path).predictor", "no step varies \(quoted(predictor))",
                    meant ?? "those that vary: \(swept.sorted().joined(separator: ", "))")
            }
        case (nil, let condition?, let against?):
            if !StudyKeys.differences.contains(direction) {
                note(
                    "\(path).direction", "\(direction) doesn't go with two conditions",
                    "say \(StudyKeys.differences.joined(separator: ", "))")
            }
            for (key, name) in [("condition", condition), ("against", against)] where name != "base" {
                let step = String(name.prefix { $0 != " " })
                guard study.step(step) == nil else { continue }
                let names = study.steps.map(\.name)
                let meant = nearestName(to: step, among: names).map { "did you mean \($0)?" }
                note(
                    "\(path).\(key)", "there is no step \(quoted(step))",
                    meant ?? "begin with a step's name: \(names.joined(separator: ", "))")
            }
        default: note(path, "what is compared?", "give either predictor, or both condition and against")
        }
        let needsMargin = StudyKeys.needMargin.contains(direction)
        if needsMargin != (claim.settings["margin"] != nil) {
            note(
                path, "direction \(direction) \(needsMargin ? "needs a margin" : "takes no margin")",
                needsMargin ? "say how much counts as nothing" : "leave it out")
        }
        outcome(claim, path)
    }

    private mutating func outcome(_ claim: Study.Claim, _ path: String) {
        let outcome = claim.settings["outcome"]?.text ?? ""
        if StudyKeys.judged.contains(outcome) {
            if !study.steps.contains(where: { $0.kind == .judge }) {
                note("\(path).outcome", "\(outcome) needs a judge", "add a judge step")
            }
            return
        }
        let measures = study.steps.filter { $0.kind == .measure }.compactMap { $0.settings["measure"]?.text }
        guard !measures.contains(outcome) else { return }
        let meant = nearestName(to: outcome, among: StudyKeys.judged + Measurement.allCases.map(\.rawValue))
        let what = Measurement(rawValue: outcome) == nil ? "is unknown" : "is measured by no step"
        note(
            "\(path).outcome", "\(quoted(outcome)) \(what)",
            meant == outcome
                ? "add a measure step"
                : meant.map { "did you mean \($0)?" }
                    ?? "known are \((StudyKeys.judged + measures).joined(separator: ", "))")
    }
}

extension Measurement {
    /// What it is measured on.
    var data: [DataKind] {
        switch self {
        case .contrast, .coherence: [.questions]
        case .capability: [.choices]
        case .sensitivity: [.programs, .twins]
        case .narrowSkill: [.tasks, .programs]
        case .drift, .perplexity: [.documents, .chats]
        }
    }
}

extension Study.Step {
    /// Everything it names, in any arm.
    func references(in study: Study) -> [(key: String, name: String)] {
        StepKeys.settings(kind).filter { $0.shape.sections != nil }.flatMap { key -> [(key: String, name: String)] in
            let fixed = [settings[key.name]].compactMap { $0?.text }
            let swept = sweep.axes.flatMap(\.points).compactMap { $0[key.name]?.text }
            return (fixed + swept).map { (key.name, $0) }
        }
    }
}
