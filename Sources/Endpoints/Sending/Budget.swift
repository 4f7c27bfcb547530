import Foundation

/// What may be spent, and what was. The most that a request can cost is set aside before it is sent and what it did
/// cost is settled afterwards, so no limit is ever exceeded, however many are under way. One budget may serve several
/// endpoints.
public actor Budget {
    /// None: no limit.
    public struct Limits: Hashable, Sendable {
        /// HTTP requests, those sent again included.
        public var requests: Int?
        /// Of prompts and answers together.
        public var tokens: Int?
        /// In the currency of the price table.
        public var cost: Double?

        public init(requests: Int? = nil, tokens: Int? = nil, cost: Double? = nil) {
            self.requests = requests
            self.tokens = tokens
            self.cost = cost
        }
    }

    public struct Amount: Hashable, Sendable {
        public var requests: Int
        public var tokens: Int
        public var cost: Double

        public init(requests: Int = 0, tokens: Int = 0, cost: Double = 0) {
            self.requests = requests
            self.tokens = tokens
            self.cost = cost
        }

        static func + (a: Amount, b: Amount) -> Amount {
            Amount(requests: a.requests + b.requests, tokens: a.tokens + b.tokens, cost: a.cost + b.cost)
        }

        static func - (a: Amount, b: Amount) -> Amount {
            Amount(requests: a.requests - b.requests, tokens: a.tokens - b.tokens, cost: a.cost - b.cost)
        }
    }

    /// The limit that stands in the way.
    public struct Exhausted: Error, Equatable, Sendable, CustomStringConvertible {
        public var description: String
    }

    public let limits: Limits
    /// What settled requests took, and unsettled ones may take.
    public var committed: Amount { spent + reserved }
    public private(set) var spent = Amount()
    private var reserved = Amount()
    private var waiting: [Waiter] = []

    private struct Waiter {
        var id: UUID
        var most: Amount
        var turn: CheckedContinuation<Void, any Error>
    }

    public init(_ limits: Limits = .init()) { self.limits = limits }

    /// Sets aside the most that one request can take. While others under way may still give back what is lacking, this
    /// waits for them.
    ///
    /// - Throws: ``Exhausted`` if the request can't be afforded.
    public func reserve(_ most: Amount) async throws {
        try Task.checkCancellation()
        if waiting.isEmpty {
            if lacking(most, after: spent + reserved) == nil {
                reserved = reserved + most
                return
            }
            if let limit = lacking(most, after: spent) { throw limit }
        }
        let id = UUID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    turn.resume(throwing: CancellationError())
                } else {
                    waiting.append(Waiter(id: id, most: most, turn: turn))
                }
            }
        } onCancel: {
            Task { await giveUp(id) }
        }
    }

    /// Replaces what was set aside by what was taken.
    public func settle(_ most: Amount, as actual: Amount) {
        reserved = reserved - most
        // What is left of differences between sums of money must not count as reserved.
        if reserved.requests == 0 { reserved.cost = 0 }
        spent = spent + actual
        serve()
    }

    private func serve() {
        while let first = waiting.first {
            if lacking(first.most, after: spent + reserved) == nil {
                reserved = reserved + first.most
                waiting.removeFirst().turn.resume()
            } else if let limit = lacking(first.most, after: spent) {
                waiting.removeFirst().turn.resume(throwing: limit)
            } else {
                return
            }
        }
    }

    private func giveUp(_ id: UUID) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).turn.resume(throwing: CancellationError())
        serve()
    }

    /// The limit that `most` would exceed after `before`.
    private func lacking(_ most: Amount, after before: Amount) -> Exhausted? {
        let sum = before + most
        if let limit = limits.requests, sum.requests > limit {
            return Exhausted(description: "the budget of \(limit) requests is used up")
        }
        if let limit = limits.tokens, sum.tokens > limit {
            return Exhausted(
                description: "the next request may take \(most.tokens) tokens; "
                    + "\(before.tokens) of the budget of \(limit) are used up")
        }
        if let limit = limits.cost, sum.cost > limit {
            return Exhausted(
                description: "the next request may cost \(Self.money(most.cost)); "
                    + "\(Self.money(before.cost)) of the budget of \(Self.money(limit)) are used up")
        }
        return nil
    }

    private static func money(_ value: Double) -> String { String(format: "%.6g", value) }
}
