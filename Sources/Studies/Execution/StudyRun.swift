import Foundation

/// Runs a plan over a store: every step once, whatever other processes do with the same store and whenever any of them
/// is killed.
public final class StudyRun: Sendable {
    public struct Settings: Sendable {
        /// How often a step that failed for a passing reason is tried in all.
        public var attempts = 3
        /// Seconds before the second attempt; doubled for each further one.
        public var firstDelay: Double = 5
        /// Seconds between two looks at what other processes did and at what was spent.
        public var interval: Double = 1

        public init() {}
    }

    private let plan: Plan
    private let store: Store
    private let runner: any StepRunner
    private let settings: Settings
    private let limits: SpendingLimits
    private let process = ProcessIdentity.own()
    private let watch: @Sendable (RunEvent) -> Void
    private let stop: StopSignal

    /// - Parameters:
    ///   - limits: of the study's file, or others.
    ///   - stop: asks for a clean stop from outside.
    ///   - watch: is told what happens; called from any thread.
    public init(
        _ plan: Plan, store: Store, runner: any StepRunner, limits: Study.Limits? = nil,
        settings: Settings = Settings(),
        stop: StopSignal = StopSignal(), watch: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) {
        self.plan = plan
        self.store = store
        self.runner = runner
        self.settings = settings
        self.stop = stop
        self.watch = watch
        self.limits = SpendingLimits(
            limits: limits ?? plan.study.limits, pricePerHour: plan.study.device.pricePerHour)
    }

    private enum Signal: Sendable {
        case tick
        case ended(StepKind.Lane, [(key: StepKey, ending: Ending)])
    }

    private enum Ending: Sendable {
        case done(seconds: Double)
        case failed(StepFailure)
        case interrupted
    }

    /// Runs until everything is done, failed or blocked, a limit is reached, or the stop is asked for.
    ///
    /// - Throws: ``StoreError`` and errors of the ledger; failures of steps are in the summary.
    public func run() async throws -> RunSummary {
        try store.ledger.record(plan)
        try store.ledger.bury(seenFrom: process)
        let heartbeat = Heartbeat(store.ledger, process)
        defer { withExtendedLifetime(heartbeat) {} }
        let began = Ledger.now
        var state = RunState(plan.steps)
        for step in plan.steps where store.isDone(step) {
            state.finish(step.key)
            try store.ledger.mark(step.key, "done")
        }
        watch(.began(done: state.done.count, of: plan.steps.count))
        var summary = RunSummary()
        try await withThrowingTaskGroup(of: Signal.self) { group in
            let executors = StepKind.Lane.allCases.reduce(into: [:]) { $0[$1] = LaneExecutor($1) }
            var busy: Set<StepKind.Lane> = []
            var isWaiting = false
            group.addTask { [settings] in await Self.tick(settings.interval) }
            while true {
                if summary.stopped == nil, let reason = try stopReason() {
                    summary.stopped = reason
                    stop.set()
                    watch(.stopping(reason))
                }
                if summary.stopped == nil {
                    for lane in StepKind.Lane.allCases where !busy.contains(lane) {
                        guard let work = try begin(lane, &state) else { continue }
                        busy.insert(lane)
                        watch(.started(work.map(\.step)))
                        group.addTask(executorPreference: executors[lane]) { await self.perform(work, in: lane) }
                    }
                }
                if busy.isEmpty {
                    if summary.stopped != nil || state.isOver { break }
                    if !isWaiting { watch(.waiting) }
                    isWaiting = true
                } else {
                    isWaiting = false
                }
                guard let signal = try await group.next() else { break }
                switch signal {
                case .tick:
                    try look(&state, since: began)
                    group.addTask { [settings] in await Self.tick(settings.interval) }
                case .ended(let lane, let endings):
                    busy.remove(lane)
                    for (key, ending) in endings { settle(key, ending, &state, &summary) }
                }
            }
            group.cancelAll()
        }
        return finished(summary, state)
    }

    private static func tick(_ interval: Double) async -> Signal {
        try? await Task.sleep(for: .seconds(interval))
        return .tick
    }

    private func stopReason() throws -> StopReason? {
        if let limit = limits.reached(by: try store.ledger.spent(by: plan.study.name)) { return .limit(limit) }
        return stop.isSet || Task.isCancelled ? .asked : nil
    }

    // MARK: - One piece of work

    private struct HeldWork: Sendable {
        var step: PlannedStep
        var lease: Lease
    }

    /// Takes the first piece of work in the lane that nobody else has.
    private func begin(_ lane: StepKind.Lane, _ state: inout RunState) throws -> [HeldWork]? {
        for group in state.ready(in: lane, now: Ledger.now) {
            var held: [HeldWork] = []
            for lease in try store.ledger.acquire(group, for: process, study: plan.study.name) {
                guard let step = state.step(lease.key) else { continue }
                // Another process may have finished it just before its lease became free.
                if store.isDone(step) {
                    try store.ledger.end(lease, .done)
                    state.finish(step.key)
                    watch(.finishedElsewhere(step))
                } else {
                    held.append(HeldWork(step: step, lease: lease))
                }
            }
            guard !held.isEmpty else { continue }
            state.start(held.map(\.step.key))
            return held
        }
        return nil
    }

    private func perform(_ held: [HeldWork], in lane: StepKind.Lane) async -> Signal {
        let began = Ledger.now
        var endings: [(key: StepKey, ending: Ending)] = []
        do {
            let work = try held.map { held in
                StepWork(step: held.step, folder: try store.prepare(held.step), inputs: inputs(of: held.step))
            }
            let failures = try await runner.run(work, reports: reports(held))
            for held in held {
                if let failure = failures[held.step.key] {
                    endings.append((held.step.key, try end(held, failure)))
                } else {
                    endings.append((held.step.key, try complete(held, seconds: Ledger.now - began)))
                }
            }
        } catch is CancellationError {
            endings = held.map { ($0.step.key, .interrupted) }
            for held in held { try? store.ledger.end(held.lease, .interrupted) }
        } catch {
            let failure = error as? StepFailure ?? StepFailure("\(error)")
            let over = Set(endings.map(\.key))
            for held in held where !over.contains(held.step.key) {
                endings.append((held.step.key, (try? end(held, failure)) ?? .failed(failure)))
            }
        }
        return .ended(lane, endings)
    }

    private func complete(_ held: HeldWork, seconds: Double) throws -> Ending {
        guard try store.ledger.holds(held.lease) else {
            return .failed(
                StepFailure("its lease went to another process, which took this one for dead", isTransient: true))
        }
        try store.finish(held.step, seconds: seconds)
        try store.ledger.end(held.lease, .done)
        return .done(seconds: seconds)
    }

    private func end(_ held: HeldWork, _ failure: StepFailure) throws -> Ending {
        // Whether it is tried again is decided when it is settled; a passing failure leaves the step as it was.
        try store.ledger.end(held.lease, failure.isTransient ? .transient : .failed, message: failure.message)
        try store.ledger.note(failure.message, level: "error", study: plan.study.name, key: held.step.key)
        return .failed(failure)
    }

    private func inputs(of step: PlannedStep) -> [String: URL] {
        var inputs: [String: URL] = [:]
        for read in step.reads { inputs[read.role] = plan.step(read.key).map(store.folder(of:)) }
        for (role, source) in step.sources {
            switch source {
            case .model(let name): inputs[role] = plan.models[name]
            case .data(let name): inputs[role] = plan.data[name]
            case .endpoint(let name): inputs[role] = plan.study.endpoints[name]?.file
            }
        }
        // The untrained model, however many steps lie between.
        if let model = step.model { inputs["base"] = plan.models[model] }
        return inputs
    }

    private func reports(_ held: [HeldWork]) -> StepReports {
        let leases = Dictionary(held.map { ($0.step.key, $0) }, uniquingKeysWith: { first, _ in first })
        let (ledger, watch, study) = (store.ledger, watch, plan.study.name)
        return StepReports(
            stop: stop,
            onProgress: { key, done, total, detail in
                guard let held = leases[key] else { return }
                try? ledger.progress(held.lease, done: done, total: total, detail: detail)
                watch(.progress(key, done: done, of: total, detail: detail))
            },
            onSpending: { [limits, stop] key, requests, money in
                guard let held = leases[key] else { return }
                try? ledger.spend(held.lease, requests: requests, money: money)
                if let spent = try? ledger.spent(by: study), limits.reached(by: spent) != nil { stop.set() }
            },
            onNote: { key, message in
                guard let held = leases[key] else { return }
                try? ledger.note(message, study: study, key: key)
                watch(.note(held.step, message))
            })
    }

    // MARK: - What came of it

    private func settle(_ key: StepKey, _ ending: Ending, _ state: inout RunState, _ summary: inout RunSummary) {
        guard let step = state.step(key) else { return }
        switch ending {
        case .done(let seconds):
            state.finish(key)
            summary.doneHere += 1
            watch(.finished(step, seconds: seconds))
        case .interrupted: state.release(key)
        case .failed(let failure):
            if failure.isTransient,
                let delay = state.retry(
                    key, most: settings.attempts, first: settings.firstDelay, now: Ledger.now)
            {
                watch(.retrying(step, failure, afterSeconds: delay))
                return
            }
            state.fail(key, failure.message)
            try? store.ledger.mark(key, "failed")
            watch(.failed(step, failure))
        }
    }

    /// What other processes have done or failed at since this run began.
    private func look(_ state: inout RunState, since began: Double) throws {
        for key in try store.ledger.keys(in: "done", since: began - 60) where !state.done.contains(key) {
            guard let step = state.step(key), !state.running.contains(key), store.isDone(step) else { continue }
            state.finish(key)
            watch(.finishedElsewhere(step))
        }
        for key in try store.ledger.keys(in: "failed", since: began) where !state.running.contains(key) {
            if state.step(key) != nil, state.failed[key] == nil, !state.done.contains(key) {
                state.fail(key, "failed in another process: see its log")
            }
        }
    }

    private func finished(_ summary: RunSummary, _ state: RunState) -> RunSummary {
        var summary = summary
        let blocked = state.blocked
        for step in plan.steps {
            if state.done.contains(step.key) {
                summary.done.append(step)
            } else if let message = state.failed[step.key] {
                summary.failed.append((step, message))
            } else if let by = blocked[step.key].flatMap(state.step) {
                summary.blocked.append((step, by))
            } else {
                summary.left.append(step)
            }
        }
        return summary
    }
}
