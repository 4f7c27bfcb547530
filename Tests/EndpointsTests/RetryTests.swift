import Endpoints
import Foundation
import Testing

@Suite("A server in trouble") struct RetryTests {
    /// Replies in order; the last one again and again.
    static func inOrder(_ answers: [Answer]) -> @Sendable (Received) async -> Answer {
        { request in answers[min(request.number, answers.count) - 1] }
    }

    static let good = Answer.reply(200, [], Completions.body())

    @Test("is asked again until it answers", arguments: [408, 429, 500, 502, 503, 504, 529]) func passes(status: Int)
        async throws
    {
        let script = Self.inOrder([.reply(status, [], "{}"), .reply(status, [], "{}"), Self.good])
        try await ScriptedServer.with(script) { server in
            let clock = PatientClock()
            let reply = try await Completions.endpoint(server, clock: clock).reply(to: Completions.request())
            #expect(reply.content == "yes")
            #expect(await server.received.count == 3)
            #expect(!clock.slept.isEmpty)
        }
    }

    @Test("isn't asked again for what won't pass", arguments: [400, 401, 402, 403, 404, 413, 422, 501]) func final(
        status: Int
    ) async throws {
        try await ScriptedServer.with({ _ in .reply(status, [], #"{"error":{"message":"so it is"}}"#) }) { server in
            let error = await Completions.failure(try Completions.endpoint(server))
            #expect(error?.reason == .status(status))
            #expect(error?.what == "HTTP \(status): so it is")
            #expect(error?.attempts == 1)
            #expect(await server.received.count == 1)
        }
    }

    @Test("isn't asked again when the account has no quota") func quota() async throws {
        let body = #"{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"#
        try await ScriptedServer.with({ _ in .reply(429, [], body) }) { server in
            let endpoint = try Completions.endpoint(server)
            #expect(await Completions.failure(endpoint)?.attempts == 1)
        }
    }

    @Test("is given up after so many attempts, with doubled and jittered pauses between") func storm() async throws {
        try await ScriptedServer.with({ _ in .reply(429, [], "") }) { server in
            let clock = PatientClock()
            let endpoint = try Completions.endpoint(server, clock: clock) { $0.attempts = 6 }
            let error = await Completions.failure(endpoint)
            #expect(error?.reason == .status(429))
            #expect(error?.attempts == 6)
            #expect(await server.received.count == 6)
            let pauses = clock.slept.filter { $0 > .zero }
            #expect(pauses.count == 5)
            for (pause, whole) in zip(pauses, [1.0, 2, 4, 8, 8]) {
                #expect(pause <= .seconds(whole) && pause >= .seconds(whole / 2), "\(pauses)")
            }
            #expect(Set(pauses).count == 5)
        }
    }

    @Test("is left alone as long as its Retry-After says, in seconds or as a date, at most so long") func retryAfter()
        async throws
    {
        let date = ("Date", "Wed, 21 Oct 2015 07:28:00 GMT")
        let cases: [([(String, String)], Double?)] = [
            ([("Retry-After", "17")], 17), ([("Retry-After", " 20.5 ")], 20.5), ([("Retry-After", "99999")], 90),
            ([("Retry-After", "Wed, 21 Oct 2015 07:28:30 GMT"), date], 30),
            ([("Retry-After", "Wednesday, 21-Oct-15 07:28:31 GMT"), date], 31),
            ([("Retry-After", "Wed Oct 21 07:28:32 2015"), date], 32),
            ([("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], nil),
            ([("Retry-After", "soon")], nil), ([("Retry-After", "-5")], nil), ([("Retry-After", "nan")], nil),
            ([("Retry-After", "")], nil),
        ]
        for (headers, seconds) in cases {
            try await ScriptedServer.with(Self.inOrder([.reply(429, headers, ""), Self.good])) { server in
                let clock = PatientClock()
                let endpoint = try Completions.endpoint(server, clock: clock)
                _ = try await endpoint.reply(to: Completions.request())
                let pause = try #require(clock.slept.first { $0 > .zero })
                if let seconds {
                    #expect(pause == .seconds(seconds), "\(headers)")
                } else {
                    #expect(pause <= .seconds(1), "\(headers)")
                }
            }
        }
    }

    @Test("keeps others waiting, too, once it says it has too much to do") func pauseForAll() async throws {
        try await ScriptedServer.with(Self.inOrder([.reply(429, [("Retry-After", "40")], ""), Self.good])) { server in
            let clock = PatientClock()
            let endpoint = try Completions.endpoint(server, clock: clock) { $0.attempts = 1 }
            #expect(await Completions.failure(endpoint)?.reason == .status(429))
            #expect(clock.slept.allSatisfy { $0 <= .zero })
            // A last attempt tells nobody; one with another to come does.
            let patient = try Completions.endpoint(server, clock: clock) { $0.attempts = 2 }
            _ = try await patient.reply(to: Completions.request())
        }
        let both = RetryTests.inOrder([.reply(429, [("Retry-After", "40")], ""), Self.good])
        try await ScriptedServer.with(both) { server in
            let clock = PatientClock()
            let endpoint = try Completions.endpoint(server, clock: clock)
            _ = try await endpoint.reply(to: Completions.request())
            #expect(clock.slept.contains(.seconds(40)))
        }
    }

    @Test(
        "is asked again when the connection breaks or the reply is cut off",
        arguments: [
            Answer.drop, .truncate(Completions.body(), after: 60), .truncate(Completions.body(), after: 0),
            .reply(200, [], "{\"choices\":"), .reply(200, [], "<html>busy</html>"),
            .reply(200, [], #"{"choices":[]}"#), .reply(200, [], #"{"error":{"code":503,"message":"busy"}}"#),
        ]) func broken(answer: Answer) async throws
    {
        try await ScriptedServer.with(Self.inOrder([answer, answer, Self.good])) { server in
            let reply = try await Completions.endpoint(server).reply(to: Completions.request())
            #expect(reply.content == "yes")
            #expect(await server.received.count == 3)
        }
        try await ScriptedServer.with({ _ in answer }) { server in
            let error = await Completions.failure(try Completions.endpoint(server))
            #expect(error?.attempts == 4)
        }
    }

    @Test("that isn't there, or doesn't speak HTTP, is an error that says so") func absent() async throws {
        let server = try await ScriptedServer { _ in .hang }
        await server.close()
        let error = await Completions.failure(try Completions.endpoint(server))
        #expect(error?.reason == .connection)
        #expect(error?.attempts == 4)
        #expect(error?.what == "no connection: connection refused" || error?.what == "connection refused")
        #expect(error?.remedy == "check base_url, the network, and that the server runs")

        let noisy = try await ScriptedServer(saying: "220 mail.example ESMTP\r\n")
        let other = await Completions.failure(try Completions.endpoint(noisy))
        #expect(other?.reason == .connection)
        await noisy.close()
    }

    @Test(
        "that is too slow is given up in time",
        arguments: [Answer.hang, .drip(Array(repeating: " ", count: 5_000), milliseconds: 20)]) func slow(
            answer: Answer
        )
        async throws
    {
        try await ScriptedServer.with({ _ in answer }) { server in
            // By a real clock: a server that drips must not be given more time for each drop.
            let configuration = with(Completions.configuration(server, timeout: 0.3)) {
                $0.attempts = 2
                $0.firstDelay = 0.01
            }
            let endpoint = try OpenAIEndpoint(configuration, environment: Completions.environment)
            let start = ContinuousClock.now
            let error = await Completions.failure(endpoint)
            #expect(error?.reason == .timeout)
            #expect(error?.attempts == 2)
            #expect(ContinuousClock.now - start < .seconds(60))
        }
        // By a clock of the test's: no time passes.
        try await ScriptedServer.with({ _ in answer }) { server in
            let endpoint = try Completions.endpoint(server) {
                $0.timeout = 100
                $0.attempts = 3
            }
            let error = await Completions.failure(endpoint)
            #expect(error?.reason == .timeout)
            #expect(error?.what == "no whole reply within 100.0 seconds")
        }
    }

    @Test("may drip as long as it is done in time") func drip() async throws {
        let chunks = Completions.body().split(separator: ",").map { String($0) + "," }.map { $0 }
        var whole = chunks
        whole[whole.count - 1] = String(whole[whole.count - 1].dropLast())
        let parts = whole
        try await ScriptedServer.with({ _ in .drip(parts, milliseconds: 2) }) { server in
            let reply = try await Completions.endpoint(server).reply(to: Completions.request())
            #expect(reply.content == "yes")
        }
    }

    @Test("that sends more than it may is stopped") func huge() async throws {
        let long = Completions.body(String(repeating: "x", count: 40_000))
        for answer in [Answer.flood, .reply(200, [], long)] {
            try await ScriptedServer.with({ _ in answer }) { server in
                let endpoint = try Completions.endpoint(server) { $0.mostReplyBytes = 20_000 }
                let error = await Completions.failure(endpoint)
                #expect(error?.reason == .malformedReply)
                #expect(error?.what == "the reply is longer than 20000 bytes")
                #expect(error?.attempts == 1)
            }
        }
        try await ScriptedServer.with({ _ in .reply(200, [], long) }) { server in
            let endpoint = try Completions.endpoint(server) { $0.mostReplyBytes = long.utf8.count }
            #expect(try await endpoint.reply(to: Completions.request()).content.count == 40_000)
        }
    }

    @Test("that redirects is an error; the other host never hears of it") func redirect() async throws {
        try await ScriptedServer.with({ _ in Self.good }) { other in
            for status in [301, 302, 303, 307, 308] {
                let target = "http://localhost:\(other.port)/v1/chat/completions"
                try await ScriptedServer.with({ _ in .reply(status, [("Location", target)], "") }) { server in
                    let error = await Completions.failure(try Completions.endpoint(server))
                    #expect(error?.reason == .status(status))
                    #expect(error?.what == "the server redirects to localhost (HTTP \(status))")
                    #expect(error?.attempts == 1)
                }
            }
            #expect(await other.received.isEmpty)
        }
    }
}

/// A changed copy.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
