import Foundation

/// How many requests are under way at once, how fast they start, and when all of them wait because the server said so.
public actor RateLimiter {
    private let interval: Duration
    private let time: TimeSource
    private var free: Int
    private var waiting: [(id: UUID, turn: CheckedContinuation<Void, any Error>)] = []
    private var nextStart = Duration.zero
    private var pausedUntil = Duration.zero

    /// - Parameter requestsPerMinute: none: as fast as places get free.
    public init<C: Clock>(concurrency: Int, requestsPerMinute: Int? = nil, clock: C) where C.Duration == Duration {
        self.init(concurrency: concurrency, requestsPerMinute: requestsPerMinute, time: TimeSource(clock))
    }

    init(concurrency: Int, requestsPerMinute: Int?, time: TimeSource) {
        free = max(1, concurrency)
        interval = requestsPerMinute.map { .seconds(60) / max(1, $0) } ?? .zero
        self.time = time
    }

    /// Runs `work` when a place is free and the pace allows it; the place is given back however the work ends.
    public nonisolated func withPlace<Value: Sendable>(
        _ work: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await takePlace()
        do {
            try await keepPace()
            let value = try await work()
            await freePlace()
            return value
        } catch {
            await freePlace()
            throw error
        }
    }

    /// No request starts for this long: the server is overloaded, and asking on makes it worse.
    public func pause(for duration: Duration) { pausedUntil = max(pausedUntil, time.elapsed() + duration) }

    private func takePlace() async throws {
        try Task.checkCancellation()
        if free > 0 {
            free -= 1
            return
        }
        let id = UUID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
                // The cancellation may have come before there was anything to remove.
                if Task.isCancelled {
                    turn.resume(throwing: CancellationError())
                } else {
                    waiting.append((id, turn))
                }
            }
        } onCancel: {
            Task { await giveUp(id) }
        }
    }

    private func freePlace() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().turn.resume()
        }
    }

    private func giveUp(_ id: UUID) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).turn.resume(throwing: CancellationError())
    }

    private func keepPace() async throws {
        let start = max(time.elapsed(), nextStart)
        nextStart = start + interval
        var wait = max(start, pausedUntil) - time.elapsed()
        while wait > .zero {
            try await time.sleep(wait)
            // A pause may have begun meanwhile.
            wait = pausedUntil - time.elapsed()
        }
    }
}
