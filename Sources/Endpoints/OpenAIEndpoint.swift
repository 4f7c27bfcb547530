import Foundation

/// A server that speaks OpenAI's chat completions: OpenAI, OpenRouter, vLLM, llama.cpp, Ollama, …
///
/// A request is answered from the store if it ever was; else by the same request if that is under way; else it is sent,
/// within the budget, at the configured pace, and again after failures that pass. Cancelling the task gives up.
public final class OpenAIEndpoint: ChatEndpoint, CustomReflectable {
    public let configuration: EndpointConfiguration
    /// What was and may be spent.
    public let budget: Budget
    private let store: CallStore?
    private let underWay: SharedCalls<ChatReply>
    private let key: APIKey?
    private let limiter: RateLimiter
    private let transport: Transport
    private let backOff: BackOff
    private let time: TimeSource
    private let observer: @Sendable (CallEvent) -> Void

    /// - Parameters:
    ///   - store: where replies are kept; none: each is asked anew.
    ///   - budget: one that other endpoints share; none: the configuration's own.
    ///   - environment: where the key's variable is looked up.
    ///   - clock: for pauses, pace and time-outs.
    ///   - jitterSeed: draws the random part of pauses; two processes should differ.
    ///   - observer: told what happens, from any thread.
    /// - Throws: ``EndpointConfigurationError`` with all mistakes; ``EndpointError`` if the key's variable isn't set.
    public init<C: Clock>(
        _ configuration: EndpointConfiguration, store: CallStore? = nil, budget: Budget? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment, clock: C = ContinuousClock(),
        jitterSeed: UInt64 = .random(in: .min ... .max), observer: @escaping @Sendable (CallEvent) -> Void = { _ in }
    ) throws where C.Duration == Duration {
        let mistakes = configuration.mistakes
        guard mistakes.isEmpty else { throw EndpointConfigurationError(mistakes: mistakes) }
        self.configuration = configuration
        self.store = store
        underWay = store?.underWay ?? SharedCalls()
        self.budget = budget ?? Budget(configuration.budget)
        key = try configuration.keyVariable.map {
            try APIKey(variable: $0, environment: environment, place: configuration.place)
        }
        time = TimeSource(clock)
        limiter = RateLimiter(
            concurrency: configuration.concurrency, requestsPerMinute: configuration.requestsPerMinute, time: time)
        transport = Transport(concurrency: configuration.concurrency, connectTimeout: configuration.timeout)
        backOff = BackOff(
            first: configuration.firstDelay, longest: configuration.longestDelay,
            longestRetryAfter: configuration.longestRetryAfter, seed: jitterSeed)
        self.observer = observer
    }

    public var identity: [String: String] {
        ["kind": "openai", "model": configuration.model, "address": configuration.callAddress]
    }

    public var concurrency: Int { configuration.concurrency }
    public var price: EndpointConfiguration.Price? { configuration.price }

    /// The HTTP client keeps the last request with its header: `dump` must not get there.
    public var customMirror: Mirror { Mirror(self, children: ["configuration": configuration]) }

    /// Closes connections; what is under way fails. An endpoint that is merely dropped closes by itself, later.
    public func shutdown() async { await transport.shutdown() }

    /// The answer to `request`.
    ///
    /// - Throws: ``EndpointError``, or `CancellationError`.
    public func reply(to request: ChatRequest) async throws -> ChatReply {
        let call = try OutgoingCall(request, configuration)
        if key?.occurs(in: call.canonical) == true {
            throw error(
                .invalid, "the request itself holds the key: it would be stored", "keep it out of messages and extra")
        }
        if let stored = storedReply(call) {
            observer(.stored(call: call.key))
            return stored
        }
        var (reply, isOwn) = try await underWay.value(for: call.key) { [self] in
            // The same request may have ended between the look into the store and now.
            if let stored = storedReply(call) { return stored }
            return try await ask(call)
        }
        if !isOwn { reply.isStored = true }
        if reply.isStored { observer(.stored(call: call.key)) }
        return reply
    }

    /// True if the store has the answer: asking costs nothing.
    public func hasStoredReply(to request: ChatRequest) throws -> Bool {
        storedReply(try OutgoingCall(request, configuration)) != nil
    }

    /// The most that `request` can take if it is sent once: an estimate before anything is spent. Of a stored one:
    /// nothing.
    public func mostTaken(by request: ChatRequest) throws -> Budget.Amount {
        let call = try OutgoingCall(request, configuration)
        return storedReply(call) == nil ? most(of: call) : Budget.Amount()
    }

    // MARK: - The store

    private func storedReply(_ call: OutgoingCall) -> ChatReply? {
        guard var reply = store?.reply(for: call.key, mostBytes: configuration.mostReplyBytes),
            configuration.accepts(model: reply.model)
        else { return nil }
        reply.cost = cost(of: reply.usage)
        return reply
    }

    // MARK: - Attempts

    private func ask(_ call: OutgoingCall) async throws -> ChatReply {
        let chance = UInt64(call.key.prefix(16), radix: 16) ?? 0
        for attempt in 1... {
            do {
                let reply = try await limiter.withPlace { try await self.attempt(call, number: attempt) }
                observer(.answered(call: call.key, usage: reply.usage, cost: reply.cost))
                return reply
            } catch let failure as FailedAttempt {
                guard failure.mayPass, attempt < configuration.attempts else {
                    var error = failure.error
                    error.attempts = attempt
                    observer(.failed(call: call.key, why: error.description))
                    throw error
                }
                let delay = backOff.delay(afterFailures: attempt, asked: failure.retryAfter, call: chance)
                observer(.retrying(call: call.key, why: failure.error.what, after: delay))
                if failure.stopsOthers { await limiter.pause(for: delay) }
                try await time.sleep(delay)
            }
        }
        throw CancellationError()
    }

    /// One request, from its place in the budget to its place in the store.
    private func attempt(_ call: OutgoingCall, number: Int) async throws -> ChatReply {
        let most = most(of: call)
        do {
            try await budget.reserve(most)
        } catch let limit as Budget.Exhausted {
            let error = self.error(
                .budget, limit.description, "raise it in the endpoint's budget; what was answered is kept")
            throw FailedAttempt(error: error, mayPass: false)
        }
        observer(.sending(call: call.key, attempt: number))
        // Whatever ends without the server's own count may have been paid in full.
        var taken = most
        do {
            let reply = try await exchange(call, number: number, taken: &taken)
            await budget.settle(most, as: taken)
            return reply
        } catch {
            await budget.settle(most, as: taken)
            throw error
        }
    }

    private func exchange(
        _ call: OutgoingCall, number: Int, taken: inout Budget.Amount
    ) async throws -> ChatReply {
        let answer: Transport.Answer
        do {
            answer = try await time.within(.seconds(configuration.timeout)) { [self] in
                try await transport.post(
                    call.body, to: configuration.callURL, key: key, mostBytes: configuration.mostReplyBytes,
                    timeout: configuration.timeout)
            }
        } catch is TimeSource.TimedOut {
            throw FailedAttempt(
                error: error(
                    .timeout, "no whole reply within \(configuration.timeout) seconds",
                    "raise timeout, or lower concurrency if the server is slow"))
        } catch let failure as Transport.Failure {
            if failure.kind == .noConnection { taken = Budget.Amount(requests: 1) }
            throw FailedAttempt(failure, at: configuration)
        }
        let body = key.map { $0.redacting(JSONBounds.plain(answer.body)) } ?? JSONBounds.plain(answer.body)
        guard answer.status == 200 else {
            // Servers charge for answers, not for refusals to give one.
            taken = Budget.Amount(requests: 1)
            throw refused(answer, body)
        }
        var reply: ChatReply
        do {
            reply = try ReplyParser.reply(from: body)
        } catch .error(let status, let message) {
            taken = Budget.Amount(requests: 1)
            throw FailedAttempt(
                error: error(.status(status ?? 200), "the server says: \(message)", "see its documentation"),
                mayPass: status.map(FailedAttempt.mayPass) ?? true)
        } catch let flaw {
            throw FailedAttempt(
                error: error(
                    .malformedReply, flaw.description,
                    "check that base_url is that of an OpenAI-compatible server"))
        }
        reply.cost = cost(of: reply.usage)
        reply.key = call.key
        if let usage = reply.usage {
            taken = Budget.Amount(requests: 1, tokens: usage.totalTokens, cost: reply.cost ?? 0)
        }
        guard configuration.accepts(model: reply.model) else {
            let found = reply.model.map { "\"\(ReplyParser.words($0))\" answered" } ?? "the reply names no model"
            throw FailedAttempt(
                error: error(
                    .wrongModel, "\(found), not \"\(configuration.model)\"",
                    "if that is right, add the name (or \"*\") to allowed_models"),
                mayPass: false)
        }
        try store?.write(body, for: call.key, canonical: call.canonical, attempts: number, received: Date())
        return reply
    }

    private func refused(_ answer: Transport.Answer, _ body: Data) -> FailedAttempt {
        if (300..<400).contains(answer.status) {
            let host = answer.location.flatMap { URLComponents(string: $0)?.host }.map(ReplyParser.words)
            let target = host.map { " to \(key?.redacting($0) ?? $0)" } ?? ""
            return FailedAttempt(
                error: error(
                    .status(answer.status), "the server redirects\(target) (HTTP \(answer.status))",
                    "redirects are not followed, since they would carry the key along: mend base_url"),
                mayPass: false)
        }
        let (message, code) = ReplyParser.complaint(in: body)
        let words = message.isEmpty ? "" : ": \(message)"
        let retryAfter = answer.retryAfter.flatMap {
            RetryAfter.delay($0, since: answer.date.flatMap(RetryAfter.date) ?? Date())
        }
        return FailedAttempt(
            error: error(
                .status(answer.status), "HTTP \(answer.status)\(words)",
                FailedAttempt.remedy(status: answer.status, keyVariable: configuration.keyVariable)),
            // OpenAI's word for an account without money: no waiting helps.
            mayPass: FailedAttempt.mayPass(answer.status) && code != "insufficient_quota",
            retryAfter: retryAfter, stopsOthers: answer.status == 429 || answer.status == 503)
    }

    // MARK: -

    private func error(_ reason: EndpointError.Reason, _ what: String, _ remedy: String) -> EndpointError {
        EndpointError(reason, place: configuration.place, what: what, remedy: remedy)
    }

    private func cost(of usage: Usage?) -> Double? {
        guard let usage, let price = configuration.price else { return nil }
        return price.cost(of: usage)
    }

    private func most(of call: OutgoingCall) -> Budget.Amount {
        let cost = configuration.price?.mostCost(prompt: call.mostPromptTokens, answer: call.mostAnswerTokens)
        return Budget.Amount(requests: 1, tokens: call.mostPromptTokens + call.mostAnswerTokens, cost: cost ?? 0)
    }
}
