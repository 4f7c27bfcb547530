import Corpora
import Endpoints
import Foundation
import Testing

@Suite("What was answered") struct StoreTests {
    static let good = Answer.reply(200, [], Completions.body("42 \u{1F600} \"quoted\""))

    @Test("is never asked again, also by another process") func restart() async throws {
        try await withFolder { folder in
            let script: @Sendable (Received) async -> Answer = { $0.number == 1 ? Self.good : .reply(500, [], "") }
            try await ScriptedServer.with(script) { server in
                let first = try Completions.endpoint(server, store: CallStore(folder))
                let fresh = try await first.reply(to: Completions.request())
                let spent = await first.budget.spent
                for _ in 0..<3 {
                    let later = try Completions.endpoint(server, store: CallStore(folder)) {
                        $0.budget = .init(requests: 0, tokens: 0)
                    }
                    #expect(try later.hasStoredReply(to: Completions.request()))
                    #expect(try later.mostTaken(by: Completions.request()) == Budget.Amount())
                    let stored = try await later.reply(to: Completions.request())
                    #expect(stored.isStored)
                    #expect(with(stored) { $0.isStored = false } == fresh)
                    #expect(await later.budget.spent == Budget.Amount())
                }
                #expect(await server.received.count == 1)
                #expect(spent.requests == 1 && spent.tokens == 15)
            }
        }
    }

    @Test("lies in calls/<2 hex>/<sha256>.json, with what was asked and the reply as it came") func layout()
        async throws
    {
        try await withFolder { folder in
            try await ScriptedServer.with({ _ in Self.good }) { server in
                let endpoint = try Completions.endpoint(server, store: CallStore(folder))
                let reply = try await endpoint.reply(to: Completions.request())
                let key = try #require(reply.key)
                #expect(key.count == 64 && key.allSatisfy(\.isHexDigit))
                let file = folder.appendingPathComponent("calls/\(key.prefix(2))/\(key).json")
                #expect(files(below: folder).map(\.lastPathComponent) == [file.lastPathComponent])
                let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
                #expect(object?["body"] as? String == Completions.body("42 \u{1F600} \"quoted\""))
                let request = object?["request"] as? [String: Any]
                #expect(request?["endpoint"] as? String == "127.0.0.1:\(server.port)/v1/chat/completions")
                #expect((request?["body"] as? [String: Any])?["model"] as? String == Completions.model)
            }
        }
    }

    @Test("is another call's where anything that is asked differs, and the same where the way differs") func keys()
        async throws
    {
        try await withFolder { folder in
            try await ScriptedServer.with({ _ in .reply(200, [], Completions.body(model: "any")) }) { server in
                let store = try CallStore(folder)
                func key(
                    _ request: ChatRequest = Completions.request(),
                    _ change: (inout EndpointConfiguration) -> Void = { _ in }
                ) async throws -> String? {
                    let endpoint = try Completions.endpoint(server, store: store) {
                        $0.allowedModels = ["*"]
                        change(&$0)
                    }
                    return try await endpoint.reply(to: request).key
                }
                let plain = try await key()
                // Neither key nor patience, pace and price are part of it.
                let same = try await key {
                    $0.keyVariable = nil
                    $0.timeout = 3_000
                    $0.concurrency = 2
                    $0.attempts = 1
                    $0.prices = [:]
                    $0.topLogprobs = 5
                    $0.structuredOutput = .jsonSchema
                    $0.baseURL += "/"
                }
                #expect(same == plain)
                #expect(await server.received.count == 1)
                var others: [String?] = [plain]
                for change in [
                    { $0.maxTokens = 51 }, { $0.temperature = 1 }, { $0.temperature = nil }, { $0.topP = 0.9 },
                    { $0.seed = 1 }, { $0.stop = ["\n"] }, { $0.draw = 1 }, { $0.messages[0].content += " " },
                    { $0.messages.insert(ChatMessage(.system, "Be brief."), at: 0) },
                ] as [(inout ChatRequest) -> Void] {
                    others.append(try await key(with(Completions.request(), change)))
                }
                others.append(try await key { $0.model = "judge-2" })
                others.append(try await key { $0.baseURL += "beta" })
                others.append(try await key { $0.extra = ["reasoning_effort": "high"] })
                others.append(try await key { $0.tokenLimitField = .maxCompletionTokens })
                #expect(Set(others).count == others.count)
                #expect(await server.received.count == others.count)
            }
        }
    }

    @Test("is asked again where its file is damaged or half written, and mended") func damaged() async throws {
        try await withFolder { folder in
            try await ScriptedServer.with({ _ in Self.good }) { server in
                let store = try CallStore(folder)
                let endpoint = try Completions.endpoint(server, store: store)
                let key = try #require(try await endpoint.reply(to: Completions.request()).key)
                let file = folder.appendingPathComponent("calls/\(key.prefix(2))/\(key).json")
                let whole = try Data(contentsOf: file)
                let text = String(decoding: whole, as: UTF8.self)
                var asked = 1
                let deep = Data(String(repeating: "[", count: 100_000).utf8)
                for damaged in [
                    Data(), whole.prefix(whole.count / 2), whole.dropLast(2), Data("null".utf8), deep,
                    Data(text.replacing(key, with: String(repeating: "0", count: 64)).utf8),
                    Data(text.replacing("\"format\" : 1", with: "\"format\" : 99").utf8),
                    Data(text.replacing("choices", with: "chances").utf8),
                ] {
                    try damaged.write(to: file)
                    // What an interrupted write may leave lies beside it and is nothing.
                    try damaged.write(to: file.appendingPathExtension("part"))
                    #expect(try !endpoint.hasStoredReply(to: Completions.request()))
                    let reply = try await endpoint.reply(to: Completions.request())
                    asked += 1
                    #expect(!reply.isStored)
                    #expect(await server.received.count == asked)
                    #expect(try await endpoint.reply(to: Completions.request()).isStored)
                    #expect(await server.received.count == asked)
                }
            }
        }
    }

    @Test("is kept only if it is an answer") func failures() async throws {
        for answer in [
            Answer.reply(500, [], Completions.body()), .reply(200, [], #"{"choices":[]}"#),
            .reply(200, [], Completions.body(model: "other")), .truncate(Completions.body(), after: 70),
        ] {
            try await withFolder { folder in
                try await ScriptedServer.with({ _ in answer }) { server in
                    let endpoint = try Completions.endpoint(server, store: CallStore(folder)) { $0.attempts = 2 }
                    #expect(await Completions.failure(endpoint) != nil)
                    #expect(files(below: folder).isEmpty)
                }
            }
        }
    }

    @Test("that can't be kept is an error, not a silent cost") func unwritable() async throws {
        try await withFolder { folder in
            try await ScriptedServer.with({ _ in Self.good }) { server in
                let store = try CallStore(folder)
                try FileManager.default.removeItem(at: store.folder)
                try Data().write(to: store.folder)
                let endpoint = try Completions.endpoint(server, store: store)
                let error = await Completions.failure(endpoint)
                #expect(error?.reason == .store)
                #expect(error?.what.contains("can't be written") == true)
            }
            #expect(throws: EndpointError.self) { try CallStore(folder.appendingPathComponent("calls/x")) }
        }
    }
}
