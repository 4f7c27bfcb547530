import ArgumentParser
import Foundation
import Studies
import Synchronization
import Weighing

struct RunCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a study: every step once, whatever interrupts it.",
        usage: "emlab run <study> --store <store> [--hours <hours>] …",
        discussion: """
            Killed at any moment, the same command goes on. Several processes may run one study over one store and \
            share its work. A step that fails doesn't stop the others. At the end the study's claims are weighed over \
            what the store has by then: verdicts in words to stdout, all of it to STORE/evidence/STUDY.json, and \
            emlab weigh --study --store tells it in full.

            For example:
              emlab run studies/pocket.yaml --store results
              emlab run studies/thesis.yaml --store results --hours 8
            """)

    @OptionGroup var planning: PlanningOptions

    @Option(help: "Where results lie; made where there is none.")
    var store: String

    @Option(help: "Stop cleanly after so many hours of the device, those of earlier runs included.")
    var hours: Double?

    @Option(help: "Stop cleanly after so much money, device and endpoints together.")
    var money: Double?

    @Option(help: "Stop cleanly after so many requests to endpoints.")
    var requests: Int?

    @Option(help: "Where it runs: cpu, cuda or cuda:N.")
    var device: String = "cpu"

    @Option(help: "How often a step that fails for a passing reason is tried.")
    var attempts: Int = 3

    @Option(help: "A preregistration: say in what the study differs from it before it runs.")
    var preregistered: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard attempts >= 1 else { throw ValidationError("--attempts must be at least 1") }
        if let hours, !(hours > 0) { throw ValidationError("--hours must be above 0") }
        if let money, !(money > 0) { throw ValidationError("--money must be above 0") }
        if let requests, requests < 1 { throw ValidationError("--requests must be at least 1") }
    }

    mutating func run() throws {
        let store = try Store(URL(filePath: store))
        let plan = try planning.plan(store)
        guard !plan.isProvisional else {
            throw ConsoleError(
                "\(plan.study.name) can't run yet:\n" + plan.problems.map { "- \($0)" }.joined(separator: "\n"))
        }
        for problem in plan.problems { logger.warning("\(problem)") }
        if let preregistered {
            let record = try Preregistration(Data(contentsOf: URL(filePath: preregistered)), file: preregistered)
            for deviation in record.deviations(of: plan) {
                logger.warning("not as preregistered: \(deviation)")
                try store.ledger.note("not as preregistered: \(deviation)", level: "warning", study: plan.study.name)
            }
        }
        let summary = try run(plan, store)
        for (step, message) in summary.failed { Console.say("failed: \(step.label): \(message)") }
        for (step, by) in summary.blocked { logger.info("blocked: \(step.label), by \(by.label)") }
        if !summary.blocked.isEmpty { Console.say("\(summary.blocked.count.counted("step")) blocked by what failed") }
        if let stopped = summary.stopped {
            let kept = "\(summary.done.count) of \(plan.steps.count) steps are done; the same command goes on"
            if case .asked = stopped { throw Interruption(kept: kept) }
            Console.say("stopped: \(stopped); \(kept)")
            throw ExitCode(1)
        }
        try weigh(plan, store)
        Console.say(
            "\(plan.study.name): \(summary.done.count) of \(plan.steps.count) steps done, results in \(self.store)")
        if !summary.isComplete { throw ExitCode(1) }
    }

    private func weigh(_ plan: Plan, _ store: Store) throws {
        let found = StudyEvidence(plan, store: store)
        guard let evidence = try found.weigh() else { return }
        try found.write(evidence)
        if !evidence.verdicts.isEmpty { try Console.show(EvidenceText.verdicts(evidence, width: Console.width)) }
        Console.say("evidence in \(found.file.relativePath)")
    }

    private func run(_ plan: Plan, _ store: Store) throws -> RunSummary {
        var limits = plan.study.limits
        limits.hours = hours ?? limits.hours
        limits.money = money ?? limits.money
        limits.requests = requests ?? limits.requests
        var settings = StudyRun.Settings()
        settings.attempts = attempts
        let stop = StopSignal()
        let view = RunView(plan)
        let run = StudyRun(
            plan, store: store, runner: CommandRunner(plan: plan, store: store, device: device), limits: limits,
            settings: settings, stop: stop, watch: { view.show($0) })
        // The work has threads of its own; this one waits, and hears Ctrl-C.
        let result = Mutex<Result<RunSummary, any Error>?>(nil)
        Task {
            let outcome: Result<RunSummary, any Error>
            do { outcome = .success(try await run.run()) } catch { outcome = .failure(error) }
            result.withLock { $0 = outcome }
        }
        while true {
            if let outcome = result.withLock({ $0 }) {
                view.end()
                return try outcome.get()
            }
            if Interruption.isRequested { stop.set() }
            view.tick()
            Thread.sleep(forTimeInterval: 0.1)
        }
    }
}
