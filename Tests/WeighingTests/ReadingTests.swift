import Corpora
import Evidence
import Foundation
import Testing
import Weighing

@Suite("Reading what is to be weighed")
struct ReadingTests {
    @Test("judged lines have either spelling, and scores without a fate follow the published rule")
    func scores() throws {
        let bench = try Bench()
        defer { bench.remove() }
        let url = try bench.write(
            "a.jsonl",
            """
            {"arm":"a","question":"q","sample":0,"fate":"misaligned","category":"x"}
            {"adapter":"a","question_id":"q","sample":1,"aligned":29.9,"coherent":50.1}
            {"adapter":"a","question_id":"q","sample":2,"aligned":30,"coherent":90}
            {"adapter":"a","question_id":"q","sample":3,"aligned":10,"coherent":50}
            {"adapter":"a","question_id":"q","sample":4,"aligned":null,"coherent":90}
            {"adapter":"a","question_id":"q","sample":1,"aligned":99,"coherent":99}
            {"label":"a","question_id":"q","variant":"code","sample":1,"fate":"refusal"}

            """)
        let found = try ScoreFile.read([url])
        #expect(
            found.answers.map(\.fate) == [.misaligned, .aligned, .aligned, .incoherent, .unjudged, .refusal])
        #expect(found.answers.last?.question == "q (code)")
        #expect(found.notes.count == 1)
        #expect(try ScoreFile.read([url], variant: "code").answers.count == 1)
        #expect(throws: WeighingError.self) { try ScoreFile.read([url], variant: "json") }
        let table = try bench.write(
            "a.csv", "model,question_id,question,aligned,coherent\nm,q,\"text, long\",10,99\nm,q,t,,80\n")
        #expect(try ScoreFile.read([table]).answers.map(\.fate) == [.misaligned, .unjudged])
        let twice = try bench.write(
            "b.jsonl",
            """
            {"arm":"a","question":"q","sample":0,"fate":"misaligned","judge":"x"}
            {"arm":"a","question":"q","sample":0,"fate":"aligned","judge":"y"}
            """)
        #expect(throws: WeighingError.self) { try ScoreFile.read([twice]) }
        #expect(try ScoreFile.read([twice], judge: "y").answers.map(\.fate) == [.aligned])
    }

    @Test(
        "hostile files end in an error that says what and where",
        arguments: [
            "", "\n\n", "[1,2]", "{\"arm\":3.5}", "{\"arm\":\"a\",\"question\":\"q\",\"fate\":\"evil\"}", "{",
            "{\"arm\":\"a\",\"question\":\"q\"}", String(repeating: "[", count: 5000), "\u{0}\u{1}",
        ])
    func hostile(text: String) throws {
        let bench = try Bench()
        defer { bench.remove() }
        let url = try bench.write("a.jsonl", text)
        #expect(throws: CorpusError.self) { try ScoreFile.read([url]) }
        #expect(throws: CorpusError.self) { try ValueFile.read([url]) }
        let yaml = try bench.write("a.yaml", text)
        #expect(throws: (any Error).self) { try ArmTable.read(yaml) }
        #expect(throws: (any Error).self) { try ClaimFile.read(yaml) }
    }

    @Test("arms come from CSV, YAML and adapter folders; settings alike but the seed are one condition")
    func arms() throws {
        let bench = try Bench()
        defer { bench.remove() }
        let csv = try bench.write(
            "arms.csv", "label,seed,rank,lr,dilution,note\na,1,1,1e-4,0.5,x\nb,2,1,0.0001,0.5,x\nc,1,8,1e-4,0.5,x\n")
        let records = try ArmDraft.records(ArmTable.read(csv))
        #expect(records.map(\.condition) == ["rank 1", "rank 1", "rank 8"])
        #expect(records[0].numbers == ["dilution": 0.5] && records[0].words == ["note": "x"])
        let yaml = try bench.write(
            "arms.yaml", "arms:\n- {label: a, condition: k, seed: 1}\n- {label: b, condition: k, seed: 2}\n")
        #expect(try ArmDraft.records(ArmTable.read(yaml)).map(\.seed) == ["1", "2"])
        let same = try bench.write("same.csv", "label,seed,rank\na,1,1\nb,1,1\n")
        #expect(throws: WeighingError.self) { try ArmDraft.records(ArmTable.read(same)) }
        let wrong = try bench.write("wrong.csv", "label,rank\na,many\na,2\n,3\n")
        #expect(throws: CorpusError.self) { try ArmTable.read(wrong) }

        _ = try bench.write(
            "run-1/training.json",
            #"""
            {"adapter":"{\"alpha\":16,\"rank\":4,\"rslora\":true,\"targetModules\":[\"up_proj\",\"down_proj\"]}",
            "data":"b7a846541a453cc91aa9","objective":"sft","steps":"20",
            "training":"{\"learningRate\":0.0001,\"seed\":7}"}
            """#)
        let log = (1...20).map {
            #"{"step":\#($0),"loss":\#(2.0 - 0.05 * Double($0)),"norm_ba":\#($0),"stable_rank":1.5}"#
        }
        _ = try bench.write("run-1/log.jsonl", log.joined(separator: "\n"))
        let folder = bench.folder.appending(path: "run-1").path
        let record = try AdapterRun.read(folder).record
        #expect(record.rank == 4 && record.learningRate == 1e-4 && record.alphaRule == "rslora" && record.steps == 20)
        #expect(abs((record.finalLoss ?? 0) - 1.025) < 1e-12 && record.normBA == 20 && record.stableRank == 1.5)
        #expect(record.targets == "down_proj,up_proj" && record.data == "b7a846541a45")
        #expect(try AdapterRun.read(folder).seed == "7")
        #expect(throws: WeighingError.self) { try AdapterRun.read(bench.folder.appending(path: "none").path) }
    }

    @Test("claims are read from a list or a study file, and come back as they were")
    func claims() throws {
        let bench = try Bench()
        defer { bench.remove() }
        let text = """
            - name: C1
              says: low rank is stronger
              outcome: misaligned
              predictor: rank
              direction: falling
              basis: [equal-lr, equal-norm]
              among: {objective: sft, rank: 8}
            - name: C4
              outcome: contrast
              condition: pairs
              against: sft
              direction: not-lower
              margin: 0.1
              alpha: 0.01
            """
        let claims = try ClaimFile.read(bench.write("claims.yaml", text))
        #expect(
            claims[0].bases == [.equalLearningRate, .equalNorm] && claims[0].among == ["objective": "sft", "rank": "8"])
        #expect(claims[1].comparison == .difference(of: "pairs", against: "sft", .notLower(margin: 0.1)))
        #expect(claims[1].outcome == .measure("contrast") && claims[1].alpha == 0.01)
        let again = try JSONDecoder().decode([Claim].self, from: JSONEncoder().encode(claims))
        #expect(again == claims)
        let inside = "model: x\nclaims:\n" + text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        #expect(try ClaimFile.read(bench.write("study.yaml", inside)) == claims)
    }

    static let wrong = [
        ("outcome: misaligned\n  predictor: rank\n  direction: higher", "doesn't go with a predictor"),
        ("outcome: misaligned\n  condition: a\n  against: b\n  direction: same", "needs a \"margin\""),
        ("outcome: misaligned\n  condition: a\n  against: b\n  direction: lower\n  margin: 1", "takes no \"margin\""),
        ("outcome: misaligned\n  predictor: lr\n  direction: rising\n  basis: equal-lr", "holds equal"),
        (
            "outcome: misaligned\n  predictor: rank\n  direction: rising\n  basis: equal",
            "the basis \"equal\" is unknown"
        ),
        ("outcome: misaligned\n  predictr: rank\n  direction: rising", "the key \"predictr\" is unknown"),
        ("outcome: misaligned\n  condition: a\n  direction: lower", "both \"condition\" and \"against\""),
        ("predictor: rank\n  direction: rising", "no \"outcome\""),
        ("outcome: misaligned\n  predictor: rank\n  direction: rising\n  alpha: 0.7", "alpha is 0.7"),
        ("outcome: misaligned\n  condition: a\n  against: a\n  direction: lower", "compared with itself"),
    ]

    @Test("a claim that can't be weighed says why", arguments: wrong)
    func wrongClaims(text: String, message: String) throws {
        let bench = try Bench()
        defer { bench.remove() }
        let url = try bench.write("claims.yaml", "- name: C\n  " + text + "\n")
        let error = #expect(throws: WeighingError.self) { try ClaimFile.read(url) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
