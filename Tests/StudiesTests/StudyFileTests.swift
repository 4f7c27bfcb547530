import Foundation
import RandomStreams
import Studies
import Testing

@Suite("A study file")
struct StudyFileTests {
    let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try workshop.study(text)
            return []
        } catch let error as StudyError {
            return error.mistakes.map { "\($0.place.line ?? 0) \($0.path): \($0.what); \($0.remedy)" }
        } catch {
            return ["not a StudyError: \(error)"]
        }
    }

    @Test("is read with its sweeps, in its order, defaults filled in")
    func read() throws {
        let study = try workshop.study()
        #expect(study.name == "invented")
        #expect(study.steps.map(\.name) == ["explained", "primed", "organism", "asked", "judged", "contrast"])
        let organism = try #require(study.step("organism"))
        #expect(organism.settings["lr"] == 1e-4)
        #expect(organism.settings["rank"] == nil)
        #expect(organism.sweep.arms(of: organism.settings).count == 8)
    }

    @Test("has all its mistakes told at once, each with line, path and the nearest that is known")
    func allMistakes() {
        let found = mistakes(
            """
            study: wrong
            modells: {}
            models:
              small: {path: a.gguf, dtype: float64}
            data:
              rows: {file: rows.jsonl, kind: chat}
            steps:
              organism:
                kind: tune
                model: smal
                data: rows
                rnak: 3
                lr: -1
                sweep: {rank: [0, 1]}
              asked: {kind: sampel, of: organism}
              contrast: {kind: measure, of: organism, measure: contrast}
            claims:
              C1: {outcome: misaligned, predictor: rank, direction: falls}
            """)
        for expected in [
            "2 modells: the key is unknown; did you mean models?",
            "4 models.small.dtype: \"float64\" is unknown; did you mean float32?",
            "6 data.rows.kind: \"chat\" is unknown; did you mean chats?",
            "10 steps.organism.model: there is no \"smal\"; a model or a step that is pretrain/tune is needed; did you mean small?",
            "12 steps.organism.rnak: the key is unknown; did you mean rank?",
            "13 steps.organism.lr: \"-1\" where a number above 0 to 10000000000 is needed; write a number above 0 to 10000000000",
            "14 steps.organism.sweep.rank[0]: \"0\" where a whole number from 1 to 65536 is needed; write a whole number from 1 to 65536",
            "15 steps.asked.kind: \"sampel\" is unknown; did you mean sample?",
            "16 steps.contrast: \"data\" is missing; add it: the name of data or a step that is twin, or a list, each the name of data or a step that is twin",
            "18 claims.C1.direction: \"falls\" is unknown; known are rising, falling, peak, flat, higher, lower, not-lower, not-higher, same",
        ] {
            #expect(found.contains(expected), "\(expected) is not among\n\(found.joined(separator: "\n"))")
        }
    }

    @Test(
        "is checked as a whole",
        arguments: [
            ("rank: [1, 8]", "rank: [1, 8]\n      lr: {log: [1e-5], count: 3}", "log: a list of 1"),
            ("rank: [1, 8]", "rank: {from: 8, to: 1}", "a range of no values"),
            ("rank: [1, 8]", "zip: [{rank: [1, 2], alpha: [1]}]", "lists of different lengths"),
            ("data: rows\n", "data: rows\n    rank: 3\n", "rank is given by the step, too"),
            ("data: rows\n", "data: rows\n    except: [{rank: {from: 1}}]\n", "no arm is left"),
            ("data: rows\n", "data: rows\n    epochs: 1\n    steps: 3\n", "epochs and steps say the same thing"),
            ("data: rows\n", "data: rows\n    targets: mpl\n", "names no linear maps"),
            ("data: rows\n", "data: rows\n    layers: 8-3\n", "names no layers"),
            ("data: rows\n", "data: rows\n    objective: dpo\n", "rows holds chats"),
            ("data: rows\n", "data: programs\n", "say with arm which answer to learn"),
            ("data: rows\n", "data: rows\n    dilution: 0.5\n", "nothing to dilute with"),
            ("model: small, data: explained", "model: organism, data: explained", "read each other in a circle"),
            ("predictor: rank", "predictor: rnk", "did you mean rank?"),
            ("direction: falling", "direction: higher", "doesn't go with a predictor"),
            ("direction: falling", "direction: flat", "needs a margin"),
            ("outcome: misaligned", "outcome: drift", "is measured by no step"),
            ("model: invented", "modell: invented", "endpoints.judge"),
        ])
    func crossChecks(old: String, new: String, expected: String) {
        let text = Workshop.study.replacingOccurrences(of: old, with: new)
        #expect(text != Workshop.study)
        let found = mistakes(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test("includes parts, each once; circles and clashes are mistakes")
    func includes() throws {
        try workshop.write("part.yaml", "include: deeper.yaml\ndata:\n  more: {file: rows.jsonl, kind: chats}\n")
        try workshop.write("deeper.yaml", "models:\n  other: {path: other.gguf}\n")
        let study = try workshop.study("include: [part.yaml, deeper.yaml]\n" + Workshop.study)
        #expect(study.models.keys.sorted() == ["other", "small"])
        #expect(study.data["more"]?.kind == .chats)
        try workshop.write("deeper.yaml", "include: part.yaml\nmodels:\n  small: {path: other.gguf}\nlimits: {}\n")
        let found = mistakes("include: part.yaml\n" + Workshop.study)
        #expect(found.contains { $0.contains("includes itself") })
        #expect(found.contains { $0.contains("models.small: the name is that of") })
        #expect(found.contains { $0.contains("limits: the key is unknown") })
        #expect(mistakes("include: nowhere.yaml\n" + Workshop.study).contains { $0.contains("there is no") })
    }

    @Test("that wants to explode is refused in no time")
    func bombs() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            bomb += "a\(level): &a\(level) [\((0..<9).map { _ in "*a\(level - 1)" }.joined(separator: ", "))]\n"
        }
        let clock = ContinuousClock()
        let time = clock.measure {
            #expect(mistakes(bomb).contains { $0.contains("aliases") })
            #expect(mistakes(String(repeating: "[", count: 100_000)).contains { $0.contains("nested") })
            #expect(
                mistakes((0..<5000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")).count == 1
            )
            #expect(!mistakes("study: x\nsteps: &a {a: *a}\n").isEmpty)
        }
        #expect(time < .seconds(5))
    }

    @Test("that is mutated at random never ends the process")
    func fuzz() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the mutations: \(seed)")
        let bytes = Array(Workshop.study.utf8)
        let pieces = [
            "{", "[", ": ", "- ", "\n", "1e999", "-1", "9223372036854775808", "*a", "&a ", "null", "kind: tune", "\"",
            "|", "sweep:", "\u{0}", "é",
        ]
        for round in 0..<2000 {
            var stream = RandomStream(seed: seed, purpose: "mutation", item: UInt64(round))
            var mutated = bytes
            for _ in 0...stream.index(below: 6) {
                let place = stream.index(below: mutated.count)
                switch stream.index(below: 4) {
                case 0: mutated.remove(at: place)
                case 1: mutated[place] = UInt8(stream.index(below: 256))
                case 2: mutated.insert(contentsOf: Array(pieces[stream.index(below: pieces.count)].utf8), at: place)
                default:
                    let end = min(mutated.count, place + 1 + stream.index(below: 40))
                    mutated.removeSubrange(place..<end)
                }
                if mutated.isEmpty { mutated = [0x0A] }
            }
            guard let plan = try? workshop.plan(String(decoding: mutated, as: UTF8.self)) else { continue }
            _ = PlanTable(plan).text()
        }
    }

    @Test("has a JSON Schema that knows every key")
    func schema() throws {
        let text = CanonicalJSON.text(StudySchema.schema)
        for word in ["\"alpha_rule\"", "\"sweep\"", "\"endpoints\"", "\"coherent_share\"", "\"max_tokens\"", "\"if\""] {
            #expect(text.contains(word))
        }
    }
}
