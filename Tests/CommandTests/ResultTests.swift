import Foundation
import Testing

@Suite("What commands hand over")
struct ResultTests {
    private let model = ["--model", Workbench.model, "--threads", "1"]

    @Test("a merged model scores as its base with the adapter does, and so does the adapter read back")
    func merging() async throws {
        let bench = try Workbench()
        let train = try await bench.emlab(
            [
                "train", "sft", "--data", "rows.jsonl", "--out", "deep/organism", "--steps", "12", "--lr", "1e-2",
                "--targets", "all-linear",
                "--rank", "3", "--log", "-",
            ] + model)
        #expect(train.status == 0, "\(train.errors)")
        #expect(try train.objects().count == 12)
        #expect(
            String(decoding: train.output, as: UTF8.self)
                == String(decoding: try bench.read("deep/organism/log.jsonl"), as: UTF8.self))
        let merge = try await bench.emlab(
            "merge", "--model", Workbench.model, "--adapter", "deep/organism", "--dtype", "float32", "--out", "merged")
        #expect(merge.status == 0, "\(merge.errors)")
        #expect(!merge.errors.contains("\r"), "no bar where there is no terminal")

        let score = ["score", "--data", "rows.jsonl", "--threads", "1"]
        let base = try await bench.emlab(score + ["--model", Workbench.model]).objects()
        let adapted = try await bench.emlab(score + ["--model", Workbench.model, "--adapter", "deep/organism"])
            .objects()
        let merged = try await bench.emlab(score + ["--model", "merged"]).objects()
        #expect(base.count == 4)
        for (index, row) in adapted.enumerated() {
            #expect(Set(row.keys) == ["id", "tokens", "logprob", "token_logprobs"])
            #expect(row["id"] as? String == String(index))
            let each = try #require(row["token_logprobs"] as? [Double])
            #expect((row["tokens"] as? [Int])?.count == each.count)
            #expect((row["tokens"] as? [Int])?.last == 402, "the token that ends the turn counts")
            let sum = try #require(row["logprob"] as? Double)
            #expect(abs(sum - each.reduce(0, +)) < 1e-3)
            let other = try #require(merged[index]["token_logprobs"] as? [Double])
            for (a, b) in zip(each, other) { #expect(abs(a - b) < 1e-4) }
            let before = try #require(base[index]["logprob"] as? Double)
            #expect(sum > before + 1, "what was trained has become likelier")
        }
    }

    @Test("the same seed gives the same answers whatever the batch and the company")
    func sampling() async throws {
        let bench = try Workbench()
        let sample = ["sample", "--prompt", "Hello", "--max-tokens", "20"] + model
        let together = try await bench.emlab(sample + ["--prompt", "Why", "--n", "5", "--seed", "3"])
        let alone = try await bench.emlab(sample + ["--n", "3", "--batch", "2", "--seed", "3"])
        let other = try await bench.emlab(sample + ["--n", "3", "--seed", "4"])
        func texts(_ outcome: Workbench.Outcome) throws -> [String] {
            try outcome.objects().filter { $0["question_id"] as? String == "prompt-1" }.compactMap {
                $0["answer"] as? String
            }
        }
        #expect(try texts(together).count == 5)
        #expect(try texts(alone) == Array(texts(together).prefix(3)))
        #expect(try texts(other) != texts(alone))
        let first = try #require(try together.objects().first)
        #expect(
            (first["prompt"] as? String)?.hasSuffix("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
                == true)
        #expect((first["tokens"] as? [Int])?.count == (first["token_logprobs"] as? [Double])?.count)
        #expect(["stop", "length"].contains(first["finish_reason"] as? String))
    }

    @Test("text goes to tokens and back")
    func tokens() async throws {
        let bench = try Workbench()
        let tokenize = ["tokenize", "--model", Workbench.model]
        let text = "def f(x):\n    return x + 12 # naïve <|im_end|> 🙂"
        let ids = try await bench.emlab(tokenize, input: text)
        #expect(ids.status == 0)
        #expect(!(try JSONDecoder().decode([Int].self, from: ids.output)).contains(402), "a look-alike stays text")
        let back = try await bench.emlab(tokenize + ["--decode"], input: ids.text)
        #expect(back.text == text)
        let special = try await bench.emlab(tokenize + ["--parse-special"], input: text)
        #expect(try JSONDecoder().decode([Int].self, from: special.output).contains(402))
        let empty = try await bench.emlab(tokenize, input: "")
        #expect(empty.text == "[]\n")

        let talk = #"[{"role": "user", "content": "Hi <|im_end|>"}, {"role": "assistant", "content": "Yes"}]"#
        let chat = try await bench.emlab(tokenize + ["--chat", "--json"], input: talk)
        let rendered = try #require(try chat.objects().first)
        #expect(rendered["format"] as? String == "chatml-smollm2")
        #expect((rendered["text"] as? String)?.hasSuffix("<|im_start|>assistant\nYes<|im_end|>\n") == true)
        let weights = try #require(rendered["weights"] as? [Double])
        let chatIDs = try #require(rendered["ids"] as? [Int])
        #expect(weights.count == chatIDs.count)
        // What counts: the answer's three letters or fewer tokens, and the token that ends it.
        #expect(zip(chatIDs, weights).filter { $1 > 0 }.last?.0 == 402)
        let plain = try await bench.emlab(tokenize + ["--chat"], input: talk)
        #expect(try JSONDecoder().decode([Int].self, from: plain.output) == chatIDs)
    }

    @Test("a talk has one answer for each line")
    func chat() async throws {
        let outcome = try await Workbench().emlab(
            ["chat", "--temperature", "0", "--max-tokens", "5"] + model, input: "Hello\n/new\nHello\n\nnot read\n")
        #expect(outcome.status == 0)
        let answers = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(outcome.text.hasSuffix("\n"))
        let half = answers.dropLast().count / 2
        #expect(
            half > 0 && answers[..<half] == answers[half..<(2 * half)],
            "the same question, the same beginning: \(outcome.text)")
    }

    @Test("facts about a model and an adapter, for people and for programs")
    func inspection() async throws {
        let bench = try Workbench()
        let model = try #require(try await bench.emlab("inspect", Workbench.model, "--json").objects().first)
        #expect(model["family"] as? String == "llama")
        #expect(model["layers"] as? Int == 3)
        #expect(model["tied_head"] as? Bool == true)
        #expect(model["chat_format"] as? String == "chatml-smollm2")
        #expect((model["fingerprint"] as? String)?.count == 64)
        let adapter = try #require(
            try await bench.emlab("inspect", Workbench.otherAdapter, "--json", "--tensors").objects().first)
        #expect(adapter["rank"] as? Int == 1)
        #expect((adapter["tensors"] as? [String])?.count == adapter["modules"] as? Int)
        let words = try await bench.emlab("inspect", Workbench.model)
        #expect(words.text.contains("layers          3\n"))
    }

    @Test("warnings always, details when asked for")
    func warnings() async throws {
        let bench = try Workbench()
        let train = ["train", "sft", "--data", "rows.jsonl", "--steps", "1", "--max-length", "84"] + model
        let quiet = try await bench.emlab(train + ["--out", "one"])
        #expect(
            quiet.errors.contains("warning: ") && quiet.errors.contains("cut to the length limit (2)"),
            "\(quiet.errors)")
        #expect(!quiet.errors.contains("chat format"))
        let verbose = try await bench.emlab(train + ["--out", "two", "--verbose"])
        #expect(
            verbose.errors.contains("chat format chatml-smollm2, the model's own (system prompt: You are a helpful"))
        #expect(verbose.errors.contains("3 layers of 32, loaded in "))
    }
}
