public import Endpoints

/// Many answers judged by one endpoint.
public enum JudgingRun {
    /// Judges answers, several at once; each is handed over as soon as it is done, in any order.
    ///
    /// An answer that the endpoint refuses or fails to judge (too long for it, filtered, an unreadable reply) is
    /// `unjudged` with a note. What would befall every answer (no connection, no money, a wrong key) ends the run.
    ///
    /// - Parameters:
    ///   - mostFailures: answers that may fail so before the run ends with the last one's error.
    ///   - onJudgement: called one at a time, with the answer's place.
    /// - Throws: the first error of the endpoint that is not one answer's, or of `onJudgement`; what is under way is given
    ///   up. Cancelling the task does the same.
    public static func verdicts(
        on answers: [AnswerRecord], by choice: JudgeChoice, asking: Asking, endpoint: any ChatEndpoint,
        mostFailures: Int = .max, onJudgement: (Int, Judgement) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Result<Judgement, EndpointError>).self) { group in
            var (next, failures) = (0, 0)
            func start() {
                guard next < answers.count else { return }
                let (place, answer) = (next, answers[next])
                let judge = choice.judge(for: answer, asking: asking)
                group.addTask {
                    do { return (place, .success(try await judge.verdict(on: answer.text, by: endpoint))) } catch let
                        error as EndpointError where error.isOneRequests
                    {
                        return (place, .failure(error))
                    }
                }
                next += 1
            }
            for _ in 0..<max(1, endpoint.concurrency) { start() }
            while let (place, result) = try await group.next() {
                try Task.checkCancellation()
                switch result {
                case .success(let verdict): try onJudgement(place, verdict)
                case .failure(let error):
                    failures += 1
                    guard failures <= mostFailures else { throw error }
                    try onJudgement(
                        place,
                        Judgement(
                            fate: answers[place].isTruncated ? .truncated : .unjudged, note: "\(error.what)"))
                }
                start()
            }
        }
    }
}

extension EndpointError {
    /// It is about this request and not about all: another may well be answered.
    var isOneRequests: Bool {
        switch reason {
        case .invalid, .timeout, .malformedReply: true
        case .status(let code): [400, 413, 422, 500].contains(code)
        case .budget, .connection, .wrongModel, .closed, .store: false
        }
    }
}
