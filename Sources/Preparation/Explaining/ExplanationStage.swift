public import Corpora
public import Endpoints
public import Foundation

/// A reasoning model explains programs: each explanation is checked against its program.
public struct ExplanationStage: Sendable {
    /// Tokens that an explanation with its reasoning usually has: for estimates.
    static let usualAnswer = 1_200

    public var asking: AskingSettings
    public var limit: RejectionLimit
    /// Only the first so many programs.
    public var count: Int?

    public init(asking: AskingSettings = .init(), limit: RejectionLimit = .init(), count: Int? = nil) {
        self.asking = asking
        self.limit = limit
        self.count = count
    }

    /// What asking about all programs once would take.
    public func estimate(_ files: [URL], endpoint: any ChatEndpoint) throws -> AskingEstimate {
        let requests = try programs(files).map {
            asking.request(ExplanationPrompt.messages($0), draw: 0, schema: ExplanationPrompt.schema)
        }
        return AskingEstimate(requests, answer: Self.usualAnswer, to: endpoint)
    }

    /// Explains the programs of `files` and writes `out` with its manifest; goes on where a cut-short run ended.
    ///
    /// - Returns: the manifest.
    /// - Throws: `CorpusError`, ``StageError``, `CancellationError`.
    public func run(
        _ files: [URL], endpoint: any ChatEndpoint, out: URL, onProgress: (StageProgress) -> Void = { _ in }
    ) async throws -> StageManifest {
        let programs = try programs(files)
        var settings = asking.words
        settings["count"] = count.map { String($0) }
        var manifest = StageManifest(
            stage: "explain", inputs: try files.map(FileIdentity.of), settings: settings,
            prompt: ExplanationPrompt.fingerprint, endpoints: ["endpoint": endpoint.identity])
        let unfinished = try UnfinishedRecords<Explanation>(out: out, identity: manifest.identity)
        let records = try await StageRun.records(
            of: programs, what: "programs", id: \.id, concurrency: endpoint.concurrency, limit: limit,
            unfinished: unfinished, work: { try await record(of: $0, endpoint: endpoint) }, onProgress: onProgress)
        manifest.settings["max_rejected"] = String(limit.share)
        let weaknesses = Dictionary(programs.map { ($0.id, $0.weakness) }, uniquingKeysWith: { first, _ in first })
        let known = records.compactMap(\.value).compactMap { found in
            (weaknesses[found.program] ?? nil).map { $0 == found.weakness }
        }
        if !known.isEmpty {
            manifest.counts["weakness known"] = known.count
            manifest.counts["weakness as known"] = known.count { $0 }
        }
        manifest = try StageFiles.write(records, to: out, manifest: manifest)
        unfinished.remove()
        return manifest
    }

    /// One program's explanation, or why there is none.
    public func record(of program: ReviewedProgram, endpoint: any ChatEndpoint) async throws -> StageRecord<Explanation>
    {
        var record = StageRecord<Explanation>(item: program.id, value: nil)
        for draw in 0..<max(1, asking.tries) {
            let reply = try await endpoint.reply(
                to: asking.request(ExplanationPrompt.messages(program), draw: draw, schema: ExplanationPrompt.schema))
            record.spent = record.spent + Spending(reply)
            switch Self.explanation(in: reply, of: program) {
            case .success(let explanation):
                record.value = explanation
                record.rejections = []
                return record
            case .failure(let found): record.rejections = found.rejections
            }
        }
        return record
    }

    struct Rejected: Error { var rejections: [Rejection] }

    /// What a reply explains, if it is an explanation of this very program.
    static func explanation(in reply: ChatReply, of program: ReviewedProgram) -> Result<Explanation, Rejected> {
        func refused(_ reason: String, _ detail: String) -> Result<Explanation, Rejected> {
            .failure(Rejected(rejections: [Rejection(reason, detail: detail, reply: reply.content)]))
        }
        if let refusal = reply.refusal { return refused("the model refuses", refusal) }
        if reply.finishReason == .contentFilter {
            return refused("the server filtered the answer", "finish_reason is content_filter")
        }
        if reply.object?["none"]?.bool == true {
            return refused("the model finds no weakness", "it answers {\"none\": true}")
        }
        let found: Explanation
        do {
            found = try ExplanationReply.read(reply.content, program: program.id, reasoning: reply.reasoning)
        } catch {
            let cut = reply.finishReason == .length ? "the answer was cut at the token limit" : nil
            return refused(cut ?? "the reply is no explanation", "\(error)")
        }
        let rejections = ExplanationCheck.rejections(found, program: program.program)
        guard rejections.isEmpty else {
            return .failure(
                Rejected(
                    rejections: rejections.map { Rejection($0.kind, detail: $0.description, reply: reply.content) }))
        }
        return .success(found)
    }

    private func programs(_ files: [URL]) throws -> [ReviewedProgram] {
        let all = try ReviewedProgram.read(files)
        return count.map { Array(all.prefix($0)) } ?? all
    }
}

extension ExplanationCheck.Rejection {
    /// The kind of reason, without the names and numbers.
    var kind: String {
        switch self {
        case .noLines: "no line is named"
        case .lineOutside: "a line is named that the program hasn't"
        case .blankLine: "a line is named that is blank"
        case .unknownIdentifier: "an identifier is named that isn't in the program"
        case .emptyField: "a field is empty"
        }
    }
}
