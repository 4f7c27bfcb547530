import Foundation

/// Work under way by key: who asks for the same meanwhile waits for the same result. One who gives up leaves the others
/// their result; when the last one gives up, the work is cancelled.
actor SharedCalls<Value: Sendable> {
    private struct Call {
        let id = UUID()
        var task: Task<Void, Never>?
        var waiting: [UUID: CheckedContinuation<Value, any Error>] = [:]
    }

    private var calls: [String: Call] = [:]

    /// The result, and whether this caller's work made it.
    func value(
        for key: String, work: @escaping @Sendable () async throws -> Value
    ) async throws -> (value: Value, isOwn: Bool) {
        try Task.checkCancellation()
        let isOwn = calls[key] == nil
        let me = UUID()
        let value = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Value, any Error>) in
                if Task.isCancelled { return turn.resume(throwing: CancellationError()) }
                var call = calls[key] ?? Call()
                call.waiting[me] = turn
                if call.task == nil {
                    let id = call.id
                    call.task = Task {
                        let result: Result<Value, any Error>
                        do { result = .success(try await work()) } catch { result = .failure(error) }
                        self.finish(key, id, result)
                    }
                }
                calls[key] = call
            }
        } onCancel: {
            Task { await self.giveUp(key, me) }
        }
        return (value, isOwn)
    }

    private func finish(_ key: String, _ id: UUID, _ result: Result<Value, any Error>) {
        guard let call = calls[key], call.id == id else { return }
        calls[key] = nil
        for turn in call.waiting.values { turn.resume(with: result) }
    }

    private func giveUp(_ key: String, _ waiter: UUID) {
        guard let turn = calls[key]?.waiting.removeValue(forKey: waiter) else { return }
        turn.resume(throwing: CancellationError())
        if let call = calls[key], call.waiting.isEmpty {
            // Forgotten at once: who asks now begins anew.
            calls[key] = nil
            call.task?.cancel()
        }
    }
}
