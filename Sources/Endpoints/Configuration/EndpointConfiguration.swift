import Foundation

/// Where a model answers over HTTP and what may be spent there. The key itself is never part of it, only the name of
/// the environment variable that holds it.
///
/// In YAML or JSON the names have underscores (`base_url`, `key_variable`); decoding finds all mistakes at once and
/// throws them as one ``EndpointConfigurationError``.
public struct EndpointConfiguration: Hashable, Sendable {
    /// Which field limits the answer's length: OpenAI's newer models know only the second.
    public enum TokenLimitField: String, Codable, Hashable, Sendable, CaseIterable {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
    }

    /// What the server does to hold an answer to JSON.
    public enum StructuredOutput: String, Codable, Hashable, Sendable, CaseIterable {
        case none
        /// `response_format` of type `json_object`: some object.
        case jsonObject = "json_object"
        /// `response_format` of type `json_schema`: the schema that was given.
        case jsonSchema = "json_schema"
    }

    /// Money for a million tokens.
    public struct Price: Hashable, Sendable {
        public var input: Double
        /// Prompt tokens that the server had in its cache; none: as `input`.
        public var cachedInput: Double?
        public var output: Double

        public init(input: Double, cachedInput: Double? = nil, output: Double) {
            self.input = input
            self.cachedInput = cachedInput
            self.output = output
        }

        public func cost(of usage: Usage) -> Double {
            let cached = Double(min(usage.cachedPromptTokens, usage.promptTokens))
            let fresh = Double(usage.promptTokens) - cached
            return (fresh * input + cached * (cachedInput ?? input) + Double(usage.completionTokens) * output) / 1e6
        }

        /// No prompt of this many tokens costs more.
        func mostCost(prompt: Int, answer: Int) -> Double {
            (Double(prompt) * max(input, cachedInput ?? input) + Double(answer) * output) / 1e6
        }
    }

    /// Up to and including `/v1`: the call goes to `<base_url>/chat/completions`.
    public var baseURL: String
    public var model: String
    /// The environment variable with the key; none: the server needs no key.
    public var keyVariable: String?
    /// Requests under way at once.
    public var concurrency: Int
    /// Requests started in a minute, evenly spaced; none: as fast as answers come.
    public var requestsPerMinute: Int?
    /// Seconds that one attempt may take until its last byte.
    public var timeout: Double
    /// How often one request is sent before giving up.
    public var attempts: Int
    /// Seconds before the second attempt; doubled for each further one, up to ``longestDelay``, less up to half of it
    /// by chance.
    public var firstDelay: Double
    public var longestDelay: Double
    /// Seconds that a server's Retry-After is followed at most.
    public var longestRetryAfter: Double
    public var budget: Budget.Limits
    /// By model; without one for ``model``, costs are unknown.
    public var prices: [String: Price]
    public var structuredOutput: StructuredOutput
    /// The most alternatives that the server gives in `top_logprobs`; 0: it gives no log-probabilities at all.
    public var topLogprobs: Int
    public var tokenLimitField: TokenLimitField
    /// Names beside ``model`` that the server may say answered; `*` at the end stands for anything.
    public var allowedModels: [String]
    /// Bytes of a reply at most.
    public var mostReplyBytes: Int
    /// Further fields of the body (`reasoning_effort`, `chat_template_kwargs`, …).
    public var extra: [String: JSONValue]
    /// Lets a key travel unencrypted to another machine.
    public var plainHTTP: Bool

    public init(
        baseURL: String, model: String, keyVariable: String? = nil, concurrency: Int = 8,
        requestsPerMinute: Int? = nil, timeout: Double = 120, attempts: Int = 6, firstDelay: Double = 1,
        longestDelay: Double = 60, longestRetryAfter: Double = 300, budget: Budget.Limits = .init(),
        prices: [String: Price] = [:], structuredOutput: StructuredOutput = .none, topLogprobs: Int = 0,
        tokenLimitField: TokenLimitField = .maxTokens, allowedModels: [String] = [], mostReplyBytes: Int = 16 << 20,
        extra: [String: JSONValue] = [:], plainHTTP: Bool = false
    ) {
        self.baseURL = baseURL
        self.model = model
        self.keyVariable = keyVariable
        self.concurrency = concurrency
        self.requestsPerMinute = requestsPerMinute
        self.timeout = timeout
        self.attempts = attempts
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.longestRetryAfter = longestRetryAfter
        self.budget = budget
        self.prices = prices
        self.structuredOutput = structuredOutput
        self.topLogprobs = topLogprobs
        self.tokenLimitField = tokenLimitField
        self.allowedModels = allowedModels
        self.mostReplyBytes = mostReplyBytes
        self.extra = extra
        self.plainHTTP = plainHTTP
    }

    /// What the model costs here, if the table knows it.
    public var price: Price? { prices[model] }

    /// True if a server that says `name` answered may have been asked for ``model``.
    public func accepts(model name: String?) -> Bool {
        if allowedModels.contains("*") { return true }
        guard let name else { return false }
        return name == model
            || allowedModels.contains { allowed in
                allowed.hasSuffix("*") ? name.hasPrefix(allowed.dropLast()) : name == allowed
            }
    }

    // MARK: - Addresses

    private var address: URLComponents? { URLComponents(string: baseURL) }

    /// Host and port, for messages and the key of a call; the port only where it is given.
    var host: String {
        guard let address, let host = address.host, !host.isEmpty else { return "endpoint" }
        return host.lowercased() + (address.port.map { ":\($0)" } ?? "")
    }

    private var path: String {
        let path = address?.percentEncodedPath ?? ""
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    var place: String { "\(model.prefix(100)) at \(host)" }

    /// Names the endpoint in the key of a call: neither scheme nor key.
    var callAddress: String { host + path + "/chat/completions" }

    var callURL: String { (address?.scheme?.lowercased() ?? "https") + "://" + callAddress }

    var sendsKeyInTheClear: Bool {
        guard keyVariable != nil, address?.scheme?.lowercased() == "http", let host = address?.host?.lowercased() else {
            return false
        }
        let isHere = host == "localhost" || host == "[::1]" || host == "::1" || host.hasPrefix("127.")
        return !isHere && !plainHTTP
    }
}
