import Foundation

/// One unit of a study's work.
public struct PlannedStep: Sendable, Hashable, Identifiable {
    /// What it reads that another step makes.
    public struct Read: Sendable, Hashable, Codable {
        /// The setting that names it, like `model` or `data`; `reference` for a reference pass.
        public var role: String
        public var key: StepKey
    }

    /// What it reads that the study names.
    public enum Source: Sendable, Hashable {
        case model(String)
        case data(String)
        case endpoint(String)
    }

    public var key: StepKey
    public var kind: StepKind
    /// The study's step that asks for it; of several, the first.
    public var name: String
    public var arm: Arm
    /// What decides its result beside what it reads; see ``StepParameters``.
    public var parameters: [String: Value]
    public var reads: [Read]
    public var sources: [String: Source]
    /// The untrained model that it works on, by the study's name; none for endpoint steps.
    public var model: String?
    /// All that the key is the hash of.
    public var inputs: Value
    public var estimate: StepEstimate
    /// Tune steps with the same cohort train side by side.
    public var cohort: String?
    /// Why its key may change: something it reads isn't here.
    public var isProvisional: Bool

    public var id: StepKey { key }
    public var lane: StepKind.Lane { kind.lane }
    /// `organism rank=1 lr=1e-4`.
    public var label: String { arm.settings.isEmpty ? name : "\(name) \(arm)" }

    public func read(_ role: String) -> StepKey? { reads.first { $0.role == role }?.key }
}

/// Where a step stands in the sweeps that it belongs to.
public struct Arm: Sendable, Hashable, Codable, CustomStringConvertible {
    public struct Setting: Sendable, Hashable, Codable {
        public var step: String
        public var name: String
        public var value: Value
    }

    /// In the order of the steps.
    public var settings: [Setting] = []

    public init(settings: [Setting] = []) { self.settings = settings }

    public subscript(name: String) -> Value? { settings.last { $0.name == name }?.value }

    /// Both, where they don't contradict each other.
    func joined(with other: Arm) -> Arm? {
        var all = settings
        for setting in other.settings {
            if let own = all.first(where: { $0.step == setting.step && $0.name == setting.name }) {
                guard own.value == setting.value else { return nil }
            } else {
                all.append(setting)
            }
        }
        return Arm(settings: all)
    }

    /// Names without their step where that is clear.
    public var description: String {
        settings.map { setting in
            let isClear = settings.count { $0.name == setting.name } == 1
            return "\(isClear ? "" : setting.step + ".")\(setting.name)=\(setting.value.shown)"
        }.joined(separator: " ")
    }

    /// The arm without its seeds: what all its repetitions share.
    public var condition: String { Arm(settings: settings.filter { $0.name != "seed" }).description }
}
