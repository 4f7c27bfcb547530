/// What is known of a plan's steps while it runs.
struct RunState {
    let steps: [PlannedStep]
    private let byKey: [StepKey: PlannedStep]
    private(set) var done: Set<StepKey> = []
    private(set) var failed: [StepKey: String] = [:]
    /// Under way here.
    private(set) var running: Set<StepKey> = []
    private var attempts: [StepKey: Int] = [:]
    /// Not before this time, in seconds since 1970.
    private var notBefore: [StepKey: Double] = [:]

    init(_ steps: [PlannedStep]) {
        self.steps = steps
        byKey = Dictionary(steps.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func step(_ key: StepKey) -> PlannedStep? { byKey[key] }

    mutating func finish(_ key: StepKey) {
        done.insert(key)
        running.remove(key)
        failed[key] = nil
    }

    mutating func start(_ keys: some Sequence<StepKey>) { running.formUnion(keys) }
    mutating func release(_ key: StepKey) { running.remove(key) }

    mutating func fail(_ key: StepKey, _ message: String) {
        guard !done.contains(key) else { return }
        failed[key] = message
        running.remove(key)
    }

    /// - Returns: seconds to wait before the next try; none where it was tried often enough.
    mutating func retry(_ key: StepKey, most: Int, first: Double, now: Double) -> Double? {
        let tried = (attempts[key] ?? 0) + 1
        attempts[key] = tried
        running.remove(key)
        guard tried < most else { return nil }
        let delay = first * Double(1 << min(tried - 1, 10))
        notBefore[key] = now + delay
        return delay
    }

    /// The failed step that keeps another from being done, by what is kept.
    var blocked: [StepKey: StepKey] {
        var blocked: [StepKey: StepKey] = [:]
        for step in steps where !done.contains(step.key) && failed[step.key] == nil {
            for read in step.reads {
                if let by = failed[read.key] != nil ? read.key : blocked[read.key] { blocked[step.key] = by }
            }
        }
        return blocked
    }

    /// Whether nothing more can come of it.
    var isOver: Bool {
        let blocked = blocked
        return steps.allSatisfy { done.contains($0.key) || failed[$0.key] != nil || blocked[$0.key] != nil }
    }

    /// What could be done now in a lane, in the plan's order: each a step, or what is ready of a cohort.
    func ready(in lane: StepKind.Lane, now: Double) -> [[PlannedStep]] {
        var groups: [[PlannedStep]] = []
        var places: [String: Int] = [:]
        for step in steps where step.lane == lane && isReady(step, now: now) {
            if let cohort = step.cohort {
                if let place = places[cohort] {
                    groups[place].append(step)
                    continue
                }
                places[cohort] = groups.count
            }
            groups.append([step])
        }
        return groups
    }

    private func isReady(_ step: PlannedStep, now: Double) -> Bool {
        !done.contains(step.key) && failed[step.key] == nil && !running.contains(step.key)
            && (notBefore[step.key] ?? 0) <= now && step.reads.allSatisfy { done.contains($0.key) }
    }
}
