import Foundation
import Studies
import Synchronization
import Testing

/// Fails where it is told to.
private final class MoodyRunner: StepRunner {
    let fails: @Sendable (PlannedStep, Int) -> StepFailure?
    let tries = Mutex<[StepKey: Int]>([:])
    let order = Mutex<[String]>([])

    init(_ fails: @escaping @Sendable (PlannedStep, Int) -> StepFailure? = { _, _ in nil }) { self.fails = fails }

    func run(_ work: [StepWork], reports: StepReports) async throws -> [StepKey: StepFailure] {
        var failures: [StepKey: StepFailure] = [:]
        for work in work {
            try reports.check()
            let count = tries.withLock { tries in
                tries[work.step.key, default: 0] += 1
                return tries[work.step.key] ?? 0
            }
            order.withLock { $0.append(work.step.label) }
            if work.step.lane == .endpoint { try reports.spent(work.step.key, requests: 10, money: 0.5) }
            if let failure = fails(work.step, count) {
                failures[work.step.key] = failure
            } else {
                try Data("x".utf8).write(to: work.folder.appending(path: "result.txt"))
            }
        }
        return failures
    }
}

@Suite("A run of a study")
struct StudyRunTests {
    let workshop: Workshop
    let store: Store

    init() throws {
        workshop = try Workshop()
        store = try Store(workshop.folder.appending(path: "store"))
    }

    private func run(_ runner: MoodyRunner, limits: Study.Limits? = nil, stop: StopSignal = StopSignal()) async throws
        -> RunSummary
    {
        var settings = StudyRun.Settings()
        settings.interval = 0.02
        settings.firstDelay = 0.02
        return try await StudyRun(
            try workshop.plan(store: store), store: store, runner: runner, limits: limits, settings: settings,
            stop: stop
        ).run()
    }

    @Test("does everything once; another does nothing")
    func once() async throws {
        let first = MoodyRunner()
        #expect(try await run(first).isComplete)
        #expect(first.tries.withLock { $0.values.allSatisfy { $0 == 1 } && $0.count == 37 })
        let second = MoodyRunner()
        let summary = try await run(second)
        #expect(summary.isComplete)
        #expect(summary.doneHere == 0)
        let done = try #require(store.done(summary.done[0]))
        #expect(done.results["result.txt"]?.bytes == 1)
    }

    @Test("one arm's failure leaves the others alone; what reads it is blocked; a later run tries it again")
    func failure() async throws {
        let runner = MoodyRunner { step, _ in
            step.kind == .tune && step.arm["rank"] == 8 && step.arm["seed"] == 2 && step.arm["model"] == "small"
                ? StepFailure("loss is not finite at step 3") : nil
        }
        let summary = try await run(runner)
        #expect(summary.failed.map(\.message) == ["loss is not finite at step 3"])
        // Its answers, their scores, its contrast.
        #expect(summary.blocked.count == 3)
        #expect(summary.done.count == 33)
        #expect(try store.ledger.status(of: "invented").count("failed") == 1)
        let log = try store.logs(matching: "organism rank=8 seed=2 model=small")
        #expect(log.contains { $0.events.contains { $0.message.contains("not finite") } })
        let again = try await run(MoodyRunner())
        #expect(again.isComplete)
        #expect(again.doneHere == 4)
    }

    @Test("what fails for a passing reason is tried again, but not for ever")
    func transient() async throws {
        let runner = MoodyRunner { step, count in
            step.name == "explained" && count < 3 ? StepFailure("the server is busy", isTransient: true) : nil
        }
        #expect(try await run(runner).isComplete)
        let stubborn = try Workshop()
        let store = try Store(stubborn.folder.appending(path: "store"))
        var settings = StudyRun.Settings()
        settings.interval = 0.02
        settings.firstDelay = 0.01
        let busy = MoodyRunner { step, _ in
            step.name == "explained" ? StepFailure("the server is busy", isTransient: true) : nil
        }
        let summary = try await StudyRun(
            try stubborn.plan(store: store), store: store, runner: busy, settings: settings
        ).run()
        #expect(summary.failed.count == 1)
        #expect(busy.tries.withLock { $0.values.max() } == 3)
        #expect(summary.blocked.contains { $0.step.name == "primed" })
    }

    @Test("stops cleanly at a limit, and goes on when it is raised")
    func limit() async throws {
        let summary = try await run(MoodyRunner(), limits: .init(requests: 30))
        guard case .limit(let limit)? = summary.stopped else {
            Issue.record("not stopped by a limit")
            return
        }
        #expect(limit.contains("30 requests"))
        #expect(!summary.left.isEmpty)
        #expect(summary.failed.isEmpty)
        let spent = try store.ledger.spent(by: "invented")
        #expect(spent.requests == 30)
        let rest = try await run(MoodyRunner(), limits: .init(requests: 1000))
        #expect(rest.isComplete)
    }

    @Test("stops when it is asked to")
    func asked() async throws {
        let stop = StopSignal()
        stop.set()
        let summary = try await run(MoodyRunner(), stop: stop)
        #expect(summary.stopped == .asked)
        #expect(summary.done.isEmpty)
    }
}

@Suite("A preregistration")
struct PreregistrationTests {
    let workshop: Workshop

    init() throws { workshop = try Workshop() }

    @Test("opens as it was sealed, and not after a change")
    func seal() throws {
        let record = try Preregistration(try workshop.plan())
        let data = try record.data()
        #expect(try Preregistration(data, file: "record").seal == record.seal)
        let forged = Data(
            String(decoding: data, as: UTF8.self).replacingOccurrences(of: "falling", with: "rising").utf8)
        #expect(throws: PreregistrationError.self) { try Preregistration(forged, file: "record") }
    }

    @Test("says whose it is where it is signed")
    func signed() throws {
        let key = try Preregistration.key(Data((0..<32).map { UInt8($0) }), file: "key")
        let data = try Preregistration(try workshop.plan(), key: key).data()
        #expect(try Preregistration(data, file: "record").publicKey != nil)
        var forged = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        forged["signature"] = Data(repeating: 1, count: 64).base64EncodedString()
        let bytes = try JSONSerialization.data(withJSONObject: forged)
        #expect(throws: PreregistrationError.self) { try Preregistration(bytes, file: "record") }
    }

    @Test("tells every deviation, claims first")
    func deviations() throws {
        let record = try Preregistration(try workshop.plan())
        #expect(record.deviations(of: try workshop.plan()).isEmpty)
        try workshop.write("rows.jsonl", "{}\n")
        let changed = Workshop.study.replacingOccurrences(of: "direction: falling", with: "direction: peak")
            .replacingOccurrences(of: "rank: [1, 8]", with: "rank: [1, 16]")
        let found = record.deviations(of: try workshop.plan(changed)).map(\.description)
        #expect(found.count == 3)
        #expect(found[0] == "claim claims.C1.direction: was falling, is peak")
        #expect(found[1] == "setting steps.organism.sweep.rank: was 1,8, is 1,16")
        #expect(found[2].hasPrefix("data rows: was "))
    }
}

@Suite("The Hugging Face cache")
struct HubCacheTests {
    let workshop: Workshop
    let commit = String(repeating: "a1", count: 20)

    init() throws {
        workshop = try Workshop()
        let model = workshop.folder.appending(path: "hub/models--Org--Name")
        let snapshot = model.appending(path: "snapshots/\(commit)")
        try FileManager.default.createDirectory(at: snapshot, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: model.appending(path: "refs"), withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: snapshot.appending(path: "config.json"))
        try Data(commit.utf8).write(to: model.appending(path: "refs/main"))
    }

    @Test("resolves a branch, a commit and a commit's beginning", arguments: ["main", "COMMIT", "a1a1a1a"])
    func resolves(revision: String) throws {
        let cache = HubCache(environment: ["HF_HOME": workshop.folder.path])
        let found = try cache.snapshot(of: "Org/Name", revision: revision == "COMMIT" ? commit : revision)
        #expect(found.commit == commit)
    }

    @Test("says what to do where a model isn't there")
    func absent() throws {
        let cache = HubCache(environment: [
            "HF_HUB_CACHE": workshop.folder.appending(path: "hub").path, "HF_HUB_OFFLINE": "1",
        ])
        do {
            _ = try cache.snapshot(of: "Org/Name", revision: "v2")
            Issue.record("found")
        } catch let error as ModelNotHere {
            #expect(error.what.contains("has no revision v2 of Org/Name, only a1a1a1a1a1a1"))
            #expect(error.remedy.contains("hf download Org/Name --revision v2"))
            #expect(error.remedy.contains("HF_HUB_OFFLINE"))
        }
        #expect(throws: ModelNotHere.self) { try cache.snapshot(of: "Org/Other") }
    }

    @Test("Hub ids are told from paths")
    func locations() {
        let nowhere = URL(filePath: "/nowhere")
        #expect(
            ModelLocation("Qwen/Qwen2.5-7B@main", at: nowhere) == .hub(repository: "Qwen/Qwen2.5-7B", revision: "main"))
        for path in ["../a/b.gguf", "models/x.gguf", "./Org/Name", "a/../../b", "Org/Name@../../etc"] {
            #expect(ModelLocation(path, at: nowhere) == .path(nowhere))
        }
    }
}
