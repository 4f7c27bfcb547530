import Foundation

/// What a study will do: every step once, in an order in which it can be done.
public struct Plan: Sendable {
    public let study: Study
    /// Those that a step reads stand before it.
    public let steps: [PlannedStep]
    /// What isn't here or doesn't fit, and what to do about it: estimates stand, but it can't be run as it is.
    public let problems: [String]
    public let models: [String: URL]
    public let data: [String: URL]
    /// By the study's names, the content of models and data.
    public let fingerprints: [String: String]

    init(
        study: Study, steps: [PlannedStep], problems: [String], models: [String: Fingerprints.Found],
        data: [String: Fingerprints.Found]
    ) {
        self.study = study
        self.steps = steps
        self.problems = problems
        self.models = models.compactMapValues(\.url)
        self.data = data.compactMapValues(\.url)
        fingerprints = models.merging(data) { first, _ in first }.mapValues(\.fingerprint)
    }

    /// Plans a study.
    ///
    /// - Parameters:
    ///   - store: has what is known of files already; may be none.
    ///   - rates: what turns counts into time.
    public init(
        _ study: Study, store: Store? = nil, rates: Rates = Rates(), hub: HubCache = HubCache()
    ) {
        var fingerprints = Fingerprints(cache: hub)
        if let ledger = store?.ledger {
            fingerprints.known = { try? ledger.fingerprint(of: $0) }
            fingerprints.remember = { try? ledger.remember($1, of: $0) }
        }
        var planner = Planner(
            study: study, fingerprints: fingerprints, costs: CostModel(device: study.device, rates: rates))
        self = planner.plan()
    }

    /// Something that it reads isn't here: keys will change when it is.
    public var isProvisional: Bool { steps.contains(where: \.isProvisional) }

    public func step(_ key: StepKey) -> PlannedStep? { steps.first { $0.key == key } }

    /// Steps with those that train beside them, in order: a cohort stands where its first arm stands.
    public var cohorts: [String: [StepKey]] {
        Dictionary(grouping: steps.filter { $0.cohort != nil }, by: { $0.cohort ?? "" }).mapValues { $0.map(\.key) }
    }

    /// Names this plan: the hash of its steps' keys.
    public var hash: String {
        CanonicalJSON.hash(.list(steps.map { .text($0.key.digits) }.sorted { $0.shown < $1.shown }))
    }
}
