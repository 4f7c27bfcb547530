import Checkpoint
import Corpora
import Endpoints
import Foundation
import Sampling
import TestSupport
import Testing
import Tokenization
import Torch
import Transformer

@Suite("A model on this machine as an endpoint", .serialized)
struct LocalEndpointTests {
    static let model = Fixtures.folder.appending(path: "models/talking").path

    static func endpoint(store: CallStore? = nil, batch: Int = 4) throws -> LocalEndpoint {
        try LocalEndpoint(LocalConfiguration(model: model, batch: batch), store: store)
    }

    static func ask(_ text: String, _ change: (inout ChatRequest) -> Void = { _ in }) -> ChatRequest {
        var request = ChatRequest([ChatMessage(.user, text)], maxTokens: 12, temperature: 1, seed: 5)
        change(&request)
        return request
    }

    static func replies(_ endpoint: LocalEndpoint, _ requests: [ChatRequest]) async throws -> [ChatReply] {
        try await withThrowingTaskGroup(of: (Int, ChatReply).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await endpoint.reply(to: request)) }
            }
            return try await group.reduce(into: [(Int, ChatReply)]()) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    @Test("an answer doesn't depend on what is asked beside it")
    func batches() async throws {
        let endpoint = try Self.endpoint()
        let requests = (0..<9).map { item in
            Self.ask("Tell me of colour \(item).") { if item % 3 == 0 { $0.temperature = 0.5 } }
        }
        let together = try await Self.replies(endpoint, requests)
        for (request, reply) in zip(requests, together) {
            let alone = try await endpoint.reply(to: request)
            #expect(alone.content == reply.content)
            #expect(alone.usage == reply.usage)
            #expect(!reply.isStored)
        }
        #expect(Set(together.map(\.content)).count > 3)
    }

    @Test("draws of one request differ, the same draw doesn't")
    func draws() async throws {
        let endpoint = try Self.endpoint()
        let requests = (0..<6).map { draw in Self.ask("Hello") { $0.draw = draw } }
        let first = try await Self.replies(endpoint, requests)
        let again = try await Self.replies(endpoint, requests)
        #expect(first.map(\.content) == again.map(\.content))
        #expect(Set(first.map(\.content)).count > 3)
    }

    @Test("log-probabilities are those of the plain softmax, of 20 alternatives too")
    func logprobs() async throws {
        let files = try ModelFiles.open(URL(filePath: Self.model))
        let decoder = try Decoder(files)
        let tokenizer = try files.tokenizer()
        let format = try ChatFormat.recognise(template: try #require(files.chatTemplate))
        let endpoint = try Self.endpoint()
        for temperature in [0, 0.7] {
            let request = Self.ask("Is the sky blue?") {
                $0.topLogprobs = 20
                $0.temperature = temperature
            }
            let reply = try await endpoint.reply(to: request)
            let listed = try #require(reply.logprobs)
            #expect(listed.count == reply.usage?.completionTokens)
            let prompt = try format.render(request.messages, tokenizer: tokenizer, addGenerationPrompt: true).tokens
            #expect(reply.usage?.promptTokens == prompt.count)
            // The answer's tokens are found again by their bytes: one token of this vocabulary for each spelling.
            let spelling = Dictionary(
                (0..<Int32(tokenizer.vocabularySize)).map { (tokenizer.bytes(of: [$0]), $0) },
                uniquingKeysWith: { first, _ in first })
            let ids = try listed.map { try #require(spelling[$0.bytes ?? []]) }
            var tokens = PackedTokens()
            tokens.append(prompt + ids.dropLast())
            let hidden = try decoder.hidden(tokens).narrowed(0, from: prompt.count - 1, length: ids.count)
            let plain: [Float] = try decoder.logits(hidden).logSoftmax(axis: 1).values()
            let width = plain.count / ids.count
            for (place, token) in listed.enumerated() {
                let row = plain[place * width..<(place + 1) * width]
                #expect(abs(Float(token.logprob) - row[row.startIndex + Int(ids[place])]) < 1e-4)
                #expect(token.top.count == 20)
                let best = row.sorted(by: >).prefix(20)
                for (found, expected) in zip(token.top, best) { #expect(abs(Float(found.logprob) - expected) < 1e-4) }
                if temperature == 0 { #expect(token.top.first?.token == token.token) }
            }
        }
    }

    @Test("a stop text ends the answer before it")
    func stops() async throws {
        let endpoint = try Self.endpoint()
        let greedy = try await endpoint.reply(to: Self.ask("Hello") { $0.temperature = 0 })
        // Parts of characters are shown as U+FFFD, which no token spells.
        let word = String(try #require(greedy.content.last { $0.isASCII }))
        let shortened = try await endpoint.reply(
            to: Self.ask("Hello") {
                $0.temperature = 0
                $0.stop = [word]
                $0.topLogprobs = 0
            })
        #expect(shortened.finishReason == .stop)
        let before = try #require(greedy.content.range(of: word)).lowerBound
        #expect(shortened.content == String(greedy.content[..<before]))
        #expect((shortened.usage?.completionTokens ?? 99) <= (greedy.usage?.completionTokens ?? 0))
    }

    @Test("what is stored is not computed again, and asked twice at once computed once")
    func store() async throws {
        let folder = Fixtures.scratch()
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try CallStore(folder: folder)
        let endpoint = try Self.endpoint(store: store)
        let request = Self.ask("Hello")
        #expect(try endpoint.mostTaken(by: request).requests == 1)
        let replies = try await Self.replies(endpoint, [request, request, request])
        #expect(replies.count { !$0.isStored } == 1)
        #expect(Set(replies.map(\.content)).count == 1)
        #expect(try endpoint.mostTaken(by: request) == Budget.Amount())
        let later = try await Self.endpoint(store: CallStore(folder: folder)).reply(to: request)
        #expect(later.isStored)
        #expect(later.content == replies[0].content)
        #expect(later.key == replies[0].key)
        let other = try await endpoint.reply(to: Self.ask("Hello") { $0.maxTokens = 11 })
        #expect(!other.isStored)
    }

    @Test("giving up ends the sampling, and others get their answers")
    func cancel() async throws {
        let endpoint = try Self.endpoint()
        let long = Task { try await endpoint.reply(to: Self.ask("Hello") { $0.maxTokens = 60 }) }
        try await Task.sleep(for: .milliseconds(5))
        long.cancel()
        await #expect(throws: CancellationError.self) { try await long.value }
        #expect(try await endpoint.reply(to: Self.ask("Hello")).usage?.completionTokens ?? 0 > 0)
    }

    @Test("what can't be answered is told, and stops nobody else")
    func mistakes() async throws {
        let endpoint = try Self.endpoint()
        async let good = endpoint.reply(to: Self.ask("Hello"))
        let long = Self.ask(String(repeating: "word ", count: 5_000))
        let error = await #expect(throws: EndpointError.self) { try await endpoint.reply(to: long) }
        #expect(error?.description.contains("leaves no room to answer") == true)
        let none = await #expect(throws: EndpointError.self) {
            try await endpoint.reply(to: ChatRequest([], maxTokens: 4))
        }
        #expect(none?.reason == .invalid)
        #expect(try await good.finishReason == .length)
        let poor = try LocalEndpoint(
            LocalConfiguration(model: Self.model), budget: Budget(Budget.Limits(requests: 1)))
        _ = try await poor.reply(to: Self.ask("Hello"))
        let over = await #expect(throws: EndpointError.self) { try await poor.reply(to: Self.ask("Hello")) }
        #expect(over?.reason == .budget)
        let configuration = #expect(throws: EndpointConfigurationError.self) {
            try LocalEndpoint(LocalConfiguration(model: Self.model, device: "tpu", chatFormat: "morse"))
        }
        #expect(configuration?.mistakes.map(\.path) == ["device", "chat_format"])
    }
}

@Suite("A real model as an endpoint", .serialized, .enabled(if: Fixtures.realModel != nil, "\(Fixtures.noRealModel)"))
struct RealLocalEndpointTests {
    @Test("answers like the server that serves it")
    func answers() async throws {
        let url = try #require(Fixtures.realModel)
        let endpoint = try LocalEndpoint(LocalConfiguration(model: url.path))
        var request = ChatRequest(
            [ChatMessage(.user, "What is the capital of France? One word.")], maxTokens: 24, temperature: 0)
        request.topLogprobs = 20
        let reply = try await endpoint.reply(to: request)
        #expect(reply.content.contains("Paris"), "\(reply.content)")
        #expect(reply.finishReason == .stop)
        let tokens = try #require(reply.contentLogprobs)
        #expect(tokens.map(\.token).joined().hasPrefix(reply.content))
        for token in tokens {
            #expect(token.top.count == 20)
            #expect(token.top.first?.token == token.token)
            #expect(token.top.reduce(0) { $0 + exp($1.logprob) } <= 1 + 1e-6)
        }
        #expect(reply.model == url.lastPathComponent)
    }
}
