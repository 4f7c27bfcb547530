import Endpoints

/// How far a stage is.
public struct StageProgress: Sendable, Hashable {
    public var done: Int
    public var total: Int
    public var kept: Int
    public var rejected: Int
    public var spent: Spending
}

/// What asking took.
public struct Spending: Sendable, Hashable, Codable {
    /// Replies that were paid for, or computed, and those that the store had.
    public var requests = 0
    public var stored = 0
    public var promptTokens = 0
    public var completionTokens = 0
    /// In the currency of the endpoint's prices; none where they are unknown.
    public var cost: Double?

    public init() {}

    public init(_ reply: ChatReply) {
        guard !reply.isStored else {
            stored = 1
            return
        }
        requests = 1
        promptTokens = reply.usage?.promptTokens ?? 0
        completionTokens = reply.usage?.completionTokens ?? 0
        cost = reply.cost
    }

    private enum CodingKeys: String, CodingKey {
        case requests, stored
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
        case cost
    }

    public static func + (a: Spending, b: Spending) -> Spending {
        var sum = a
        sum.requests += b.requests
        sum.stored += b.stored
        sum.promptTokens += b.promptTokens
        sum.completionTokens += b.completionTokens
        if let cost = b.cost { sum.cost = (a.cost ?? 0) + cost }
        return sum
    }
}
