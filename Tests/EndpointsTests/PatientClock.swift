import Foundation
import Synchronization

/// A clock that tests drive: short sleeps are over at once, and remembered; longer ones last until cancelled.
final class PatientClock: Clock {
    struct Instant: InstantProtocol {
        var offset = Duration.zero
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private struct State {
        var now = Duration.zero
        var slept: [Duration] = []
    }

    private let threshold: Duration
    private let state = Mutex(State())

    /// - Parameter threshold: sleeps of this length and more are time-outs that don't come.
    init(holdingFrom threshold: Duration = .seconds(1_000)) { self.threshold = threshold }

    var now: Instant { state.withLock { Instant(offset: $0.now) } }
    var minimumResolution: Duration { .nanoseconds(1) }
    /// The short sleeps so far.
    var slept: [Duration] { state.withLock { $0.slept } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let wait = now.duration(to: deadline)
        if wait >= threshold {
            try await Task.sleep(for: .seconds(600))
            return
        }
        try Task.checkCancellation()
        state.withLock { state in
            state.now += max(wait, .zero)
            state.slept.append(wait)
        }
        await Task.yield()
    }
}

/// A door that stays shut until it is opened.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for turn in waiting { turn.resume() }
        waiting = []
    }
}

/// Polls until `condition` holds; false if it doesn't within ten seconds.
func eventually(_ condition: () async -> Bool) async -> Bool {
    for _ in 0..<1_000 {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}
