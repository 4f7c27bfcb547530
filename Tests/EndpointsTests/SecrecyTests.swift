import Endpoints
import Foundation
import Testing

@Suite("The key") struct SecrecyTests {
    @Test("goes to the server in its header, and nowhere else in the request") func header() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body()) }) { server in
            _ = try await Completions.endpoint(server).reply(to: Completions.request())
            let request = try #require(await server.received.first)
            #expect(request.authorization == "Bearer \(Completions.key)")
            #expect(request.uri == "/v1/chat/completions")
            #expect(!String(decoding: request.body, as: UTF8.self).contains(Completions.key))
        }
    }

    @Test("is in no error, event, description or file, however the server sends it back") func echo() async throws {
        let key = Completions.key
        let base64 = Data(key.utf8).base64EncodedString()
        let percent = key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let escaped = key.utf16.map { "\\u00" + String($0, radix: 16) }.joined()
        let spellings = [key, key.replacing("/", with: "\\/"), percent, base64, escaped]
        func leaks(_ text: String) -> Bool {
            [key, percent, base64, escaped].contains { text.contains($0) } || text.contains("0123456789+abcdef")
        }
        for spelling in spellings {
            let bodies = [
                "<h1>Bad gateway</h1> Authorization: Bearer \(spelling)",
                #"{"error":{"message":"Incorrect API key provided: \#(spelling)","code":"Bearer \#(spelling)"}}"#,
                #"{"detail":"Authorization=\#(spelling)"}"#,
                Completions.body(message: #"{"content":"Your key is \#(spelling)","reasoning":"\#(spelling)"}"#),
                Completions.body(model: "x").replacing("\"model\":\"x\"", with: "\"model\":\"\(spelling)\""),
                #"{"choices":[],"error":{"message":"\#(spelling)"}}"#,
            ]
            for (index, body) in bodies.enumerated() {
                for status in [200, 401, 500] {
                    try await withFolder { folder in
                        try await ScriptedServer.with({ _ in .reply(status, [("X-Key", key)], body) }) { server in
                            let log = EventLog()
                            let store = try CallStore(folder)
                            let endpoint = try Completions.endpoint(server, store: store, log: log) {
                                $0.attempts = 2
                            }
                            do {
                                let reply = try await endpoint.reply(to: Completions.request())
                                #expect(status == 200 && index == 3)
                                #expect(!leaks("\(reply)"))
                                #expect(reply.content == "Your key is [key removed]")
                                let stored = try await endpoint.reply(to: Completions.request())
                                #expect(stored.isStored)
                                #expect(!leaks("\(stored)"))
                            } catch {
                                #expect(!leaks("\(error)"), "\(error)")
                                #expect(!leaks(String(reflecting: error)))
                                #expect(!leaks(error.localizedDescription))
                            }
                            #expect(!leaks("\(log.events)"))
                            var dumped = ""
                            dump(endpoint, to: &dumped)
                            #expect(!leaks(dumped))
                            #expect(!leaks("\(endpoint) \(String(reflecting: endpoint.configuration))"))
                            let encoded = try JSONEncoder().encode(endpoint.configuration)
                            #expect(!leaks(String(decoding: encoded, as: UTF8.self)))
                            let all = files(below: folder)
                            #expect(all.count == (status == 200 && index == 3 ? 1 : 0))
                            for file in all {
                                #expect(!leaks(String(decoding: try Data(contentsOf: file), as: UTF8.self)))
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("isn't followed to where a server redirects, even in the error's text") func redirect() async throws {
        let target = "https://elsewhere.example/?key=\(Completions.key)"
        try await ScriptedServer.with({ _ in .reply(307, [("Location", target)], "") }) { server in
            let error = try #require(await Completions.failure(try Completions.endpoint(server)))
            #expect(!error.description.contains(Completions.key))
            #expect(error.what.contains("elsewhere.example"))
        }
    }

    @Test(
        "must be in its variable, and look like a key",
        arguments: [nil, "", "  ", "short", "has a space in it", "has\u{7F}control", "schlüssel-123"]) func unusable(
            value: String?
        ) async throws
    {
        let configuration = EndpointConfiguration(
            baseURL: "https://api.example/v1", model: "m", keyVariable: "THE_KEY")
        #expect {
            try OpenAIEndpoint(configuration, environment: value.map { ["THE_KEY": $0] } ?? [:])
        } throws: { error in
            guard let error = error as? EndpointError, error.reason == .invalid else { return false }
            let text = value?.trimmingCharacters(in: .whitespaces) ?? ""
            return error.what.contains("THE_KEY") && (text.isEmpty || !error.description.contains(text))
        }
    }

    @Test("isn't sent inside of a request, where it would be stored") func inRequest() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body()) }) { server in
            let endpoint = try Completions.endpoint(server)
            let error = await Completions.failure(endpoint, Completions.request("My key is \(Completions.key)."))
            #expect(error?.reason == .invalid)
            #expect(error?.description.contains(Completions.key) == false)
            let hidden = try Completions.endpoint(server) { $0.extra = ["user": .string(Completions.key)] }
            #expect(await Completions.failure(hidden)?.reason == .invalid)
            #expect(await server.received.isEmpty)
            let configuration = EndpointConfiguration(
                baseURL: "https://a.example", model: "m", extra: ["api_key": "sk-something-secret"])
            #expect(configuration.mistakes.map(\.path) == ["extra.api_key"])
            #expect(!"\(configuration.mistakes)".contains("something"))
        }
    }

    @Test("isn't needed where no variable is named") func none() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body()) }) { server in
            let endpoint = try Completions.endpoint(server) { $0.keyVariable = nil }
            _ = try await endpoint.reply(to: Completions.request())
            #expect(await server.received.first?.authorization == nil)
        }
    }
}
