/// What became of one item of a stage.
public struct StageRecord<Value: Codable & Sendable>: Codable, Sendable {
    /// The item's id.
    public var item: String
    /// None: it was rejected.
    public var value: Value?
    public var rejections: [Rejection]
    public var spent: Spending

    public init(item: String, value: Value?, rejections: [Rejection] = [], spent: Spending = Spending()) {
        self.item = item
        self.value = value
        self.rejections = rejections
        self.spent = spent
    }
}

/// Why something was rejected.
public struct Rejection: Codable, Sendable, Hashable {
    /// The kind of reason, the same words for all of the kind: what is counted.
    public var reason: String
    /// What exactly.
    public var detail: String
    /// The reply that was rejected.
    public var reply: String?

    public init(_ reason: String, detail: String, reply: String? = nil) {
        self.reason = reason
        self.detail = detail
        self.reply = reply
    }
}
