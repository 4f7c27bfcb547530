/// What happens while a study runs, for whoever watches.
public enum RunEvent: Sendable {
    /// Before the first step: done already, and all.
    case began(done: Int, of: Int)
    case started([PlannedStep])
    case progress(StepKey, done: Int, of: Int, detail: String?)
    case note(PlannedStep, String)
    case finished(PlannedStep, seconds: Double)
    /// Another process did it.
    case finishedElsewhere(PlannedStep)
    case retrying(PlannedStep, StepFailure, afterSeconds: Double)
    case failed(PlannedStep, StepFailure)
    /// Nothing can be done until another process is done.
    case waiting
    case stopping(StopReason)
}

/// Why a study stopped before its end.
public enum StopReason: Hashable, Sendable, CustomStringConvertible {
    case asked
    case limit(String)

    public var description: String {
        switch self {
        case .asked: "asked to stop"
        case .limit(let limit): limit
        }
    }
}

/// How a run of a study ended.
public struct RunSummary: Sendable {
    public var done: [PlannedStep] = []
    public var failed: [(step: PlannedStep, message: String)] = []
    /// With the step that failed.
    public var blocked: [(step: PlannedStep, by: PlannedStep)] = []
    public var left: [PlannedStep] = []
    public var stopped: StopReason?
    /// Done by this run itself.
    public var doneHere = 0

    public var isComplete: Bool { failed.isEmpty && blocked.isEmpty && left.isEmpty }
}
