import Corpora
import Endpoints
import Foundation
import Testing
import Yams

@Suite("An endpoint's configuration") struct ConfigurationTests {
    static func mistakes(yaml: String) -> [String] {
        do {
            _ = try YAMLDecoder().decode(EndpointConfiguration.self, from: yaml)
            return []
        } catch {
            return (found(error)?.mistakes ?? []).map(\.description)
        }
    }

    /// Yams wraps errors that aren't its own.
    static func found(_ error: any Error) -> EndpointConfigurationError? {
        if case DecodingError.dataCorrupted(let context) = error {
            return context.underlyingError as? EndpointConfigurationError
        }
        return error as? EndpointConfigurationError
    }

    @Test("reads from YAML with defaults for what isn't said") func plain() throws {
        let configuration = try YAMLDecoder().decode(
            EndpointConfiguration.self,
            from: """
                base_url: https://api.openai.com/v1
                model: gpt-4o-2024-08-06
                key_variable: OPENAI_API_KEY
                budget: {tokens: 1000000, cost: 5}
                prices:
                  gpt-4o-2024-08-06: {input: 2.5, cached_input: 1.25, output: 10}
                structured_output: json_schema
                top_logprobs: 20
                extra: {reasoning_effort: low, nested: {a: [1, 2.5, true, null]}}
                """)
        #expect(configuration.concurrency == 8)
        #expect(configuration.budget == .init(tokens: 1_000_000, cost: 5))
        #expect(configuration.price == .init(input: 2.5, cachedInput: 1.25, output: 10))
        #expect(configuration.structuredOutput == .jsonSchema)
        #expect(configuration.extra["nested"] == ["a": [1, 2.5, true, .null]])
        let usage = Usage(promptTokens: 1_000_000, completionTokens: 100_000, cachedPromptTokens: 400_000)
        #expect(configuration.price?.cost(of: usage) == 1.5 + 0.5 + 1)
    }

    @Test("is the same after a round through JSON and YAML") func roundTrip() throws {
        var configuration = EndpointConfiguration(
            baseURL: "http://localhost:8080/v1", model: "m:8b", keyVariable: "K", concurrency: 3,
            requestsPerMinute: 60, timeout: 12.5, attempts: 2, firstDelay: 0.5, longestDelay: 4, longestRetryAfter: 10,
            budget: .init(requests: 1, tokens: 2, cost: 0.5), prices: ["m:8b": .init(input: 1, output: 2)],
            structuredOutput: .jsonObject, topLogprobs: 5, tokenLimitField: .maxCompletionTokens,
            allowedModels: ["m*"], mostReplyBytes: 4_096, extra: ["top_k": 20, "x": ["y": "z"]], plainHTTP: true)
        for _ in 0..<2 {
            let json = try JSONEncoder().encode(configuration)
            #expect(try JSONDecoder().decode(EndpointConfiguration.self, from: json) == configuration)
            let yaml = try YAMLEncoder().encode(configuration)
            #expect(try YAMLDecoder().decode(EndpointConfiguration.self, from: yaml) == configuration)
            configuration = EndpointConfiguration(baseURL: "https://a.example", model: "m")
        }
    }

    @Test("shows all its mistakes at once, each with its place and what to do") func allMistakes() {
        let found = Self.mistakes(
            yaml: """
                base_url: ftp://api.example/v1?x=1
                modle: gpt-4o
                key_variable: sk-proj-abcdef
                concurrency: 0
                timeout: soon
                attempts: 1.5
                first_delay: 100
                budget: {token: 5, requests: -1, cost: 3}
                prices: {other: {input: -1, outptu: 2}}
                structured_output: jsonschema
                allowed_models: gpt
                extra: {messages: []}
                max_reply_bytes: 10
                """)
        let expected = [
            "modle: the key is unknown; did you mean \"model\"?",
            "model: it is missing; give the name that the server knows the model by",
            "timeout: it is not a number of seconds; write a number of seconds",
            "attempts: it is not a whole number; write a whole number",
            "budget.token: the key is unknown; did you mean \"tokens\"?",
            "prices.other.outptu: the key is unknown; did you mean \"output\"?",
            "prices.other.output: it is missing; give money for a million tokens",
            "structured_output: \"jsonschema\" is unknown; did you mean json_schema?",
            "allowed_models: it is not a list of model names; write a list of model names",
            "base_url: the scheme is \"ftp\"; only https and http can be called",
            "base_url: it has a query or a fragment; leave out what follows ? or #",
            "key_variable: this is not the name of an environment variable; write a name like OPENAI_API_KEY; "
                + "the key itself belongs into the environment only",
            "concurrency: 0 is out of range; 1 to 1000 are possible",
            "longest_delay: 60 is less than first_delay; make it at least as long",
            "budget.requests: -1 is less than 0; 0 stops everything",
            "prices.other.input: -1 is no price; give money for a million tokens",
            "max_reply_bytes: 10 is out of range; 1024 to 1073741824 are possible",
            "extra.messages: emlab writes this field itself; remove it",
        ]
        for line in expected { #expect(found.contains(line), "\(line)") }
        #expect(found.count == expected.count + 1, "\(found)")
        #expect(found.contains { $0.hasPrefix("budget.cost: prices has no \"") })
        #expect(!found.joined().contains("abcdef"))
    }

    @Test(
        "refuses what can't be called",
        arguments: [
            "", "api.openai.com/v1", "https://", "file:///etc/passwd", "https://user:secretword@api.example/v1",
            "https://api.example/v1#x", "https://api.example:99999/v1", "https://api.example/v1/chat/completions",
            "https://exa mple/v1", "https://[::1/v1", "//api.example/v1", "https://%zz/", "https://@/v1",
        ]) func address(baseURL: String)
    {
        let configuration = EndpointConfiguration(baseURL: baseURL, model: "m")
        let found = configuration.mistakes
        #expect(found.contains { $0.path == "base_url" }, "\(found)")
        #expect(!"\(found)".contains("secretword"))
        #expect(throws: EndpointConfigurationError.self) { try OpenAIEndpoint(configuration, environment: [:]) }
    }

    @Test("lets a key travel unencrypted only on this machine, unless told") func plainHTTP() {
        func isRefused(_ url: String, key: String? = "K", plain: Bool = false) -> Bool {
            !EndpointConfiguration(baseURL: url, model: "m", keyVariable: key, plainHTTP: plain).mistakes.isEmpty
        }
        for url in ["http://localhost:8000/v1", "http://127.0.0.1/v1", "http://[::1]:80/v1", "https://far.example/v1"] {
            #expect(!isRefused(url), "\(url)")
        }
        for url in ["http://far.example/v1", "http://localhost.far.example", "http://10.0.0.2:8000/v1"] {
            #expect(isRefused(url), "\(url)")
            #expect(!isRefused(url, plain: true))
            #expect(!isRefused(url, key: nil))
        }
    }

    @Test(
        "takes names of variables, not keys",
        arguments: [("OPENAI_API_KEY", true), ("key2", true), ("_K", true)]
            + ["", "2KEY", "sk-abc", "sk_live_abc", "A B", "A=B", "Ä", String(repeating: "A", count: 65)].map {
                ($0, false)
            })
    func variable(name: String, isFine: Bool) {
        let configuration = EndpointConfiguration(baseURL: "https://a.example/v1", model: "m", keyVariable: name)
        #expect(configuration.mistakes.isEmpty == isFine)
    }

    @Test(
        "that is no mapping, or whose tables aren't, is a mistake",
        arguments: ["[]", "7", "{base_url: [1], model: {a: b}, budget: 3, prices: [1], extra: no}"]) func wrongShapes(
            yaml: String
        )
    {
        #expect(!Self.mistakes(yaml: yaml).isEmpty)
    }

    @Test("says where in a larger file it is wrong") func path() {
        let json = #"{"judge": {"base_url": "https://a.example", "model": "m", "timeout": "x", "attempts": 0}}"#
        #expect {
            try JSONDecoder().decode([String: EndpointConfiguration].self, from: Data(json.utf8))
        } throws: { error in
            Self.found(error)?.mistakes.map(\.path) == ["judge.timeout", "judge.attempts"]
        }
    }

    @Test("doesn't take infinite numbers into what is sent") func infinite() {
        let found = Self.mistakes(yaml: "{base_url: 'https://a.example', model: m, extra: {x: [.inf]}, timeout: .nan}")
        #expect(found.contains { $0.hasPrefix("extra.x: a number is infinite") })
        #expect(found.contains { $0.hasPrefix("timeout: ") })
    }
}

@Suite("A request") struct RequestTests {
    @Test("is sent as the server's documentation has it") func body() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body()) }) { server in
            let endpoint = try Completions.endpoint(server) {
                $0.topLogprobs = 5
                $0.structuredOutput = .jsonSchema
                $0.tokenLimitField = .maxCompletionTokens
                $0.extra = ["reasoning_effort": "low"]
            }
            let schema: JSONValue = ["type": "object", "properties": ["score": ["type": "integer"]]]
            let request = ChatRequest(
                [ChatMessage(.system, "Judge."), ChatMessage(.user, "ä\n\"x\"")], maxTokens: 7, temperature: 0.5,
                topP: 0.9, seed: 3, stop: ["\n"], topLogprobs: 20, schema: .init(name: "score", schema: schema))
            _ = try await endpoint.reply(to: request)
            let sent = try #require(await server.received.first)
            let text = String(decoding: sent.body, as: UTF8.self)
            #expect(
                text == #"{"logprobs":true,"max_completion_tokens":7,"messages":[{"content":"Judge.","role":"system"},"#
                    + #"{"content":"ä\n\"x\"","role":"user"}],"model":"judge-1","reasoning_effort":"low","#
                    + #""response_format":{"json_schema":{"name":"score","schema":{"properties":{"score":{"type":"#
                    + #""integer"}},"type":"object"},"strict":true},"type":"json_schema"},"seed":3,"stop":["\n"],"#
                    + #""temperature":0.5,"top_logprobs":5,"top_p":0.9}"#)
            #expect(sent.headers["content-type"] == "application/json")
        }
    }

    @Test("leaves out what the server doesn't have") func withoutFeatures() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body("Sure:\n```json\n{\"a\": 1,}\n```")) }) {
            server in
            let endpoint = try Completions.endpoint(server)
            let request = ChatRequest(
                [ChatMessage(.user, "x")], maxTokens: 7, topLogprobs: 20,
                schema: .init(name: "a", schema: ["type": "object"]))
            let reply = try await endpoint.reply(to: request)
            let sent = try #require(await server.received.first).json
            #expect(Set(sent.keys) == ["model", "messages", "max_tokens"])
            #expect(reply.object == ["a": 1])
        }
    }

    @Test("that makes no sense is refused with all that is wrong, and not sent") func mistakes() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body()) }) { server in
            let request = ChatRequest(
                [], maxTokens: 0, temperature: .nan, topP: 0, stop: [""], topLogprobs: 21,
                schema: .init(name: "a b", schema: ["x": .number(.infinity)]), draw: -1)
            #expect(request.mistakes.count == 9, "\(request.mistakes)")
            let endpoint = try Completions.endpoint(server)
            let error = await Completions.failure(endpoint, request)
            #expect(error?.reason == .invalid)
            #expect(error?.what.contains("topLogprobs is 21") == true)
            #expect(await server.received.isEmpty)
        }
    }
}
