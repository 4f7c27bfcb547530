import Foundation
import Studies
import Synchronization

/// A study as it runs: on a terminal one line that stays, below the lines of what has ended; elsewhere plain lines.
final class RunView: Sendable {
    private struct State {
        var done = 0
        var total = 0
        /// By key: label, and how far it is.
        var running: [StepKey: (label: String, progress: String)] = [:]
        var secondsDone = 0.0
        var estimateDone = 0.0
        var estimateLeft = 0.0
        var drawn = Date.distantPast
    }

    private let state: Mutex<State>
    private let steps: [StepKey: PlannedStep]

    init(_ plan: Plan) {
        steps = Dictionary(plan.steps.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var state = State()
        state.total = plan.steps.count
        state.estimateLeft = plan.steps.filter { $0.lane == .device }.reduce(0) { $0 + $1.estimate.seconds }
        self.state = Mutex(state)
    }

    func show(_ event: RunEvent) {
        switch event {
        case .began(let done, let total):
            state.withLock { $0.done = done }
            Console.say("\(done) of \(total) steps are done")
        case .started(let steps):
            state.withLock { state in for step in steps { state.running[step.key] = (step.label, "") } }
            if !Console.isTerminal { Console.say("begun: \(steps.map(\.label).joined(separator: ", "))") }
        case .progress(let key, let done, let total, let detail):
            state.withLock { $0.running[key]?.progress = "\(done)/\(total)" + (detail.map { " \($0)" } ?? "") }
        case .note(let step, let text): Console.say("\(step.label): \(text)")
        case .finished(let step, let seconds):
            let done = state.withLock { state in
                state.running[step.key] = nil
                state.done += 1
                if step.lane == .device {
                    state.secondsDone += seconds
                    state.estimateDone += step.estimate.seconds
                    state.estimateLeft -= step.estimate.seconds
                }
                return state.done
            }
            Console.say("done \(done)/\(steps.count): \(step.label) in \(Progress.duration(seconds))")
        case .finishedElsewhere(let step):
            state.withLock { $0.done += 1 }
            Console.say("done by another process: \(step.label)")
        case .retrying(let step, let failure, let delay):
            Console.say("again in \(Progress.duration(delay)): \(step.label): \(failure)")
        case .failed(let step, let failure):
            state.withLock { $0.running[step.key] = nil }
            Console.say("failed: \(step.label): \(failure)")
        case .waiting: Console.say("waiting for another process")
        case .stopping(let reason): Console.say("stopping where nothing is half done: \(reason)")
        }
    }

    /// Draws the line anew, a few times a second.
    func tick() {
        guard Console.isTerminal else { return }
        let line = state.withLock { state -> String? in
            guard Date().timeIntervalSince(state.drawn) > 0.25 else { return nil }
            state.drawn = Date()
            let running = state.running.values.sorted { $0.label < $1.label }
                .map { $0.progress.isEmpty ? $0.label : "\($0.label) \($0.progress)" }
            let factor = state.estimateDone > 0 ? state.secondsDone / state.estimateDone : 1
            let left = state.estimateLeft > 0 ? "  some \(PlanTable.duration(state.estimateLeft * factor)) left" : ""
            return "\(state.done)/\(state.total) steps\(left)  \(running.joined(separator: " | "))"
        }
        if let line { Console.draw("\r\(line.prefix(max(10, Console.width - 1)))\u{1B}[K") }
    }

    func end() { if Console.isTerminal { Console.draw("\r\u{1B}[K") } }
}
