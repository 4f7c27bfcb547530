/// What a step is expected to take.
public struct StepEstimate: Codable, Hashable, Sendable {
    /// Optimiser steps of training, answers of sampling, requests of endpoints: what its progress counts.
    public var units: Int
    public var tokens: Double
    /// Of the device, or until the endpoint has answered.
    public var seconds: Double
    /// Of the device's memory, for this step alone.
    public var bytes: Double
    public var requests: Int
    /// Endpoint and device together; none where a price isn't known.
    public var money: Double?
    /// False where the model's shape or the data's size had to be left out.
    public var isComplete: Bool

    public init(
        units: Int = 0, tokens: Double = 0, seconds: Double = 0, bytes: Double = 0, requests: Int = 0,
        money: Double? = 0, isComplete: Bool = true
    ) {
        self.units = units
        self.tokens = tokens
        self.seconds = seconds
        self.bytes = bytes
        self.requests = requests
        self.money = money
        self.isComplete = isComplete
    }
}

/// How much data there is, as far as planning must know.
public struct Volume: Hashable, Sendable {
    public var rows: Int
    public var tokensPerRow: Double
    /// Share of the tokens that is learnt.
    public var labels: Double

    public init(rows: Int, tokensPerRow: Double, labels: Double = 0.5) {
        self.rows = rows
        self.tokensPerRow = tokensPerRow
        self.labels = labels
    }

    var tokens: Double { Double(rows) * tokensPerRow }
}
