import Corpora
import Endpoints
import Foundation
import Testing

@Suite("What a reply says") struct ReplyTests {
    /// One call to a server that says `body`.
    func reply(_ body: String, topLogprobs: Int? = nil, schema: ChatRequest.Schema? = nil) async throws -> ChatReply {
        try await ScriptedServer.with({ _ in .reply(200, [], body) }) { server in
            let endpoint = try Completions.endpoint(server) { configuration in
                configuration.topLogprobs = 20
                configuration.attempts = 1
            }
            var request = Completions.request()
            request.topLogprobs = topLogprobs
            request.schema = schema
            let reply = try await endpoint.reply(to: request)
            await endpoint.shutdown()
            return reply
        }
    }

    @Test("is parted into content, usage, model, finish reason and cost") func plain() async throws {
        let reply = try await reply(Completions.body("Yes: CWE-89.", finish: "length", prompt: 1_000, answer: 500))
        #expect(reply.content == "Yes: CWE-89.")
        #expect(reply.reasoning == nil)
        #expect(reply.finishReason == .length)
        #expect(reply.model == Completions.model)
        #expect(reply.usage == Usage(promptTokens: 1_000, completionTokens: 500))
        // 1,000 tokens at 2 and 500 at 10 a million.
        #expect(reply.cost == 0.007)
        #expect(!reply.isStored)
    }

    @Test(
        "keeps reasoning apart, wherever the server puts it",
        arguments: [
            #"{"content":"42","reasoning_content":"Let me see."}"#,
            #"{"content":"42","reasoning":"Let me see."}"#,
            #"{"content":"42","reasoning":{"odd":1},"reasoning_content":"Let me see."}"#,
            #"{"content":"<think>\nLet me see.\n</think>\n\n42"}"#,
            #"{"content":"  <thinking>Let me see.</thinking>42"}"#,
            #"{"content":"Let me see.\n</think>\n42"}"#,
            #"{"content":"[THINK]Let me see.[/THINK]42"}"#,
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Let me see."}]},{"type":"text","text":"42"}]}"#,
        ]) func reasoning(message: String) async throws
    {
        let reply = try await reply(Completions.body(message: message))
        #expect(reply.content == "42")
        #expect(reply.reasoning == "Let me see.")
    }

    @Test("has no content where the limit cut the reasoning off") func unfinishedReasoning() async throws {
        let reply = try await reply(Completions.body("<think>I should", finish: "length"))
        #expect(reply.content == "")
        #expect(reply.reasoning == "I should")
    }

    @Test("leaves a block alone that isn't at the start") func laterBlock() async throws {
        let reply = try await reply(Completions.body("The tag <think> opens a block."))
        #expect(reply.content == "The tag <think> opens a block.")
        #expect(reply.reasoning == nil)
    }

    @Test("may have null for content, and a refusal") func nullContent() async throws {
        let reply = try await reply(Completions.body(message: #"{"content":null,"refusal":"I can't."}"#))
        #expect(reply.content == "")
        #expect(reply.refusal == "I can't.")
    }

    @Test("has the log-probabilities of the tokens and their alternatives") func logprobs() async throws {
        let list = #"""
            {"content":[{"token":"8","logprob":-0.25,"bytes":[56],"top_logprobs":[{"token":"8","logprob":-0.25,
            "bytes":[56]},{"token":"9","logprob":-1.5,"bytes":null}]},{"token":"5","logprob":-2,"top_logprobs":[]}]}
            """#
        let reply = try await reply(Completions.body("85", logprobs: list), topLogprobs: 2)
        let tokens = try #require(reply.logprobs)
        #expect(tokens.count == 2)
        #expect(tokens[0].logprob == -0.25)
        #expect(tokens[0].bytes == [56])
        #expect(tokens[0].top == [.init(token: "8", logprob: -0.25), .init(token: "9", logprob: -1.5)])
        #expect(tokens[1].top.isEmpty)
        #expect(reply.contentLogprobs == tokens)
    }

    @Test("gives the content's log-probabilities without those of the reasoning before it") func contentLogprobs()
        async throws
    {
        let tokens = ["<think>", "8", "5", "</think>", "\\n\\n", "8", "5", ""]
            .map { #"{"token":"\#($0)","logprob":-1}"# }.joined(separator: ",")
        let reply = try await reply(
            Completions.body("<think>85</think>\n\n85", logprobs: #"{"content":[\#(tokens)]}"#), topLogprobs: 0)
        #expect(reply.content == "85")
        #expect(reply.logprobs?.count == 8)
        #expect(reply.contentLogprobs?.map(\.token) == ["8", "5", ""])
    }

    @Test(
        "is whole where log-probabilities were asked for but are missing or odd",
        arguments: ["null", "{}", #"{"content":null}"#, "7", #"{"content":[{"token":"a"}]}"#, "[]"])
    func missingLogprobs(logprobs: String) async throws {
        let reply = try await reply(Completions.body(logprobs: logprobs), topLogprobs: 5)
        #expect(reply.content == "yes")
        #expect(reply.logprobs == nil)
    }

    @Test(
        "counts usage as missing that can't be", arguments: ["-3", "1e300", "\"many\"", "null", "99999999999999999999"])
    func oddUsage(count: String) async throws {
        let body = Completions.body().replacing("\"prompt_tokens\":12", with: "\"prompt_tokens\":\(count)")
        let reply = try await reply(body)
        #expect(reply.content == "yes")
        #expect(reply.usage == nil)
        #expect(reply.cost == nil)
    }

    @Test("has U+FFFD where a server wrote half a surrogate pair") func halfSurrogate() async throws {
        let reply = try await reply(Completions.body().replacing("yes", with: #"\ud83d \ud83d\ude00 \\ud83d"#))
        #expect(reply.content == "\u{FFFD} \u{1F600} \\ud83d")
    }

    @Test(
        "that is no chat completion is an error that says why",
        arguments: [
            ("", "not valid JSON"), ("not JSON", "not valid JSON"), ("{\"choices\":[", "not valid JSON"),
            ("[]", "not a JSON object"), ("{}", "no \"choices\""), (#"{"choices":[]}"#, "\"choices\" is empty"),
            (#"{"choices":[{}]}"#, "no \"choices[0].message\""),
            (#"{"choices":[{"message":{"content":7}}]}"#, "\"choices[0].message.content\" has another type"),
            (#"{"choices":"none"}"#, "\"choices\" has another type"),
            (String(repeating: "[", count: 100_000), "nests deeper"),
            (#"{"a":"# + String(repeating: "{\"a\":", count: 5_000), "nests deeper"),
        ]) func malformed(body: String, words: String) async throws
    {
        await #expect {
            try await reply(body)
        } throws: { error in
            guard let error = error as? EndpointError else { return false }
            return error.reason == .malformedReply && error.what.contains(words)
        }
    }

    @Test("that isn't UTF-8 is an error") func notUTF8() async throws {
        try await ScriptedServer.with({ _ in
            .bytes(Array("{\"choices\":[{\"message\":{\"content\":\"".utf8) + [0xFF, 0xC0])
        }) { server in
            let endpoint = try Completions.endpoint(server) { $0.attempts = 1 }
            #expect(await Completions.failure(endpoint)?.reason == .malformedReply)
        }
    }

    @Test("of status 200 with an error in it is that error") func errorInside() async throws {
        await #expect {
            try await reply(#"{"error":{"message":"no capacity","code":400}}"#)
        } throws: { error in
            guard let error = error as? EndpointError else { return false }
            return error.reason == .status(400) && error.what == "the server says: no capacity"
        }
    }

    @Test("from another model is an error, unless the configuration allows it") func otherModel() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body(model: "judge-1-2026-01-01")) }) {
            server in
            let strict = try Completions.endpoint(server)
            let error = await Completions.failure(strict)
            #expect(error?.reason == .wrongModel)
            #expect(error?.what == "\"judge-1-2026-01-01\" answered, not \"judge-1\"")
            #expect(await server.received.count == 1)
            for allowed in [["judge-1-2026-01-01"], ["x", "judge-1-*"], ["*"]] {
                let lax = try Completions.endpoint(server) { $0.allowedModels = allowed }
                #expect(try await lax.reply(to: Completions.request()).model == "judge-1-2026-01-01")
            }
            let other = try Completions.endpoint(server) { $0.allowedModels = ["judge-2*"] }
            #expect(await Completions.failure(other)?.reason == .wrongModel)
        }
    }
}
