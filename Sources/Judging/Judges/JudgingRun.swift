public import Endpoints

/// Many answers judged by one endpoint.
public enum JudgingRun {
    /// Judges answers, several at once; each is handed over as soon as it is done, in any order.
    ///
    /// - Parameters:
    ///   - atOnce: answers under way; the endpoint has its own limit beside it.
    ///   - onVerdict: called one at a time, with the answer's place.
    /// - Throws: the first error of the endpoint or of `onVerdict`; what is under way is given up. Cancelling the task
    ///   does the same.
    public static func verdicts(
        on answers: [AnswerRecord], by choice: JudgeChoice, asking: Asking, endpoint: any ChatEndpoint,
        atOnce: Int = 32, onVerdict: (Int, Verdict) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Verdict).self) { group in
            var next = 0
            func start() {
                guard next < answers.count else { return }
                let (place, answer) = (next, answers[next])
                let judge = choice.judge(for: answer, asking: asking)
                group.addTask { (place, try await judge.verdict(on: answer.text, by: endpoint)) }
                next += 1
            }
            for _ in 0..<max(1, atOnce) { start() }
            while let (place, verdict) = try await group.next() {
                try Task.checkCancellation()
                try onVerdict(place, verdict)
                start()
            }
        }
    }
}
