import Dispatch
import Synchronization

/// Where the command line, which waits for one thing after another, meets work that waits for many at once.
enum AsyncWork {
    /// What `work` gives. Ctrl-C cancels it; what it still finishes is kept.
    ///
    /// - Throws: what `work` throws, or ``Interruption`` where it was cancelled because of Ctrl-C.
    static func result<Value: Sendable>(of work: sending @escaping () async throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        let done = DispatchSemaphore(value: 0)
        let task = Task {
            do {
                let value = try await work()
                outcome.result.withLock { $0 = .success(value) }
            } catch {
                outcome.result.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        while done.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
            if Interruption.isRequested { task.cancel() }
        }
        switch outcome.result.withLock({ $0 }) {
        case .success(let value): return value
        case .failure(is CancellationError), nil: throw Interruption()
        case .failure(let error): throw error
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }
}
