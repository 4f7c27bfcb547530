import Corpora
public import Endpoints
public import Foundation

/// Finds each insecure program's secure counterpart: a published one where there is one, else a model's, accepted only
/// if it is a program, keeps the interface, differs, and nothing that saw the flaw still sees it.
public struct TwinStage: Sendable {
    public var asking: AskingSettings
    public var limit: RejectionLimit
    /// Only the first so many programs.
    public var count: Int?
    public var analyser: Bandit?
    /// Whether a twin is accepted though neither analyser nor judge could see the flaw in the first place.
    public var acceptsUnproven: Bool

    public init(
        asking: AskingSettings = .init(), limit: RejectionLimit = .init(), count: Int? = nil, analyser: Bandit? = nil,
        acceptsUnproven: Bool = false
    ) {
        self.asking = asking
        self.limit = limit
        self.count = count
        self.analyser = analyser
        self.acceptsUnproven = acceptsUnproven
    }

    /// - Parameters:
    ///   - insecure: files of programs.
    ///   - secure: chat rows whose prompts may be those of insecure ones.
    ///   - model: who repairs programs without a published twin; none: these are rejected.
    ///   - judge: who says whether a program still has a weakness.
    /// - Throws: `CorpusError`, ``StageError``, `CancellationError`.
    public func run(
        insecure: [URL], secure: URL?, model: (any ChatEndpoint)?, judge: (any ChatEndpoint)?, out: URL,
        onProgress: (StageProgress) -> Void = { _ in }
    ) async throws -> StageManifest {
        let all = try ReviewedProgram.read(insecure)
        let programs = count.map { Array(all.prefix($0)) } ?? all
        let published = try publishedTwins(programs, secure)
        var settings = asking.words
        settings["count"] = count.map { String($0) }
        settings["analyser"] = analyser?.command
        settings["accepts_unproven"] = String(acceptsUnproven)
        var endpoints: [String: [String: String]] = [:]
        endpoints["endpoint"] = model?.identity
        endpoints["judge"] = judge?.identity
        var manifest = StageManifest(
            stage: "twin", inputs: try (insecure + (secure.map { [$0] } ?? [])).map(FileIdentity.of),
            settings: settings, prompt: TwinPrompt.fingerprint, endpoints: endpoints)
        let unfinished = try UnfinishedRecords<Twin>(out: out, identity: manifest.identity)
        let records = try await StageRun.records(
            of: programs, what: "programs", id: \.id, concurrency: model?.concurrency ?? 4, limit: limit,
            unfinished: unfinished,
            work: { try await record(of: $0, published: published[$0.id], model: model, judge: judge) },
            onProgress: onProgress)
        manifest.settings["max_rejected"] = String(limit.share)
        for twin in records.compactMap(\.value) {
            manifest.counts["origin: \(twin.origin.rawValue)", default: 0] += 1
            manifest.counts["proof: \(twin.proof.rawValue)", default: 0] += 1
        }
        manifest = try StageFiles.write(records, to: out, manifest: manifest)
        unfinished.remove()
        return manifest
    }

    /// Secure answers to the very prompts of insecure ones, and fixes that the source gives, by the program's id. Where
    /// several rows share a prompt, the first goes with the first.
    private func publishedTwins(_ programs: [ReviewedProgram], _ secure: URL?) throws -> [String: String] {
        var places: [[ChatMessage]: [String]] = [:]
        for row in try secure.map(ChatRows.read) ?? [] {
            if let answer = row.answer { places[row.prompt, default: []].append(FencedCode.program(in: answer)) }
        }
        var used: [[ChatMessage]: Int] = [:]
        var found: [String: String] = [:]
        for program in programs {
            if let fixed = program.fixed {
                found[program.id] = fixed
            } else if let twins = places[program.request] {
                let next = used[program.request, default: 0]
                used[program.request] = next + 1
                if twins.indices.contains(next) { found[program.id] = twins[next] }
            }
        }
        return found
    }

    private func record(
        of program: ReviewedProgram, published: String?, model: (any ChatEndpoint)?, judge: (any ChatEndpoint)?
    ) async throws -> StageRecord<Twin> {
        var record = StageRecord<Twin>(item: program.id, value: nil)
        var twin = Twin(
            id: program.id, prompt: program.request, insecure: program.program, secure: published ?? "",
            cwe: program.weakness, origin: .published, proof: .published)
        if published != nil {
            record.rejections = try await flaws(of: &twin, program)
            if record.rejections.isEmpty { record.value = twin }
            return record
        }
        guard let model else {
            record.rejections = [Rejection("there is no published twin", detail: "no endpoint is given to ask for one")]
            return record
        }
        twin.origin = .model
        for draw in 0..<max(1, asking.tries) {
            let reply = try await model.reply(to: asking.request(TwinPrompt.repair(program), draw: draw))
            record.spent = record.spent + Spending(reply)
            (twin.reply, twin.reasoning, twin.proof) = (reply.content, reply.reasoning, .none)
            twin.secure = FencedCode.program(in: reply.content)
            if reply.finishReason == .length {
                record.rejections = [
                    Rejection("the answer was cut at the token limit", detail: "", reply: reply.content)
                ]
                continue
            }
            record.rejections = try await flaws(of: &twin, program)
            if record.rejections.isEmpty, twin.proof == .none, let judge {
                record.rejections = try await judged(&twin, program, judge, &record.spent)
            }
            if record.rejections.isEmpty, twin.proof == .none, !acceptsUnproven {
                record.rejections = [
                    Rejection(
                        "nothing shows that the flaw is gone",
                        detail: "neither analyser nor judge finds one in the insecure program")
                ]
            }
            for place in record.rejections.indices { record.rejections[place].reply = reply.content }
            if record.rejections.isEmpty {
                record.value = twin
                return record
            }
        }
        return record
    }

    /// What speaks against the twin; sets its proof where the analyser has one.
    private func flaws(of twin: inout Twin, _ program: ReviewedProgram) async throws -> [Rejection] {
        guard !twin.secure.allSatisfy(\.isWhitespace) else { return [Rejection("the answer is empty", detail: "")] }
        guard NormalisedText.code(twin.secure) != NormalisedText.code(twin.insecure) else {
            return [Rejection("it is the insecure program", detail: "nothing but white space differs")]
        }
        let pair = ProgramPair(
            id: program.id, vulnerable: twin.insecure, fixed: twin.secure, language: program.language)
        if twin.origin == .model, !program.lines.isEmpty, Set(pair.changedLines).isDisjoint(with: program.lines) {
            let named = program.lines.map(String.init).joined(separator: ", ")
            return [Rejection("the flawed lines are as they were", detail: "lines \(named)")]
        }
        guard program.language == .python else { return [] }
        var found: [Rejection] = []
        if try await PythonSyntax.check(twin.secure) == .doesNotParse {
            return [Rejection("it is no Python program", detail: "Python's parser refuses it")]
        }
        if twin.origin == .model {
            let missing = ProgramInterface(python: twin.insecure).missing(in: ProgramInterface(python: twin.secure))
            if !missing.isEmpty {
                found.append(
                    Rejection("the interface is another", detail: "it lacks " + missing.joined(separator: ", ")))
            }
        }
        if let analyser {
            guard case .found(let before) = try await analyser.findings(in: twin.insecure) else { return found }
            let after: [Bandit.Finding]
            switch try await analyser.findings(in: twin.secure) {
            case .found(let findings): after = findings
            case .unreadable(let reason):
                // A published twin stands as it was published.
                if twin.origin == .model { found.append(Rejection("the analyser can't read it", detail: reason)) }
                return found
            }
            (twin.before, twin.after) = (before, after)
            // What the analyser says of tests and imports at every turn (LOW) is no flaw to prove anything by.
            let serious = before.filter { $0.severity != "LOW" }
            let still = Set(serious.map(\.test)).intersection(after.map(\.test))
            let new = after.filter { $0.severity == "HIGH" && !before.map(\.test).contains($0.test) }
            if twin.origin == .model, !still.isEmpty || !new.isEmpty {
                let tests = (still.sorted() + new.map(\.test)).joined(separator: ", ")
                found.append(Rejection("the analyser still finds a flaw", detail: tests))
            } else if twin.proof == .none, !serious.isEmpty {
                twin.proof = .analyser
            }
        }
        return found
    }

    private func judged(
        _ twin: inout Twin, _ program: ReviewedProgram, _ judge: any ChatEndpoint, _ spent: inout Spending
    ) async throws -> [Rejection] {
        var verdicts: [Bool?] = []
        for text in [twin.insecure, twin.secure] {
            var request = asking.request(TwinPrompt.judge(text, program.language), draw: 0)
            request.temperature = 0
            let reply = try await judge.reply(to: request)
            spent = spent + Spending(reply)
            verdicts.append(TwinPrompt.isYes(reply.content))
        }
        if verdicts[1] == true { return [Rejection("the judge still finds a flaw", detail: "it answers YES")] }
        // Who sees no flaw in either can't tell that it is gone.
        if verdicts[0] == true, verdicts[1] == false { twin.proof = .judge }
        return []
    }
}
