import Corpora
import Endpoints
import Foundation
import Testing

/// Against a real server: llama.cpp's, with a real model, as `scripts/real-server.sh` starts it.
@Suite(
    "A real server", .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["EMLAB_REAL_SERVER"] != nil,
        "EMLAB_REAL_SERVER isn't set: start scripts/real-server.sh and give the address it prints"))
struct RealServerTests {
    static let environment = ["EMLAB_REAL_KEY": "sk-emlab-on-loopback"]

    static func endpoint(
        store: CallStore? = nil, environment: [String: String] = environment, log: EventLog? = nil,
        _ change: (inout EndpointConfiguration) -> Void = { _ in }
    ) throws -> OpenAIEndpoint {
        var configuration = EndpointConfiguration(
            baseURL: ProcessInfo.processInfo.environment["EMLAB_REAL_SERVER"] ?? "", model: "smollm2-135m-instruct",
            keyVariable: "EMLAB_REAL_KEY", concurrency: 2, timeout: 120, attempts: 8, firstDelay: 0.5,
            budget: .init(requests: 60, tokens: 60_000), structuredOutput: .jsonSchema, topLogprobs: 20)
        change(&configuration)
        return try OpenAIEndpoint(
            configuration, store: store, environment: environment, observer: { log?.add($0) })
    }

    static func ask(_ question: String, tokens: Int = 24) -> ChatRequest {
        ChatRequest([ChatMessage(.user, question)], maxTokens: tokens, temperature: 0, seed: 1)
    }

    @Test("answers with text, usage and the model's name") func answers() async throws {
        let endpoint = try Self.endpoint()
        let reply = try await endpoint.reply(to: Self.ask("What is the capital of France? One word."))
        #expect(reply.content.contains("Paris"), "\(reply.content)")
        #expect(reply.model == "smollm2-135m-instruct")
        #expect(reply.finishReason == .stop)
        let usage = try #require(reply.usage)
        #expect(usage.promptTokens > 10 && (2...24).contains(usage.completionTokens))
        let most = try endpoint.mostTaken(by: Self.ask("What is the capital of France? One word."))
        #expect(usage.totalTokens <= most.tokens)
        print("real server: \"\(reply.content)\", \(usage)")
        await endpoint.shutdown()
    }

    @Test("says when the limit cut the answer off") func length() async throws {
        let reply = try await Self.endpoint().reply(to: Self.ask("Tell me a long story.", tokens: 5))
        #expect(reply.finishReason == .length)
        #expect(reply.usage?.completionTokens == 5)
    }

    @Test("gives log-probabilities that spell the answer and sum to at most 1") func logprobs() async throws {
        var request = Self.ask("Is the sky blue? Answer yes or no.", tokens: 6)
        request.topLogprobs = 20
        let reply = try await Self.endpoint().reply(to: request)
        let tokens = try #require(reply.contentLogprobs)
        #expect(tokens.map(\.token).joined().hasPrefix(reply.content))
        for token in tokens {
            #expect(token.logprob <= 0)
            #expect(token.top.count == 20)
            let mass = token.top.reduce(0) { $0 + exp($1.logprob) }
            #expect(mass > 0.2 && mass <= 1 + 1e-6, "\(mass)")
            // At temperature 0 the likeliest token is the one that is taken.
            #expect(token.top.first?.token == token.token)
        }
    }

    @Test("is held to a schema") func schema() async throws {
        var request = Self.ask("Rate this answer from 0 to 100: \"Paris.\" Reply in JSON with a score.", tokens: 60)
        request.schema = .init(
            name: "rating",
            schema: [
                "type": "object", "properties": ["score": ["type": "integer", "minimum": 0, "maximum": 100]],
                "required": ["score"], "additionalProperties": false,
            ])
        let reply = try await Self.endpoint().reply(to: request)
        let object = try #require(reply.object, "\(reply.content)")
        #expect((0...100).contains(try #require(object["score"]?.double)))
        #expect(object.object?.count == 1)
        print("real server: \(reply.content)")
    }

    @Test("is asked once for the same, also at once and by another process") func storeAndSharing() async throws {
        try await withFolder { folder in
            let log = EventLog()
            let endpoint = try Self.endpoint(store: CallStore(folder), log: log)
            let replies = try await withThrowingTaskGroup(of: ChatReply.self) { group in
                for item in 0..<12 {
                    group.addTask { try await endpoint.reply(to: Self.ask("Name colour \(item % 4).", tokens: 8)) }
                }
                return try await group.reduce(into: [ChatReply]()) { $0.append($1) }
            }
            #expect(Set(replies.compactMap(\.key)).count == 4)
            #expect(log.events.count { if case .answered = $0 { true } else { false } } == 4)
            #expect(files(below: folder).count == 4)
            let later = try Self.endpoint(store: CallStore(folder)) { $0.budget = .init(requests: 0) }
            for item in 0..<4 {
                #expect(try await later.reply(to: Self.ask("Name colour \(item).", tokens: 8)).isStored)
            }
            await endpoint.shutdown()
        }
    }

    @Test("turns away a wrong key, which no error shows") func wrongKey() async throws {
        let endpoint = try Self.endpoint(environment: ["EMLAB_REAL_KEY": "sk-not-the-right-one"])
        let error = await Completions.failure(endpoint, Self.ask("Hi"))
        #expect(error?.reason == .status(401))
        #expect(error?.attempts == 1)
        #expect(error?.description.contains("not-the-right") == false)
        print("real server: \(error?.description ?? "")")
    }

    @Test("answers with the model it has, whatever is asked: that is an error") func wrongModel() async throws {
        let endpoint = try Self.endpoint { $0.model = "gpt-9" }
        let error = await Completions.failure(endpoint, Self.ask("Hi", tokens: 1))
        #expect(error?.reason == .wrongModel)
        print("real server: \(error?.description ?? "")")
    }

    @Test("is let go at once when a call is cancelled, and answers the next one") func cancel() async throws {
        let endpoint = try Self.endpoint()
        let task = Task { try await endpoint.reply(to: Self.ask("Write a very long story.", tokens: 1_500)) }
        try await Task.sleep(for: .milliseconds(500))
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(try await endpoint.reply(to: Self.ask("Hi", tokens: 1)).usage?.completionTokens == 1)
    }
}
