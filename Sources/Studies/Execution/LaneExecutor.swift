import Dispatch

/// A thread for a lane: its work may block without keeping anything else from running.
final class LaneExecutor: TaskExecutor {
    private let queue: DispatchQueue

    init(_ lane: StepKind.Lane) { queue = DispatchQueue(label: "lane \(lane.rawValue)") }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
