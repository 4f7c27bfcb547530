import Foundation

/// From a study to its steps: sweeps expanded, names resolved, keys made, costs estimated.
public struct Planner {
    let study: Study
    let fingerprints: Fingerprints
    let costs: CostModel
    var volumes: Volumes
    private(set) var steps: [StepKey: PlannedStep] = [:]
    private(set) var keys: [StepKey] = []
    private(set) var problems: [String] = []
    private var instances: [String: [Instance]] = [:]
    private var found: [String: Fingerprints.Found] = [:]
    /// Rows that a step makes, for those that read them.
    var made: [StepKey: Volume] = [:]

    struct Instance {
        var key: StepKey
        var arm: Arm
    }

    init(study: Study, fingerprints: Fingerprints, costs: CostModel) {
        self.study = study
        self.fingerprints = fingerprints
        self.costs = costs
        volumes = Volumes(study: study)
    }

    mutating func plan() -> Plan {
        for step in study.steps { _ = expand(step) }
        let order = PlanOrder(steps: keys.compactMap { steps[$0] }).order
        splitCohorts(order)
        return Plan(
            study: study, steps: order.compactMap { steps[$0] }, problems: problems,
            models: found.filter { $0.key.hasPrefix("model ") }.mapKeys { String($0.dropFirst(6)) },
            data: found.filter { $0.key.hasPrefix("data ") }.mapKeys { String($0.dropFirst(5)) })
    }

    /// Arms beyond what fits beside each other make a cohort of their own.
    private mutating func splitCohorts(_ order: [StepKey]) {
        let cohorts = Dictionary(grouping: order.filter { steps[$0]?.cohort != nil }) { steps[$0]?.cohort ?? "" }
        for (name, keys) in cohorts {
            let most = keys.compactMap { steps[$0] }.map { armsInCohort($0) }.min() ?? 1
            for (place, key) in keys.enumerated() where place >= most {
                steps[key]?.cohort = "\(name)-\(place / most + 1)"
            }
        }
    }

    // MARK: - Expansion

    /// What one setting of an arm can stand for.
    private struct Binding {
        var role: String
        var source: PlannedStep.Source?
        var instance: Instance?
    }

    /// Every step that the study's step stands for. Steps read no circles: the study was checked.
    private mutating func expand(_ step: Study.Step) -> [Instance] {
        if let known = instances[step.name] { return known }
        let roles = StepKeys.settings(step.kind).filter { $0.shape.sections != nil }.map(\.name)
        var all: [Instance] = []
        for arm in step.sweep.arms(of: step.settings) {
            let settings = step.settings.merging(arm) { $1 }
            let own = Arm(
                settings: step.sweep.names.compactMap { name in
                    arm[name].map { Arm.Setting(step: step.name, name: name, value: $0.settled) }
                })
            var joined: [(arm: Arm, bindings: [Binding])] = [(own, [])]
            for role in roles where isRead(role, step.kind, settings) {
                guard let name = settings[role]?.text else { continue }
                let bindings = bindings(role, name)
                joined = joined.flatMap { arm, before in
                    bindings.compactMap { binding -> (arm: Arm, bindings: [Binding])? in
                        let arm = binding.instance.map { $0.arm.joined(with: arm) } ?? arm
                        return arm.map { ($0, before + [binding]) }
                    }
                }
            }
            for (arm, bindings) in joined {
                let key = add(step, settings, arm, bindings)
                all.append(Instance(key: key, arm: arm))
            }
        }
        instances[step.name] = all
        return all
    }

    /// Benign rows that nothing is diluted with decide nothing.
    private func isRead(_ role: String, _ kind: StepKind, _ settings: [String: Value]) -> Bool {
        guard role == "benign" else { return true }
        return kind == .tune ? (settings["dilution"]?.number ?? 0) > 0 : settings["arm"]?.text == "benign"
    }

    private mutating func bindings(_ role: String, _ name: String) -> [Binding] {
        if role == "endpoint" { return [Binding(role: role, source: .endpoint(name))] }
        if let step = study.step(name) { return expand(step).map { Binding(role: role, instance: $0) } }
        return [Binding(role: role, source: study.models[name] == nil ? .data(name) : .model(name))]
    }

    private mutating func add(
        _ step: Study.Step, _ settings: [String: Value], _ arm: Arm, _ bindings: [Binding]
    ) -> StepKey {
        var reads: [PlannedStep.Read] = []
        var sources: [String: PlannedStep.Source] = [:]
        for binding in bindings {
            if let instance = binding.instance { reads.append(.init(role: binding.role, key: instance.key)) }
            if let source = binding.source { sources[binding.role] = source }
        }
        let parameters = StepParameters.of(step.kind, settings)
        if step.kind == .tune, parameters["objective"] == "dpo" {
            let roles: Set<String> = ["model", "data"]
            let reference = add(
                .reference, name: "\(step.name) reference", arm: Arm(),
                parameters: parameters.filter { ["max_length"].contains($0.key) },
                reads: reads.filter { roles.contains($0.role) }, sources: sources.filter { roles.contains($0.key) })
            reads.append(.init(role: "reference", key: reference))
        }
        return add(step.kind, name: step.name, arm: arm, parameters: parameters, reads: reads, sources: sources)
    }

    private mutating func add(
        _ kind: StepKind, name: String, arm: Arm, parameters: [String: Value], reads: [PlannedStep.Read],
        sources: [String: PlannedStep.Source]
    ) -> StepKey {
        var isProvisional = reads.contains { steps[$0.key]?.isProvisional ?? false }
        var named: [String: Value] = [:]
        for (role, source) in sources {
            let (value, isHere) = identity(source)
            named[role] = value
            isProvisional = isProvisional || !isHere
        }
        let inputs: Value = [
            "kind": .text(kind.rawValue), "revision": .whole(kind.revision), "parameters": .object(parameters),
            "reads": .object(Dictionary(reads.map { ($0.role, .text($0.key.digits)) }, uniquingKeysWith: { $1 })),
            "sources": .object(named),
        ]
        let key = StepKey(inputs: inputs)
        guard steps[key] == nil else { return key }
        let readModel = (reads.first { $0.role == "model" || $0.role == "of" || $0.role == "answers" })
            .flatMap { steps[$0.key]?.model }
        let sourceModel = sources.values.lazy.compactMap { if case .model(let name) = $0 { name } else { nil } }.first
        var step = PlannedStep(
            key: key, kind: kind, name: name, arm: arm, parameters: parameters, reads: reads, sources: sources,
            model: sourceModel ?? readModel, inputs: inputs, estimate: StepEstimate(), isProvisional: isProvisional)
        step.cohort = kind == .tune ? cohort(step, named) : nil
        step.estimate = estimate(step)
        steps[key] = step
        keys.append(key)
        return key
    }

    /// What a source is in a key, and whether it is here.
    private mutating func identity(_ source: PlannedStep.Source) -> (Value, Bool) {
        switch source {
        case .endpoint(let name): return (.text(study.endpoints[name]?.fingerprint ?? name), true)
        case .data(let name):
            guard let data = study.data[name] else { return (.text(name), false) }
            let found = look("data \(name)") { $0.data(data) }
            return (.text(found.fingerprint), found.url != nil)
        case .model(let name):
            guard let model = study.models[name] else { return (.text(name), false) }
            let found = look("model \(name)") { $0.model(model) }
            return (
                [
                    "fingerprint": .text(found.fingerprint), "dtype": .text(model.dtype),
                    "chat_format": model.chatFormat.map(Value.text) ?? .null,
                ], found.url != nil
            )
        }
    }

    private mutating func look(_ name: String, _ find: (Fingerprints) -> Fingerprints.Found) -> Fingerprints.Found {
        if let known = found[name] { return known }
        let new = find(fingerprints)
        found[name] = new
        if let problem = new.problem { problems.append(problem) }
        return new
    }

    func place(ofModel name: String) -> URL? { found["model \(name)"]?.url }

    mutating func note(_ problem: String) { if !problems.contains(problem) { problems.append(problem) } }

    /// The same base, rows, order and batches: everything but what is an arm's own.
    private func cohort(_ step: PlannedStep, _ sources: [String: Value]) -> String {
        let own: Set<String> = [
            "rank", "alpha", "rslora", "targets", "layers", "lr", "beta", "weight_decay", "clip", "schedule", "warmup",
        ]
        return String(
            CanonicalJSON.hash([
                "parameters": .object(step.parameters.filter { !own.contains($0.key) }),
                "reads": .object(
                    Dictionary(step.reads.map { ($0.role, .text($0.key.digits)) }, uniquingKeysWith: { $1 })),
                "sources": .object(sources),
            ]).prefix(12))
    }
}

extension Dictionary {
    func mapKeys<NewKey: Hashable>(_ transform: (Key) -> NewKey) -> [NewKey: Value] {
        [NewKey: Value](map { (transform($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
