import Checkpoint
import Corpora
import Crypto
public import Endpoints
import Foundation
import Tokenization
import Torch
import Transformer

/// A model in memory that answers chat requests like a server would.
///
/// Requests that wait at the same time and are to be answered in the same manner are sampled as one batch. An answer
/// depends on its request alone (messages, settings, seed and draw; no seed counts as 0), not on what is asked beside
/// it. A stored one is never made again. Log-probabilities are of the plain softmax whatever the temperature, and list
/// the token that ended the answer, too.
public final class LocalEndpoint: ChatEndpoint {
    public let concurrency: Int
    public let identity: [String: String]
    private let name: String
    private let tokenizer: Tokenizer
    private let format: ChatFormat
    private let contextLength: Int
    private let stopTokens: [Int32]
    private let store: CallStore?
    private let budget: Budget
    private let queue: SamplingQueue

    /// - Parameters:
    ///   - name: what replies say answered.
    ///   - fingerprint: the model's, and the adapter's if there is one: what tells their answers from others'.
    ///   - endTokens: those that end an answer beside the chat format's own.
    ///   - batch: answers under way at once.
    ///   - store: where replies are kept; none: each is made anew.
    ///   - budget: limits requests and tokens; what is stored takes nothing.
    public init(
        name: String, decoder: Decoder, tokenizer: Tokenizer, format: ChatFormat, adapter: LowRankAdapter? = nil,
        fingerprint: (model: String, adapter: String?), endTokens: [Int32] = [], batch: Int = 16,
        store: CallStore? = nil, budget: Budget = Budget()
    ) {
        self.name = name
        self.tokenizer = tokenizer
        self.format = format
        self.store = store
        self.budget = budget
        contextLength = decoder.configuration.maxPositions
        stopTokens = format.stopTokens(tokenizer) + endTokens
        concurrency = batch
        var identity = [
            "kind": "local", "model": fingerprint.model, "dtype": decoder.dtype.rawValue, "format": format.rawValue,
            "name": name,
        ]
        identity["adapter"] = fingerprint.adapter
        self.identity = identity
        queue = SamplingQueue(decoder: decoder, adapter: adapter, batch: batch)
    }

    /// Loads what the configuration names.
    ///
    /// - Throws: ``EndpointConfigurationError``, `CheckpointError`, `TransformerError`, `TorchError`.
    public convenience init(
        _ configuration: LocalConfiguration, store: CallStore? = nil, budget: Budget = Budget()
    ) throws {
        var mistakes = configuration.mistakes
        let device = Device(configuration.device) ?? .cpu
        if !device.isAvailable {
            mistakes.append(
                .init(
                    path: "device", what: "libtorch sees \(Device.cudaCount) GPUs here, so there is no \(device)",
                    remedy: "run `make cuda` on a machine with an NVIDIA GPU, or write cpu"))
        }
        let chosen = configuration.chatFormat.flatMap(ChatFormat.init(rawValue:))
        if let wanted = configuration.chatFormat, chosen == nil {
            mistakes.append(
                .init(
                    path: "chat_format", what: "\"\(wanted.prefix(40))\" is unknown",
                    remedy: "choose one of \(ChatFormat.allCases.map(\.rawValue).joined(separator: ", "))"))
        }
        guard mistakes.isEmpty else { throw EndpointConfigurationError(mistakes: mistakes) }
        if let threads = configuration.threads { try Libtorch.setThreads(threads) }

        let files = try ModelFiles.open(URL(filePath: configuration.model))
        let tokenizer = try files.tokenizer()
        let decoder = try Decoder(
            files, dtype: configuration.dtype == .float32 ? .float32 : .bfloat16, device: device)
        let adapter = configuration.adapter.map { URL(filePath: $0) }
        guard let format = try chosen ?? files.chatTemplate.map(ChatFormat.recognise(template:)) else {
            throw EndpointConfigurationError(mistakes: [
                .init(
                    path: "chat_format", what: "\(configuration.model) has no chat template",
                    remedy: "say how its conversations are written: one of "
                        + ChatFormat.allCases.map(\.rawValue).joined(separator: ", "))
            ])
        }
        self.init(
            name: files.url.lastPathComponent, decoder: decoder, tokenizer: tokenizer, format: format,
            adapter: try adapter.map {
                try decoder.adapter(AdapterFiles.read($0, base: files.configuration))
            },
            fingerprint: (try files.fingerprint(), try adapter.map(AdapterFiles.fingerprint)),
            endTokens: files.endTokens.map { Int32(clamping: $0) }, batch: configuration.batch, store: store,
            budget: budget)
    }

    /// The answer to `request`.
    ///
    /// A schema isn't enforced: the prompt asks for the JSON.
    ///
    /// - Throws: ``EndpointError``, or `CancellationError`.
    public func reply(to request: ChatRequest) async throws -> ChatReply {
        let call = try call(request)
        guard let store else {
            var reply = try ChatReply(parsing: await body(call, request))
            reply.key = call.key
            return reply
        }
        return try await store.reply(for: call.key, canonical: call.canonical) { [self] in
            try await body(call, request)
        }
    }

    public func mostTaken(by request: ChatRequest) throws -> Budget.Amount {
        let call = try call(request)
        if store?.hasReply(for: call.key) == true { return Budget.Amount() }
        return Budget.Amount(requests: 1, tokens: call.prompt.count + request.maxTokens)
    }

    // MARK: -

    private struct Call: Sendable {
        var prompt: [Int32]
        var canonical: Data
        var key: String
    }

    private func call(_ request: ChatRequest) throws -> Call {
        let mistakes = request.mistakes
        guard mistakes.isEmpty else {
            throw failure("the request can't be answered: \(mistakes.joined(separator: "; "))", "mend what asks")
        }
        let prompt: [Int32]
        do {
            prompt = try format.render(request.messages, tokenizer: tokenizer, addGenerationPrompt: true).tokens
        } catch {
            throw failure("the messages can't be written in this model's chat format: \(error)", "mend what asks")
        }
        guard prompt.count < contextLength else {
            throw failure(
                "the prompt has \(prompt.count) tokens, which leaves no room to answer in a context of \(contextLength)",
                "ask for less, or take a model with a longer context")
        }
        var body: [String: JSONValue] = [
            "messages": .array(
                request.messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] }),
            "max_tokens": .integer(request.maxTokens), "temperature": .number(request.temperature ?? 1),
            "top_p": .number(request.topP ?? 1), "seed": .integer(request.seed ?? 0),
        ]
        if !request.stop.isEmpty { body["stop"] = .array(request.stop.map { .string($0) }) }
        if let wanted = request.topLogprobs { body["top_logprobs"] = .integer(wanted) }
        var endpoint = identity
        // A copy of the model under another name is the same model.
        endpoint["name"] = nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let canonical = try encoder.encode(
            [
                "endpoint": .object(endpoint.mapValues { .string($0) }), "draw": .integer(request.draw),
                "body": .object(body),
            ] as JSONValue)
        let key = SHA256.hash(data: canonical).map { String(format: "%02x", $0) }.joined()
        return Call(prompt: prompt, canonical: canonical, key: key)
    }

    private func body(_ call: Call, _ request: ChatRequest) async throws -> Data {
        let settings = SamplingSettings(
            temperature: request.temperature ?? 1, topP: request.topP ?? 1, maxTokens: request.maxTokens,
            stopTokens: stopTokens, seed: UInt64(bitPattern: Int64(request.seed ?? 0)), batch: concurrency,
            topLogprobs: request.topLogprobs)
        let stops = StopTexts(request.stop, tokenizer: tokenizer)
        let most = Budget.Amount(requests: 1, tokens: call.prompt.count + request.maxTokens)
        do { try await budget.reserve(most) } catch let limit as Budget.Exhausted {
            throw EndpointError(
                .budget, place: name, what: limit.description, remedy: "raise it; what was answered is kept")
        }
        let answer: Answer
        do {
            // The key names the draws of an answer, so they are its own.
            answer = try await queue.answer(
                to: Prompt(id: call.key, tokens: call.prompt), settings: settings, isComplete: { stops.end($0) })
            await budget.settle(
                most, as: Budget.Amount(requests: 1, tokens: call.prompt.count + answer.tokens.count))
        } catch {
            await budget.settle(most, as: Budget.Amount(requests: 1))
            if error is CancellationError { throw error }
            throw failure(
                "the model can't answer: \(error)", "see what libtorch says; a smaller batch takes less memory")
        }
        let (text, count) = stops.cut(answer.tokens)
        var tokens = (0..<count).map { index in
            token(
                TokenChance(token: answer.tokens[index], logprob: answer.logprobs[index]),
                top: answer.top.indices.contains(index) ? answer.top[index] : [])
        }
        if let end = answer.end { tokens.append(token(end, top: answer.endTop)) }
        return try LocalCompletion(
            model: name, text: text, finishReason: answer.finish == .stop ? .stop : .length,
            promptTokens: call.prompt.count, tokens: tokens, hasLogprobs: request.topLogprobs != nil
        ).body()
    }

    private func token(_ chance: TokenChance, top: [TokenChance]) -> LocalCompletion.Token {
        LocalCompletion.Token(
            bytes: tokenizer.bytes(of: [chance.token]), logprob: Double(chance.logprob),
            top: top.map { (tokenizer.bytes(of: [$0.token]), Double($0.logprob)) })
    }

    private func failure(_ what: String, _ remedy: String) -> EndpointError {
        EndpointError(.invalid, place: name, what: what, remedy: remedy)
    }
}
