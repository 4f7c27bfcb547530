import Crypto
import Endpoints
import Evidence
import Foundation
import Judging

/// Everything that `emlab judge` does once its options are read.
struct JudgingJob: Sendable {
    struct Judge: Sendable {
        var name: String
        var path: String
        /// What of the endpoint's file decides its replies.
        var content: String
    }

    var records: [AnswerRecord]
    var choice: JudgeChoice
    var judges: [Judge]
    var replyTokens: Int?
    /// The share of answers that may fail one by one.
    var mostFailures: Double
    var calls: String
    var maxRequests: Int?
    var maxCost: Double?
    var out: String?
    /// What else decides the judgements, in words.
    var settings: String

    private struct Place: Hashable {
        var judge: Int
        var record: Int
    }

    /// Judges what is not judged yet, keeps each judgement at once, writes all of them when they are complete.
    func run() async throws {
        let file = try out.map { try UnfinishedLines<JudgedAnswer>(out: $0, identity: try identity()) }
        var lines: [Place: JudgedAnswer] = [:]
        let places = Dictionary(records.enumerated().map { ($1.identity, $0) }, uniquingKeysWith: { first, _ in first })
        for line in file?.kept ?? [] {
            guard let judge = judges.firstIndex(where: { $0.name == line.judge }), let record = places[line.identity]
            else { continue }
            lines[Place(judge: judge, record: record)] = line
        }
        let total = records.count * judges.count
        if !lines.isEmpty { Console.say("continuing after \(lines.count) of \(total) judgements") }
        let progress = Progress("judging", total: total, unit: "answers", from: lines.count)
        var cost: Double?
        do {
            for (index, judge) in judges.enumerated() {
                let left = records.indices.filter { lines[Place(judge: index, record: $0)] == nil }
                guard !left.isEmpty else { continue }
                let endpoint = try open(judge)
                let asking = try await Asking.found(for: endpoint, tokens: replyTokens)
                logger.debug("\(judge.name): numbers are read as \(asking.form.rawValue)")
                if asking.form == .text {
                    logger.notice("\(judge.name) gives no log-probabilities: scores are the numbers in its replies")
                }
                try await JudgingRun.verdicts(
                    on: left.map { records[$0] }, by: choice, asking: asking, endpoint: endpoint,
                    mostFailures: max(3, Int((Double(records.count) * mostFailures).rounded(.up)))
                ) { place, verdict in
                    let record = records[left[place]]
                    let line = JudgedAnswer(
                        record, verdict, by: choice.judge(for: record, asking: asking), named: judge.name,
                        asking: asking)
                    try file?.append(line)
                    lines[Place(judge: index, record: left[place])] = line
                    if let paid = verdict.cost { cost = (cost ?? 0) + paid }
                    progress.update(
                        done: lines.count, adding: 1,
                        detail: cost.map { "cost \(String(format: "%.4g", $0))" } ?? "")
                }
                await endpoint.shutdown()
            }
        } catch {
            progress.end()
            let kept = file.map { "\(lines.count) of \(total) judgements are kept in \($0.partial)" }
            if error is CancellationError {
                throw Interruption(kept: kept.map { $0 + "; the same command continues from there" })
            }
            if let kept, !lines.isEmpty { Console.say(kept) }
            throw error
        }
        progress.update(done: total, adding: 0)
        let sorted = lines.sorted { ($0.key.judge, $0.key.record) < ($1.key.judge, $1.key.record) }.map(\.value)
        if let file {
            try file.finish(sorted)
            Console.say("judgements in \(file.out)")
        } else {
            for line in sorted { try Console.emit(line) }
        }
        summarise(sorted)
    }

    private func open(_ judge: Judge) throws -> any ChatEndpoint {
        var arguments = ["--endpoint", judge.path, "--calls", calls]
        if let maxRequests { arguments += ["--max-requests", String(maxRequests)] }
        if let maxCost { arguments += ["--max-cost", String(maxCost)] }
        return try EndpointOptions.parse(arguments).open()
    }

    /// Everything that decides the judgements, so that a continued run is the same run.
    private func identity() throws -> [String: String] {
        func hash(_ value: some Encodable) throws -> String {
            SHA256.hash(data: try Console.encode(value)).map { String(format: "%02x", $0) }.joined()
        }
        let prompts = records.map { choice.judge(for: $0, asking: Asking()).promptFingerprints }
        return [
            "answers": try hash(records), "prompts": try hash(prompts), "settings": settings,
            "endpoints": try hash(judges.map { [$0.name, $0.content] }),
        ]
    }

    /// Fates by arm and judge, on stderr.
    private func summarise(_ lines: [JudgedAnswer]) {
        var seen: Set<[String]> = []
        let groups = lines.map { [$0.judge, $0.arm] }.filter { seen.insert($0).inserted }
        for group in groups {
            let own = lines.filter { $0.judge == group[0] && $0.arm == group[1] }
            let fates = Fate.allCases.map { fate in (fate, own.count { $0.fate == fate }) }.filter { $0.1 > 0 }
            Console.say(
                "\(judges.count > 1 ? group[0] + ": " : "")\(group[1]): "
                    + fates.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
                    + " of \(own.count.counted("answer"))")
        }
        let silent = lines.count { line in
            line.note == nil && !line.replies.isEmpty && (line.fate == .unjudged || line.fate == .truncated)
        }
        if silent * 4 > lines.count {
            logger.warning(
                "\(silent) of \(lines.count.counted("answer")) got no usable score: numbers had less than 25 % of the judge's probability, or its text had none. See \"replies\"; is this model able to judge?"
            )
        }
        if let failed = lines.first(where: { $0.note != nil }) {
            let count = lines.count { $0.note != nil }
            logger.warning(
                "\(count.counted("answer")) could not be judged and count as unjudged; the first: \(failed.note ?? "")")
        }
    }

    // MARK: - Before anything is spent

    struct Estimate: Encodable {
        var judge: String
        var answers: Int
        var calls: Int
        var stored: Int
        var mostTokens: Int
        var mostCost: Double?

        enum CodingKeys: String, CodingKey {
            case judge, answers, calls, stored
            case mostTokens = "most_tokens"
            case mostCost = "most_cost"
        }
    }

    /// What judging may take at most, by judge; only what is in the store is asked.
    func estimates() async throws -> [Estimate] {
        var estimates: [Estimate] = []
        for judge in judges {
            let endpoint = try open(judge)
            var asking = Asking(tokens: replyTokens)
            let probe = Asking.probe(tokens: replyTokens)
            if try endpoint.mostTaken(by: probe).requests == 0 {
                asking = try await Asking.found(for: endpoint, tokens: replyTokens)
            }
            var estimate = Estimate(judge: judge.name, answers: records.count, calls: 0, stored: 0, mostTokens: 0)
            var cost = 0.0
            for record in records {
                for request in choice.judge(for: record, asking: asking).requests(for: record.text).values {
                    let most = try endpoint.mostTaken(by: request)
                    estimate.calls += 1
                    estimate.stored += most.requests == 0 ? 1 : 0
                    estimate.mostTokens += most.tokens
                    cost += most.cost
                }
            }
            if endpoint.price != nil { estimate.mostCost = cost }
            await endpoint.shutdown()
            estimates.append(estimate)
        }
        return estimates
    }
}
