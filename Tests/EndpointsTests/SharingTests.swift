import Endpoints
import Foundation
import Testing

@Suite("Many calls at once") struct SharingTests {
    static let good = Answer.reply(200, [], Completions.body())

    @Test("are as many under way as the configuration allows, no more", arguments: [1, 3, 12]) func limit(count: Int)
        async throws
    {
        let gate = Gate()
        let script: @Sendable (Received) async -> Answer = { _ in
            await gate.pass()
            return Self.good
        }
        try await ScriptedServer.with(script) { server in
            let endpoint = try Completions.endpoint(server) { $0.concurrency = count }
            let replies = Task {
                try await withThrowingTaskGroup(of: ChatReply.self) { group in
                    for item in 0..<30 {
                        group.addTask { try await endpoint.reply(to: Completions.request("number \(item)")) }
                    }
                    return try await group.reduce(into: [ChatReply]()) { $0.append($1) }
                }
            }
            #expect(await eventually { await server.received.count == count })
            try await Task.sleep(for: .milliseconds(50))
            #expect(await server.received.count == count)
            await gate.open()
            #expect(try await replies.value.count == 30)
            #expect(await server.mostUnderWay <= count)
            #expect(await server.received.count == 30)
        }
    }

    @Test("of the same request are sent once; the others wait for its answer", arguments: [true, false]) func same(
        isStored: Bool
    ) async throws {
        let gate = Gate()
        let script: @Sendable (Received) async -> Answer = { _ in
            await gate.pass()
            return Self.good
        }
        try await withFolder { folder in
            try await ScriptedServer.with(script) { server in
                let store = isStored ? try CallStore(folder) : nil
                let endpoint = try Completions.endpoint(server, store: store)
                let tasks = (0..<20).map { _ in Task { try await endpoint.reply(to: Completions.request()) } }
                #expect(await eventually { await server.received.count == 1 })
                try await Task.sleep(for: .milliseconds(30))
                await gate.open()
                var replies: [ChatReply] = []
                for task in tasks { replies.append(try await task.value) }
                #expect(await server.received.count == 1)
                #expect(replies.count { !$0.isStored } == 1)
                #expect(Set(replies.map(\.content)) == ["yes"])
                #expect(await endpoint.budget.spent.requests == 1)
                // Afterwards only the store remembers.
                _ = try await endpoint.reply(to: Completions.request())
                #expect(await server.received.count == (isStored ? 1 : 2))
            }
        }
    }

    @Test("through two endpoints that share a store are sent once") func twoEndpoints() async throws {
        let gate = Gate()
        let script: @Sendable (Received) async -> Answer = { _ in
            await gate.pass()
            return Self.good
        }
        try await withFolder { folder in
            try await ScriptedServer.with(script) { server in
                let store = try CallStore(folder)
                let endpoints = try (0..<2).map { _ in try Completions.endpoint(server, store: store) }
                let tasks = endpoints.map { endpoint in
                    Task { try await endpoint.reply(to: Completions.request()) }
                }
                #expect(await eventually { await server.received.count == 1 })
                try await Task.sleep(for: .milliseconds(30))
                await gate.open()
                for task in tasks { #expect(try await task.value.content == "yes") }
                #expect(await server.received.count == 1)
            }
        }
    }

    @Test("keep their answer when one of those who wait gives up") func oneGivesUp() async throws {
        let gate = Gate()
        let script: @Sendable (Received) async -> Answer = { _ in
            await gate.pass()
            return Self.good
        }
        try await ScriptedServer.with(script) { server in
            let endpoint = try Completions.endpoint(server)
            let first = Task { try await endpoint.reply(to: Completions.request()) }
            #expect(await eventually { await server.received.count == 1 })
            let second = Task { try await endpoint.reply(to: Completions.request()) }
            try await Task.sleep(for: .milliseconds(30))
            first.cancel()
            // At once, though the server hasn't answered.
            await #expect(throws: CancellationError.self) { try await first.value }
            await gate.open()
            #expect(try await second.value.content == "yes")
            #expect(await server.received.count == 1)
        }
    }

    @Test("end when they are cancelled, wherever they are, and leave their places") func cancelled() async throws {
        try await ScriptedServer.with({ request in
            (request.json["messages"] as? [[String: Any]])?.first?["content"] as? String == "last" ? Self.good : .hang
        }) { server in
            let endpoint = try Completions.endpoint(server) { $0.concurrency = 2 }
            let tasks = (0..<6).map { item in
                Task { try await endpoint.reply(to: Completions.request("number \(item)")) }
            }
            #expect(await eventually { await server.received.count == 2 })
            let start = ContinuousClock.now
            for task in tasks { task.cancel() }
            for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try await endpoint.reply(to: Completions.request("last")).content == "yes")
            #expect(await server.received.count == 3)
        }
    }

    @Test("start as fast as the configuration allows") func pace() async throws {
        try await ScriptedServer.with({ _ in Self.good }) { server in
            let clock = PatientClock()
            let endpoint = try Completions.endpoint(server, clock: clock) {
                $0.requestsPerMinute = 30
                $0.concurrency = 1
            }
            for item in 0..<5 { _ = try await endpoint.reply(to: Completions.request("number \(item)")) }
            #expect(clock.slept.filter { $0 > .zero } == Array(repeating: .seconds(2), count: 4))
        }
    }

    @Test("wait together after a refusal for having too much to do") func pause() async throws {
        let clock = PatientClock()
        let limiter = RateLimiter(concurrency: 2, clock: clock)
        await limiter.pause(for: .seconds(40))
        await limiter.pause(for: .seconds(10))
        let value = try await limiter.withPlace { 7 }
        #expect(value == 7)
        #expect(clock.slept == [.seconds(40)])
    }

    @Test("fail together once the endpoint is shut down, and new ones at once") func shutdown() async throws {
        try await ScriptedServer.with({ _ in .hang }) { server in
            let endpoint = try Completions.endpoint(server) { $0.attempts = 2 }
            let task = Task { await Completions.failure(endpoint) }
            #expect(await eventually { await server.received.count == 1 })
            await endpoint.shutdown()
            await endpoint.shutdown()
            #expect(await task.value != nil)
            #expect(await Completions.failure(endpoint)?.reason == .closed)
            #expect(await server.received.count == 1)
        }
    }

    @Test("may be forgotten: an endpoint that is dropped closes by itself") func dropped() async throws {
        try await ScriptedServer.with({ _ in Self.good }) { server in
            for item in 0..<20 {
                let endpoint = try Completions.endpoint(server)
                _ = try await endpoint.reply(to: Completions.request("number \(item)"))
            }
            #expect(await server.received.count == 20)
        }
    }
}
