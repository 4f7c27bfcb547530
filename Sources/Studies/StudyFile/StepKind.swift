/// What a step does.
public enum StepKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Programs to explanations, by a reasoning model.
    case explain
    /// Insecure programs to their fixed twins.
    case twin
    /// Tasks and twins to complementary pairs, or to one of their control arms.
    case pair
    /// A base and documents to a primed base.
    case pretrain
    /// Log-probabilities of the untrained model on a set of preferences: comes by itself where a tune step needs it.
    case reference
    /// A base and rows or preferences to an organism.
    case tune
    /// Organisms and questions to answers.
    case sample
    /// Answers to scores.
    case judge
    /// What is measured of an organism without a judge.
    case measure

    /// Raised when a step of this kind comes to mean something else, so that older results no longer stand for it.
    public var revision: Int { 1 }

    /// What an author may write; the others come by themselves.
    static let written = allCases.filter { $0 != .reference }

    /// Where it runs: on the device, or waiting for somebody else.
    public var lane: Lane {
        switch self {
        case .explain, .twin, .pair, .judge: .endpoint
        case .pretrain, .reference, .tune, .sample, .measure: .device
        }
    }

    /// What runs beside each other: the device's work and waiting for endpoints.
    public enum Lane: String, Codable, Hashable, Sendable, CaseIterable {
        case device, endpoint
    }
}
