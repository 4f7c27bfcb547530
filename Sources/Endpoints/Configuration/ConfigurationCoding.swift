import Corpora

extension EndpointConfiguration: Codable {
    enum Key: String, CaseIterable {
        case kind
        case baseURL = "base_url"
        case model
        case keyVariable = "key_variable"
        case concurrency
        case requestsPerMinute = "requests_per_minute"
        case timeout, attempts
        case firstDelay = "first_delay"
        case longestDelay = "longest_delay"
        case longestRetryAfter = "longest_retry_after"
        case budget, prices
        case structuredOutput = "structured_output"
        case topLogprobs = "top_logprobs"
        case tokenLimitField = "token_limit_field"
        case allowedModels = "allowed_models"
        case mostReplyBytes = "max_reply_bytes"
        case extra
        case plainHTTP = "plain_http"
    }

    public init(from decoder: any Decoder) throws {
        var fields = try FieldReader(decoder, known: Key.allCases.map(\.rawValue))
        let plain = EndpointConfiguration(baseURL: "", model: "")
        fields.expectKind(.openai)
        func key(_ key: Key) -> String { key.rawValue }
        self.init(
            baseURL: fields.needed(key(.baseURL), "an address like https://api.openai.com/v1") ?? "",
            model: fields.needed(key(.model), "the name that the server knows the model by") ?? "",
            keyVariable: fields.optional(key(.keyVariable), "the name of an environment variable"),
            concurrency: fields.optional(key(.concurrency), "a whole number") ?? plain.concurrency,
            requestsPerMinute: fields.optional(key(.requestsPerMinute), "a whole number"),
            timeout: fields.optional(key(.timeout), "a number of seconds") ?? plain.timeout,
            attempts: fields.optional(key(.attempts), "a whole number") ?? plain.attempts,
            firstDelay: fields.optional(key(.firstDelay), "a number of seconds") ?? plain.firstDelay,
            longestDelay: fields.optional(key(.longestDelay), "a number of seconds") ?? plain.longestDelay,
            longestRetryAfter: fields.optional(key(.longestRetryAfter), "a number of seconds")
                ?? plain.longestRetryAfter,
            budget: fields.limits(key(.budget)),
            prices: fields.prices(key(.prices)),
            structuredOutput: fields.choice(key(.structuredOutput)) ?? .none,
            topLogprobs: fields.optional(key(.topLogprobs), "a whole number") ?? plain.topLogprobs,
            tokenLimitField: fields.choice(key(.tokenLimitField)) ?? .maxTokens,
            allowedModels: fields.optional(key(.allowedModels), "a list of model names") ?? [],
            mostReplyBytes: fields.optional(key(.mostReplyBytes), "a whole number") ?? plain.mostReplyBytes,
            extra: fields.optional(key(.extra), "a mapping of further fields") ?? [:],
            plainHTTP: fields.optional(key(.plainHTTP), "true or false") ?? false)
        // A value that couldn't be read was noted already; what stands for it is checked only where that is no repeat.
        let unread = Set(fields.mistakes.map(\.path))
        let more = mistakes(at: fields.prefix).filter { !unread.contains($0.path) }
        let all = fields.mistakes + more
        if !all.isEmpty { throw EndpointConfigurationError(mistakes: all) }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: AnyKey.self)
        func key(_ key: Key) -> AnyKey { AnyKey(key.rawValue) }
        try fields.encode(baseURL, forKey: key(.baseURL))
        try fields.encode(model, forKey: key(.model))
        try fields.encodeIfPresent(keyVariable, forKey: key(.keyVariable))
        try fields.encode(concurrency, forKey: key(.concurrency))
        try fields.encodeIfPresent(requestsPerMinute, forKey: key(.requestsPerMinute))
        try fields.encode(timeout, forKey: key(.timeout))
        try fields.encode(attempts, forKey: key(.attempts))
        try fields.encode(firstDelay, forKey: key(.firstDelay))
        try fields.encode(longestDelay, forKey: key(.longestDelay))
        try fields.encode(longestRetryAfter, forKey: key(.longestRetryAfter))
        if budget != .init() {
            var limits = fields.nestedContainer(keyedBy: AnyKey.self, forKey: key(.budget))
            try limits.encodeIfPresent(budget.requests, forKey: AnyKey("requests"))
            try limits.encodeIfPresent(budget.tokens, forKey: AnyKey("tokens"))
            try limits.encodeIfPresent(budget.cost, forKey: AnyKey("cost"))
        }
        if !prices.isEmpty {
            var table = fields.nestedContainer(keyedBy: AnyKey.self, forKey: key(.prices))
            for (model, price) in prices {
                var row = table.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(model))
                try row.encode(price.input, forKey: AnyKey("input"))
                try row.encodeIfPresent(price.cachedInput, forKey: AnyKey("cached_input"))
                try row.encode(price.output, forKey: AnyKey("output"))
            }
        }
        try fields.encode(structuredOutput, forKey: key(.structuredOutput))
        try fields.encode(topLogprobs, forKey: key(.topLogprobs))
        try fields.encode(tokenLimitField, forKey: key(.tokenLimitField))
        try fields.encode(allowedModels, forKey: key(.allowedModels))
        try fields.encode(mostReplyBytes, forKey: key(.mostReplyBytes))
        if !extra.isEmpty { try fields.encode(extra, forKey: key(.extra)) }
        try fields.encode(plainHTTP, forKey: key(.plainHTTP))
    }
}
