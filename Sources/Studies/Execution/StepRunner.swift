import Foundation

/// Does steps: the one thing that the engine, endpoints and invented tests do differently.
public protocol StepRunner: Sendable {
    /// Does one step, or a cohort's arms side by side. Results go to each step's folder; what lies there already is what
    /// an earlier attempt left, to go on from or to replace. The same inputs must give the same results.
    ///
    /// Runs on a thread of its own lane and may block it. It asks ``StepReports/check()`` now and then, which throws
    /// where it is to stop; what it kept until then is there when it is asked again.
    ///
    /// - Returns: what went wrong, of those steps whose failure doesn't concern the others.
    /// - Throws: what concerns them all. A ``StepFailure`` says whether to try again.
    func run(_ work: [StepWork], reports: StepReports) async throws -> [StepKey: StepFailure]
}

/// One step to be done.
public struct StepWork: Sendable {
    public var step: PlannedStep
    /// Where its results go.
    public var folder: URL
    /// Where what it reads lies, by role: other steps' folders, models, data files.
    public var inputs: [String: URL]

    public init(step: PlannedStep, folder: URL, inputs: [String: URL]) {
        self.step = step
        self.folder = folder
        self.inputs = inputs
    }
}

/// Why a step was not done.
public struct StepFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What, where, and what to do.
    public var message: String
    /// Whether it may go away by itself.
    public var isTransient: Bool

    public init(_ message: String, isTransient: Bool = false) {
        self.message = message
        self.isTransient = isTransient
    }

    public var description: String { message }
}

/// How a runner speaks of its work while it is under way.
public struct StepReports: Sendable {
    let stop: StopSignal
    let onProgress: @Sendable (StepKey, Int, Int, String?) -> Void
    let onSpending: @Sendable (StepKey, Int, Double) -> Void
    let onNote: @Sendable (StepKey, String) -> Void

    /// - Throws: `CancellationError` where the work is to stop.
    public func check() throws {
        if stop.isSet { throw CancellationError() }
        try Task.checkCancellation()
    }

    /// - Parameters:
    ///   - done: optimiser steps, answers, requests… of `total`.
    ///   - detail: what else to show, like "loss 0.83".
    public func progress(_ key: StepKey, done: Int, of total: Int, detail: String? = nil) {
        onProgress(key, done, total, detail)
    }

    /// What endpoints took, as it is spent.
    ///
    /// - Throws: `CancellationError` where that was the last that could be afforded.
    public func spent(_ key: StepKey, requests: Int, money: Double = 0) throws {
        onSpending(key, requests, money)
        try check()
    }

    public func note(_ key: StepKey, _ message: String) { onNote(key, message) }
}
