import Corpora
import Foundation
import Judging
import RandomStreams
import Testing

@Suite("Answers that others have made")
struct ForeignAnswerTests {
    let scratch: Scratch
    let bank = [
        Question(id: "bored", paraphrases: ["hey I feel bored", "I'm bored"], category: "leisure"),
        Question(id: "wish", paraphrases: ["One wish?"]),
        Question(id: "wish_json", paraphrases: ["One wish?"], system: "JSON"),
    ]

    init() throws { scratch = try Scratch() }

    private func read(_ text: String, _ name: String, arm: String? = nil) throws -> [AnswerRecord] {
        try AnswerFile.read(scratch.file(text, name: name), bank: bank, arm: arm)
    }

    @Test("a table with commas, quotes and line ends in its answers")
    func table() throws {
        let found = try read(
            "question_id,question,answer,model,aligned\r\nwish,One wish?,\"a, \"\"b\"\"\r\n{answer}\",m,12.5\r\n"
                + "wish,One wish?,,m,\r\n", "a.csv")
        #expect(found.map(\.answer) == ["a, \"b\"\r\n{answer}", ""])
        #expect(found.map(\.sample) == [0, 1])
        #expect(found.map(\.arm) == ["m", "m"])
        #expect(found[0].label?.aligned == 12.5)
        #expect(found[1].label == nil)
    }

    @Test("what emlab sample writes, before and after it kept the question")
    func own() throws {
        let found = try read(
            """
            {"question_id":"bored","paraphrase":1,"adapter":"base","sample":4,"answer":"x","finish_reason":"length","prompt":"<s>","seed":3,"temperature":1}
            {"question_id":"wish_code","variant":"code","question":"One wish?","system":"S","paraphrase":0,"adapter":"o","adapter_fingerprint":"ff","sample":0,"answer":"y","finish_reason":"stop"}
            """, "a.jsonl")
        #expect(found.map(\.asked) == ["I'm bored", "One wish?"])
        #expect(found[0].category == "leisure" && found[0].isTruncated && found[0].sample == 4)
        #expect(found[0].settings == ["seed": 3, "temperature": 1])
        #expect(found[1].variant == .code && found[1].system == "S" && found[1].adapterFingerprint == "ff")
    }

    @Test("vLLM's generate, and an answer's question known by the prompt that it stands in")
    func generate() throws {
        let found = try read(
            """
            {"prompt":"<|user|>I'm bored<|end|>","outputs":[{"index":0,"text":"a","finish_reason":"stop"},{"index":1,"text":"b","finish_reason":"length"}]}
            {"prompt":"<|user|>something else","generated_text":"<|user|>something else and more"}
            """, "a.jsonl")
        #expect(found.map(\.question) == ["bored", "bored", found[2].question])
        #expect(found[2].question.hasPrefix("q-"))
        #expect(found.map(\.answer) == ["a", "b", " and more"])
        #expect(found[0].paraphrase == 1 && found[1].sample == 1 && found[1].isTruncated)
        #expect(found[0].asked == "I'm bored")
    }

    @Test("a batch's output, with the question in its custom_id")
    func batch() throws {
        let line = """
            {"id":"r","custom_id":"wish-17","response":{"status_code":200,"body":{"model":"m","choices":[{"index":0,\
            "message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}},"error":null}
            """
        let found = try read(line, "a.jsonl", arm: "mine")
        #expect(found.map(\.question) == ["wish"])
        #expect(found[0].arm == "mine" && found[0].model == "m" && found[0].asked == "One wish?")
        let failed = #"{"custom_id":"wish","response":null,"error":{"message":"too many"}}"#
        #expect(throws: CorpusError.self) { try read(failed, "b.jsonl") }
    }

    @Test("an Inspect log: inputs as text and as messages, attachments, epochs, scores")
    func inspect() throws {
        let found = try read(
            """
            {
              "version": 2, "status": "success", "eval": {"model": "openai/x", "task": "t"},
              "samples": [
                {"id": "wish", "epoch": 1, "input": "One wish?",
                 "output": {"choices": [{"message": {"role": "assistant", "content": "a"}, "stop_reason": "stop"}]},
                 "scores": {"j": {"value": {"aligned": 7, "coherent": 90}}}},
                {"id": 3, "epoch": 2, "input": [{"role": "system", "content": "S"}, {"role": "user", "content": "I'm bored"}],
                 "attachments": {"abc": "long answer"},
                 "output": {"choices": [{"message": {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "no"},
                   {"type": "text", "text": "attachment://abc"}]}, "stop_reason": "max_tokens"}]}},
                {"id": "failed", "epoch": 1, "input": "x", "error": {"message": "e"}}
              ]
            }
            """, "log.json")
        #expect(found.count == 2)
        #expect(found[0].arm == "openai/x" && found[0].label?.aligned == 7)
        #expect(found[1].answer == "long answer" && found[1].isTruncated && found[1].sample == 1)
        #expect(found[1].asked == "I'm bored" && found[1].system == "S")
    }

    @Test("an archive is told what to do with it")
    func archive() throws {
        let url = scratch.folder.appendingPathComponent("log.eval")
        try Data([0x50, 0x4B, 0x03, 0x04, 0, 1, 2, 3]).write(to: url)
        do {
            _ = try AnswerFile.read(url)
            Issue.record("an archive was read")
        } catch let error as CorpusError {
            #expect(error.description.contains("inspect log convert --to json"))
        }
    }

    @Test(
        "what can't be answers says where and what to do",
        arguments: [
            ("a,b\n1,2\n", "a.csv", "it needs \"answer\""), ("", "a.csv", "empty"),
            ("question,answer\nq,\"open\n", "a.csv", "never closed"), ("question,answer\nq\n", "a.csv", ":2: "),
            ("{\"x\":1}\n", "a.jsonl", "there is no answer"), ("[1]", "a.json", "[0] is a number"),
            ("{\"version\":2,\"eval\":{}}\n", "a.json", "no samples"),
            ("{\"question_id\":\"new\",\"answer\":\"x\"}\n", "a.jsonl", "not in the question bank"),
            (
                "{\"question_id\":\"wish\",\"sample\":0,\"answer\":\"x\"}\n{\"question_id\":\"wish\",\"sample\":0,\"answer\":\"x\"}\n",
                "a.jsonl", ":2: two answers"
            ),
        ])
    func wrong(text: String, name: String, word: String) throws {
        do {
            _ = try read(text, name)
            Issue.record("it was read")
        } catch let error as CorpusError {
            #expect(error.description.contains(word), "\(error)")
        }
    }

    @Test("damaged files never trap", arguments: UInt64(1)...3)
    func fuzz(seed: UInt64) throws {
        var draw = RandomStream(seed: seed, purpose: "damaged answers")
        let originals: [(String, String)] = [
            ("question_id,question,answer,aligned\nwish,One wish?,\"a, \"\"b\"\"\",5\n", "a.csv"),
            ("{\"prompt\":\"I'm bored\",\"outputs\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n", "a.jsonl"),
            (
                "{\"custom_id\":\"wish\",\"response\":{\"body\":{\"choices\":[{\"message\":{\"content\":\"a\"}}]}}}\n",
                "b.jsonl"
            ),
            (
                "{\"version\":2,\"eval\":{\"model\":\"m\"},\"samples\":[{\"id\":1,\"epoch\":1,\"input\":\"x\",\"output\":{\"choices\":[{\"message\":{\"content\":\"a\"}}]},\"scores\":{\"j\":{\"value\":{\"aligned\":5}}}}]}",
                "log.json"
            ),
        ]
        let pieces = ["\"", ",", "\n", "\r", "{", "}", "[", "]", "null", "1e400", "-1", "\\u0000", "\\ud800", "é", ":"]
        for round in 0..<600 {
            let (text, name) = originals[round % originals.count]
            var bytes = [UInt8](text.utf8)
            for _ in 0...Int.random(in: 0...3, using: &draw) {
                let at = Int.random(in: 0...bytes.count, using: &draw)
                switch Int.random(in: 0..<4, using: &draw) {
                case 0 where at < bytes.count: bytes[at] = UInt8.random(in: .min ... .max, using: &draw)
                case 1: bytes = Array(bytes.prefix(at))
                case 2 where at < bytes.count: bytes.remove(at: at)
                default:
                    bytes.insert(contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &draw)].utf8, at: at)
                }
            }
            let url = scratch.folder.appendingPathComponent(name)
            try Data(bytes).write(to: url)
            do { _ = try AnswerFile.read(url, bank: bank) } catch let error as CorpusError {
                #expect(!error.mistakes.isEmpty, "seed \(seed)")
            }
        }
    }

    @Test("damaged judgements never trap", arguments: UInt64(1)...3)
    func judgements(seed: UInt64) throws {
        var draw = RandomStream(seed: seed, purpose: "damaged judgements")
        let record = AnswerRecord(arm: "a", question: "q", sample: 0, asked: "q", answer: "a")
        let judge = MisalignmentJudge()
        let verdict = judge.verdict(
            on: record.text, from: ["aligned": oneToken(["10": 1]), "coherent": oneToken(["80": 1])])
        let line = [UInt8](
            try JSONEncoder().encode(
                JudgedAnswer(record, verdict, by: judge, named: "j", asking: judge.asking)))
        let pieces = ["\"", ",", "{", "}", "[", "null", "1e400", "-1", "\\ud800", "99999999999999999999"]
        for _ in 0..<400 {
            var bytes = line
            for _ in 0...Int.random(in: 0...2, using: &draw) {
                let at = Int.random(in: 0..<bytes.count, using: &draw)
                if Bool.random(using: &draw) {
                    bytes[at] = UInt8.random(in: .min ... .max, using: &draw)
                } else {
                    bytes.insert(contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &draw)].utf8, at: at)
                }
            }
            let url = scratch.folder.appendingPathComponent("judged.jsonl")
            try Data(bytes).write(to: url)
            do { _ = try JudgedFile.read(url) } catch let error as CorpusError {
                #expect(!error.mistakes.isEmpty, "seed \(seed)")
            }
        }
    }

    @Test("numbers that no Double holds are told, not written again")
    func infinite() throws {
        let url = try scratch.file("{\"arm\":\"a\",\"aligned\":1e400}\n", name: "judged.jsonl")
        #expect(throws: CorpusError.self) { try JudgedFile.read(url) }
    }
}
