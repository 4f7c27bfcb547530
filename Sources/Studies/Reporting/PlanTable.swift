import Foundation

/// A plan as people read it.
public struct PlanTable {
    let plan: Plan
    let isDone: (PlannedStep) -> Bool

    /// - Parameter store: what is done already; none: nothing.
    public init(_ plan: Plan, store: Store? = nil) {
        self.plan = plan
        isDone = { store?.isDone($0) ?? false }
    }

    /// Steps of one name together, each line of equal columns; then sums, cohorts and what stands in the way.
    ///
    /// - Parameter each: every step on a line of its own.
    public func text(each: Bool = false) -> String {
        var rows = [["step", "does", "arms", "done", "units", "tokens", "memory", "time", "money"]]
        for group in groups(each: each) { rows.append(row(group.name, group.steps)) }
        let left = plan.steps.filter { !isDone($0) }
        var lines = [
            "\(plan.study.name): \(plan.steps.count) steps on \(plan.study.device.name)"
                + (plan.steps.count > left.count ? ", \(plan.steps.count - left.count) of them done" : ""), "",
        ]
        lines += Self.aligned(rows)
        lines.append("")
        lines += sums(left)
        if !plan.problems.isEmpty {
            lines += ["", "In the way:"] + plan.problems.map { "- \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    private func groups(each: Bool) -> [(name: String, steps: [PlannedStep])] {
        if each { return plan.steps.map { ("\($0.key.short) \($0.label)", [$0]) } }
        var names: [String] = []
        // In the study's order; a reference pass before the step that needs it.
        for step in plan.study.steps {
            for name in ["\(step.name) reference", step.name] where plan.steps.contains(where: { $0.name == name }) {
                names.append(name)
            }
        }
        return names.map { name in (name, plan.steps.filter { $0.name == name }) }
    }

    private func row(_ name: String, _ steps: [PlannedStep]) -> [String] {
        let estimates = steps.map(\.estimate)
        let isComplete = estimates.allSatisfy(\.isComplete)
        func shown(_ text: String) -> String { isComplete ? text : "?" }
        let seconds = estimates.reduce(0) { $0 + $1.seconds }
        let money = estimates.map(\.money).reduce(Double?(0)) { sum, one in sum.flatMap { sum in one.map { sum + $0 } }
        }
        let bytes = estimates.map(\.bytes).max() ?? 0
        return [
            name, steps.first?.kind.rawValue ?? "", String(steps.count), String(steps.count(where: isDone)),
            shown(Self.count(Double(estimates.reduce(0) { $0 + $1.units }))),
            shown(Self.count(estimates.reduce(0) { $0 + $1.tokens })),
            bytes > 0 ? shown(Planner.gibibytes(bytes)) : "-", shown(Self.duration(seconds)),
            shown(money.map(Self.money) ?? "unknown"),
        ]
    }

    private func sums(_ left: [PlannedStep]) -> [String] {
        let device = left.filter { $0.lane == .device }.reduce(0) { $0 + $1.estimate.seconds }
        let endpoints = left.filter { $0.lane == .endpoint }.reduce(0) { $0 + $1.estimate.seconds }
        let requests = left.reduce(0) { $0 + $1.estimate.requests }
        let unpriced = Set(left.filter { $0.estimate.money == nil }.map(\.name)).sorted()
        let money = left.compactMap(\.estimate.money).reduce(0, +)
        let most = left.map(\.estimate.bytes).max() ?? 0
        let cohorts = Dictionary(grouping: left.filter { $0.cohort != nil }, by: \.cohort).values
        var lines = [
            "To do: \(left.count) steps, some \(Self.duration(device)) of the device"
                + (requests > 0
                    ? " and \(Self.duration(endpoints)) of waiting for \(Self.count(Double(requests))) requests beside it"
                    : ""),
            "Money: \(Self.money(money))"
                + (unpriced.isEmpty ? "" : ", without \(unpriced.joined(separator: ", ")), whose price isn't known"),
            "Memory: \(Planner.gibibytes(most)) at most, of \(Value.number(plan.study.device.memoryGiB).shown) GiB",
        ]
        if !cohorts.isEmpty {
            lines.append(
                "Cohorts: \(cohorts.reduce(0) { $0 + $1.count }) arms in \(cohorts.count), at most \(cohorts.map(\.count).max() ?? 1) side by side"
            )
        }
        if !left.allSatisfy(\.estimate.isComplete) { lines.append("Sums leave out what is shown as ?") }
        return lines
    }

    // MARK: - Numbers

    static func aligned(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                let space = String(repeating: " ", count: max(0, widths[column] - text.count))
                return column < 2 ? text + space : space + text
            }.joined(separator: "  ").replacing(#/ +$/#, with: "")
        }
    }

    public static func count(_ number: Double) -> String {
        switch number {
        case ..<10_000: String(Int(number.rounded()))
        case ..<1e6: "\(Int((number / 1e3).rounded())) k"
        case ..<1e9: String(format: "%.1f M", number / 1e6)
        case ..<1e12: String(format: "%.1f G", number / 1e9)
        default: String(format: "%.1e", number)
        }
    }

    public static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: seconds > 0 ? "<1 s" : "-"
        case ..<60: "\(Int(seconds.rounded())) s"
        case ..<3600: "\(Int((seconds / 60).rounded())) min"
        case ..<360_000: String(format: "%.1f h", seconds / 3600)
        case ..<1e12: "\(Int((seconds / 86_400).rounded())) days"
        default: "for ever"
        }
    }

    static func money(_ amount: Double) -> String { amount == 0 ? "-" : String(format: "%.2f", amount) }
}

/// A planned step as one JSON object.
public struct PlanLine: Codable, Sendable {
    public var key: StepKey
    public var kind: StepKind
    public var name: String
    public var label: String
    public var arm: Arm
    public var done: Bool
    public var reads: [PlannedStep.Read]
    public var cohort: String?
    public var provisional: Bool
    public var parameters: [String: Value]
    public var estimate: StepEstimate

    public init(_ step: PlannedStep, isDone: Bool) {
        key = step.key
        kind = step.kind
        name = step.name
        label = step.label
        arm = step.arm
        done = isDone
        reads = step.reads
        cohort = step.cohort
        provisional = step.isProvisional
        parameters = step.parameters
        estimate = step.estimate
    }
}
