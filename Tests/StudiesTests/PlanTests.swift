import Foundation
import Studies
import Testing

@Suite("A plan")
struct PlanTests {
    let workshop: Workshop

    init() throws { workshop = try Workshop() }

    @Test("has what arms share once, and every step after what it reads")
    func shared() throws {
        let plan = try workshop.plan()
        #expect(plan.steps.count == 37)
        #expect(plan.steps.count { $0.kind == .pretrain } == 1)
        #expect(plan.steps.count { $0.kind == .sample } == 9)
        var seen: Set<StepKey> = []
        for step in plan.steps {
            #expect(step.reads.allSatisfy { seen.contains($0.key) })
            #expect(seen.insert(step.key).inserted)
        }
    }

    @Test("does every arm's first seed before any arm's second")
    func order() throws {
        let tunes = try workshop.plan().steps.filter { $0.kind == .tune }
        #expect(tunes.map { $0.arm["seed"] } == [1, 1, 1, 1, 2, 2, 2, 2])
    }

    @Test("trains arms side by side that share base, rows and order")
    func cohorts() throws {
        let plan = try workshop.plan()
        let cohorts = plan.cohorts.values
        // Two bases and two seeds; ranks differ within.
        #expect(cohorts.count == 4)
        #expect(cohorts.allSatisfy { $0.count == 2 })
    }

    @Test("keys say what decides a result, and nothing else")
    func keys() throws {
        func organisms(_ old: String, _ new: String) throws -> Set<StepKey> {
            let text = Workshop.study.replacingOccurrences(of: old, with: new)
            return Set(try workshop.plan(text).steps.filter { $0.kind == .tune }.map(\.key))
        }
        let keys = try organisms("", "")
        #expect(try organisms("study: invented", "study: renamed") == keys)
        #expect(
            try organisms("data: rows\n", "data: rows\n    lr: 1.0e-4\n    alpha: 16.0\n    targets: down,up,gate\n")
                == keys)
        #expect(try organisms("data: rows\n", "data: rows\n    beta: 0.5\n") == keys)
        #expect(try organisms("n: rows", "x").isDisjoint(with: keys) == false)
        #expect(try organisms("data: rows\n", "data: rows\n    lr: 2e-4\n").isDisjoint(with: keys))
        // The primed half changes with its base, the other doesn't.
        #expect(try organisms("rank: 4}", "rank: 5}").intersection(keys).count == 4)
        try workshop.write("rows.jsonl", "{}\n")
        #expect(try organisms("", "").isDisjoint(with: keys))
    }

    @Test("alpha grows with rank as its rule says; the same effective setting is the same step")
    func alphaRule() throws {
        let text = Workshop.study.replacingOccurrences(
            of: "      rank: [1, 8]", with: "      rank: [1, 4]\n      alpha_rule: [fixed, times-rank, times-sqrt-rank]"
        )
        let tunes = try workshop.plan(text).steps.filter {
            $0.kind == .tune && $0.arm["seed"] == 1 && $0.arm["model"] == "small"
        }
        let settings = Set(tunes.map { "\($0.parameters["rank"]?.shown ?? "") \($0.parameters["alpha"]?.shown ?? "")" })
        #expect(settings == ["1 16", "4 16", "4 64", "4 32"])
        #expect(tunes.count == 4)
    }

    @Test("preferences share one reference pass")
    func reference() throws {
        let text = Workshop.study.replacingOccurrences(
            of: "data: rows\n", with: "data: pairs\n    objective: dpo\n"
        ).replacingOccurrences(of: "steps:\n", with: "steps:\n  pairs: {kind: pair, data: programs}\n")
        let plan = try workshop.plan(text)
        // One for each base.
        #expect(plan.steps.count { $0.kind == .reference } == 2)
        #expect(plan.steps.filter { $0.kind == .tune }.allSatisfy { $0.read("reference") != nil })
    }

    @Test("what doesn't fit is said with what would help")
    func memory() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let configuration = root.appending(path: "studies/configurations/qwen2.5-32b.json").path
        let text = Workshop.study.replacingOccurrences(
            of: "{path: nowhere.gguf}", with: "{path: Some/Model@v1, dtype: bfloat16, configuration: \(configuration)}"
        ).replacingOccurrences(of: "study: invented", with: "study: invented\ndevice: rtx-5090")
        let plan = try workshop.plan(text)
        #expect(plan.problems.contains { $0.contains("organism") && $0.contains("NF4") })
        #expect(plan.problems.contains { $0.contains("Some/Model@v1 is not in the Hugging Face cache") })
        #expect(plan.isProvisional)
    }

    @Test("finished steps calibrate what is to come")
    func calibration() {
        let rates = Rates().calibrated(by: [(.tune, 10, 20), (.tune, 10, 40), (.tune, 10, 30), (.sample, 0, 3)])
        #expect(rates.measured == ["tune": 3])
    }

    @Test(
        "the same text of a value, however it was made",
        arguments: [
            (Value.object(["b": 1, "a": [.number(2), .null, "x\"\n"]]), #"{"a":[2,null,"x\"\n"],"b":1}"#),
            (Value.number(1e-5), "1e-05"), (Value.number(3), "3"), (Value.flag(true), "true"),
        ])
    func canonical(value: Value, text: String) throws {
        #expect(CanonicalJSON.text(value) == text)
        #expect(
            try JSONDecoder().decode(Value.self, from: Data("[\(text)]".utf8)).list?.first.map(CanonicalJSON.text)
                == text)
    }
}

@Suite("The studies that emlab ships")
struct ShippedStudyTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(
        "have no mistakes, and plans with estimates",
        arguments: [
            "pocket", "thesis", "baseline-32b", "betley-2025", "rank-one-2025",
        ])
    func plans(name: String) throws {
        let study = try Study.read(Self.root.appending(path: "studies/\(name).yaml"))
        #expect(study.name == name)
        #expect(!study.claims.isEmpty)
        let plan = Plan(study, hub: HubCache(environment: ["HF_HOME": "/nowhere"]))
        #expect(plan.steps.count > 5)
        // The pocket model may not be fetched yet; the others bring a configuration.
        if name != "pocket" { #expect(plan.steps.allSatisfy { $0.estimate.isComplete }, "\(plan.problems)") }
        print(PlanTable(plan).text())
    }
}
