import Evidence
import Foundation
import Weighing

/// A study's claim, which names steps and their settings, as statistics weighs it.
struct StudyClaim {
    private(set) var claim: Claim
    private let plan: Plan
    private let among: [(name: String, value: Value)]
    /// Only arms of this step, where the predictor says so.
    private var step: String?

    /// - Throws: `WeighingError` for a claim that statistics can't weigh.
    init(_ claim: Study.Claim, in plan: Plan) throws {
        self.plan = plan
        var settings = claim.settings
        settings["name"] = .text(claim.name)
        if let outcome = settings["outcome"]?.text {
            let measures = ["narrow-skill": "skill", "sensitivity": "sensitivity.verdict"]
            settings["outcome"] = .text(measures[outcome] ?? outcome)
        }
        if let predictor = settings["predictor"]?.text, let dot = predictor.lastIndex(of: "."),
            plan.study.step(String(predictor[..<dot])) != nil
        {
            step = String(predictor[..<dot])
            settings["predictor"] = .text(String(predictor[predictor.index(after: dot)...]))
        }
        among = (settings["among"]?.object ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if !among.isEmpty {
            settings["among"] = .object(
                Dictionary(
                    uniqueKeysWithValues: among.map {
                        ($0.name, $0.value.number == nil ? .text($0.value.shown) : $0.value)
                    }))
        }
        do {
            self.claim = try JSONDecoder().decode(
                Claim.self, from: JSONEncoder().encode(settings.filter { $0.value != .null }))
        } catch DecodingError.dataCorrupted(let context) {
            throw WeighingError("claims.\(claim.name)", context.debugDescription, "correct the study file")
        } catch {
            throw WeighingError("claims.\(claim.name)", "\(error)", "correct the study file")
        }
    }

    /// The runs that the claim is about, under the conditions that it names.
    func records(among arms: [(PlannedStep, ArmRecord)]) -> [ArmRecord] {
        let wanted = arms.filter { isAmong($0.0) }.map { step, record in
            var record = record
            for (name, value) in among where record.word(name) == nil { record.words[name] = value.shown }
            return (step, record)
        }
        switch claim.comparison {
        case .trend(let predictor, _):
            let came = ["loss", "norm_ba", "stable_rank"].contains(predictor)
            return wanted.filter { arm in
                came
                    || arm.0.arm.settings.contains { $0.name == predictor && (step == nil || $0.step == step) }
                        && (step == nil || arm.0.name == step)
            }.map(\.1)
        case .difference(let a, let b, _):
            let several = [a, b].filter { conditions($0, wanted.map(\.0)).count > 1 }
            return wanted.map { step, record in
                var record = record
                if let name = [a, b].first(where: { fits($0, step) }), !several.contains(name) {
                    record.condition = name
                }
                return record
            }
        }
    }

    /// What the reader must do so that the claim can be weighed.
    func notes(among arms: [PlannedStep]) -> [String] {
        guard case .difference(let a, let b, _) = claim.comparison else { return [] }
        return [a, b].compactMap { name in
            let found = conditions(name, arms.filter(isAmong))
            guard found.count > 1 else { return nil }
            return "\(claim.name): \"\(name)\" stands for \(found.count) conditions "
                + "(\(found.prefix(6).joined(separator: "; "))\(found.count > 6 ? "; …" : "")): say which, like "
                + "\"\(found[0])\", or narrow them with among."
        }
    }

    /// What the words stand for among the arms: all their settings but the seeds.
    private func conditions(_ name: String, _ arms: [PlannedStep]) -> [String] {
        var found: [String] = []
        for arm in arms where fits(name, arm) {
            let condition = [arm.name, arm.arm.condition].filter { !$0.isEmpty }.joined(separator: " ")
            if !found.contains(condition) { found.append(condition) }
        }
        return found
    }

    private func isAmong(_ step: PlannedStep) -> Bool { among.allSatisfy { has(step, $0.name, $0.value) } }

    /// Whether a step is what words like `organism data=secure rank=1` name.
    private func fits(_ text: String, _ step: PlannedStep) -> Bool {
        let words = text.split(separator: " ")
        guard let name = words.first, step.name == name else { return false }
        return words.dropFirst().allSatisfy { word in
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return false }
            return has(step, parts[0], Double(parts[1]).map(Value.number) ?? .text(parts[1]))
        }
    }

    /// `name` is a setting's, or a step's and a setting's with a dot between them.
    private func has(_ step: PlannedStep, _ name: String, _ value: Value) -> Bool {
        if name == "step" { return step.name == value.shown }
        let settings = step.arm.settings.filter { $0.name == name || "\($0.step).\($0.name)" == name }
        if let setting = settings.first(where: { $0.step == step.name }) ?? settings.last {
            return same(setting.value, value)
        }
        if let parameter = step.parameters[name] { return same(parameter, value) }
        return step.named(name, in: plan).map { same(.text($0), value) } ?? false
    }

    private func same(_ a: Value, _ b: Value) -> Bool {
        if let a = a.number, let b = b.number { return a == b }
        if let flag = a.flag { return b.flag == flag || b.shown == (flag ? "true" : "false") }
        return a.shown == b.shown
    }
}
