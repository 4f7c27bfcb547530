import Endpoints
import Foundation
import RandomStreams
import Testing

@Suite("A budget") struct BudgetTests {
    static let one = Budget.Amount(requests: 1, tokens: 100, cost: 0.5)

    @Test("sets the most aside and settles what was taken") func settles() async throws {
        let budget = Budget(.init(requests: 10, tokens: 250, cost: 2))
        try await budget.reserve(Self.one)
        #expect(await budget.committed == Self.one)
        #expect(await budget.spent == Budget.Amount())
        await budget.settle(Self.one, as: .init(requests: 1, tokens: 30, cost: 0.1))
        #expect(await budget.committed == Budget.Amount(requests: 1, tokens: 30, cost: 0.1))
    }

    @Test("stops before a limit is exceeded, and says which") func stops() async throws {
        for (limits, word) in [
            (Budget.Limits(requests: 2), "2 requests"), (.init(tokens: 250), "200 of the budget of 250"),
            (.init(cost: 1.2), "1 of the budget of 1.2"),
        ] {
            let budget = Budget(limits)
            for _ in 0..<2 {
                try await budget.reserve(Self.one)
                await budget.settle(Self.one, as: Self.one)
            }
            await #expect {
                try await budget.reserve(Self.one)
            } throws: {
                ($0 as? Budget.Exhausted)?.description.contains(word) == true
            }
            #expect(await budget.spent.requests == 2)
        }
    }

    @Test("that allows nothing lets nothing through") func zero() async throws {
        for limits in [Budget.Limits(requests: 0), .init(tokens: 0), .init(cost: 0)] {
            await #expect(throws: Budget.Exhausted.self) { try await Budget(limits).reserve(Self.one) }
        }
    }

    @Test("waits for what others may give back, and gives up when they don't") func waits() async throws {
        let budget = Budget(.init(tokens: 150))
        try await budget.reserve(Self.one)
        async let second: Void = budget.reserve(Self.one)
        try await Task.sleep(for: .milliseconds(20))
        #expect(await budget.committed.tokens == 100)
        await budget.settle(Self.one, as: .init(requests: 1, tokens: 10, cost: 0))
        try await second
        #expect(await budget.committed.tokens == 110)

        let third = Task { try await budget.reserve(Self.one) }
        try await Task.sleep(for: .milliseconds(20))
        await budget.settle(Self.one, as: Self.one)
        await #expect(throws: Budget.Exhausted.self) { try await third.value }
    }

    @Test("lets go of one who is cancelled while waiting") func cancelled() async throws {
        let budget = Budget(.init(tokens: 100))
        try await budget.reserve(Self.one)
        let waiting = Task { try await budget.reserve(Self.one) }
        try await Task.sleep(for: .milliseconds(20))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await budget.settle(Self.one, as: .init())
        try await budget.reserve(Self.one)
        #expect(await budget.committed.tokens == 100)
    }

    @Test("is never exceeded, whatever many draw from it at once", arguments: [UInt64](1...5)) func concurrent(
        seed: UInt64
    ) async throws {
        let budget = Budget(.init(requests: 300, tokens: 20_000, cost: 3))
        let exceeded = await withTaskGroup(of: Bool.self) { group in
            for item in 0..<400 {
                group.addTask {
                    var stream = RandomStream(seed: seed, purpose: "budget", item: UInt64(item))
                    let most = Budget.Amount(
                        requests: 1, tokens: 1 + stream.index(below: 900), cost: stream.uniform() / 20)
                    guard (try? await budget.reserve(most)) != nil else { return false }
                    for _ in 0..<stream.index(below: 5) { await Task.yield() }
                    let now = await budget.committed
                    let share = stream.uniform()
                    await budget.settle(
                        most,
                        as: .init(requests: 1, tokens: Int(Double(most.tokens) * share), cost: most.cost * share))
                    return now.requests > 300 || now.tokens > 20_000 || now.cost > 3 + 1e-9
                }
            }
            var any = false
            for await one in group { any = any || one }
            return any
        }
        #expect(!exceeded, "seed \(seed)")
        let spent = await budget.spent
        #expect(spent.tokens <= 20_000 && spent.requests <= 300 && spent.cost <= 3 + 1e-9)
        #expect(await budget.committed == spent)
    }

    @Test("stops an endpoint before it sends, under many calls at once") func endpoint() async throws {
        try await ScriptedServer.with({ _ in .reply(200, [], Completions.body(prompt: 100, answer: 50)) }) { server in
            let endpoint = try Completions.endpoint(server) { $0.budget = .init(tokens: 3_000) }
            let most = try endpoint.mostTaken(by: Completions.request("question 10")).tokens
            let outcomes = await withTaskGroup(of: EndpointError?.self) { group in
                for item in 0..<40 {
                    group.addTask { await Completions.failure(endpoint, Completions.request("question \(10 + item)")) }
                }
                return await group.reduce(into: [EndpointError?]()) { $0.append($1) }
            }
            // Each takes 150 of the 3,000, but is only sent while the most it may take is left.
            let sent = await server.received.count
            #expect(sent == (3_000 - most) / 150 + 1)
            #expect(outcomes.count { $0 == nil } == sent)
            #expect(outcomes.allSatisfy { $0 == nil || $0?.reason == .budget })
            #expect(await endpoint.budget.spent.tokens == 150 * sent)
            #expect(await endpoint.budget.committed.tokens <= 3_000)
        }
    }

    @Test("counts attempts that failed: refusals as requests, what may have been paid in full") func failures()
        async throws
    {
        func spent(after answer: Answer, timeout: Double = 2_000) async throws -> (Budget.Amount, Budget.Amount) {
            try await ScriptedServer.with({ _ in answer }) { server in
                let endpoint = try Completions.endpoint(server) {
                    $0.attempts = 2
                    $0.timeout = timeout
                }
                _ = await Completions.failure(endpoint)
                let most = try endpoint.mostTaken(by: Completions.request())
                return (await endpoint.budget.spent, most)
            }
        }
        for answer in [Answer.reply(429, [], ""), .reply(500, [], "")] {
            #expect(try await spent(after: answer).0 == Budget.Amount(requests: 2))
        }
        // A time-out of 10 seconds is over at once by this clock, one of 2,000 never comes.
        for (answer, timeout) in [
            (Answer.hang, 10.0), (.drop, 2_000), (.truncate(Completions.body(), after: 80), 2_000),
        ] {
            let (spent, most) = try await spent(after: answer, timeout: timeout)
            #expect(spent.requests == 2 && spent.tokens == 2 * most.tokens)
        }
        let (wrong, _) = try await spent(after: .reply(200, [], Completions.body(model: "other")))
        #expect(wrong.tokens == 15)
    }

    @Test("of requests counts what is sent again") func requests() async throws {
        try await ScriptedServer.with({ _ in .reply(500, [], "") }) { server in
            let endpoint = try Completions.endpoint(server) {
                $0.attempts = 10
                $0.budget = .init(requests: 3)
            }
            #expect(await Completions.failure(endpoint)?.reason == .budget)
            #expect(await server.received.count == 3)
        }
    }

    @Test("holds for the most a request can take: more tokens than bytes there are none") func estimate() async throws {
        try await ScriptedServer.with({ _ in .hang }) { server in
            let endpoint = try Completions.endpoint(server)
            let request = Completions.request(String(repeating: "ä", count: 500))
            let most = try endpoint.mostTaken(by: request)
            #expect(most.requests == 1)
            #expect(most.tokens > 1_000 + 50)
            #expect(most.tokens < 1_000 + 50 + 600)
            #expect(abs(most.cost - (Double(most.tokens - 50) * 2 + 500) / 1e6) < 1e-12)
        }
    }
}
