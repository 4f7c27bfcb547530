import Foundation

extension EndpointConfiguration {
    /// Fields of the body that emlab writes itself.
    static let ownFields: Set<String> = [
        "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "stop", "logprobs",
        "top_logprobs", "response_format", "stream", "n",
    ]

    /// Where a key may be put by mistake.
    static let secretFields: Set<String> = ["api_key", "apikey", "api-key", "authorization", "access_token", "key"]

    /// What is wrong with the values, all of it.
    public var mistakes: [EndpointConfigurationError.Mistake] { mistakes(at: "") }

    func mistakes(at prefix: String) -> [EndpointConfigurationError.Mistake] {
        var found: [EndpointConfigurationError.Mistake] = []
        func note(_ key: String, _ what: String, _ remedy: String) {
            found.append(.init(path: prefix + key, what: what, remedy: remedy))
        }
        func within(_ key: String, _ value: Double, _ range: ClosedRange<Double>, _ unit: String = "") {
            guard !range.contains(value) else { return }
            note(
                key, "\(Self.word(value)) is out of range",
                "\(Self.word(range.lowerBound)) to "
                    + "\(Self.word(range.upperBound))\(unit) are possible")
        }
        checkAddress(note)
        if model.isEmpty || model.contains(where: \.isNewline) {
            note("model", "there is no model name", "give the name that the server knows the model by")
        }
        checkKeyVariable(note)
        within("concurrency", Double(concurrency), 1...1_000)
        if let requestsPerMinute { within("requests_per_minute", Double(requestsPerMinute), 1...1_000_000) }
        within("timeout", timeout, 0.01...86_400, " seconds")
        within("attempts", Double(attempts), 1...100)
        within("first_delay", firstDelay, 0...3_600, " seconds")
        within("longest_delay", longestDelay, 0...86_400, " seconds")
        if longestDelay < firstDelay {
            note("longest_delay", "\(Self.word(longestDelay)) is less than first_delay", "make it at least as long")
        }
        within("longest_retry_after", longestRetryAfter, 0...86_400, " seconds")
        checkMoney(note)
        within("top_logprobs", Double(topLogprobs), 0...20)
        within("max_reply_bytes", Double(mostReplyBytes), 1_024...Double(1 << 30))
        for name in extra.keys.sorted() where Self.ownFields.contains(name) {
            note("extra.\(name)", "emlab writes this field itself", "remove it")
        }
        for name in extra.keys.sorted() where Self.secretFields.contains(name.lowercased()) {
            note("extra.\(name)", "a key would be stored with every call", "name its variable in key_variable")
        }
        for (name, value) in extra.sorted(by: { $0.key < $1.key }) where !value.isFinite {
            note("extra.\(name)", "a number is infinite or not a number", "JSON has no such numbers")
        }
        return found
    }

    private typealias Note = (_ key: String, _ what: String, _ remedy: String) -> Void

    private func checkAddress(_ note: Note) {
        let example = "write an address like https://api.openai.com/v1"
        guard let address = URLComponents(string: baseURL), let scheme = address.scheme?.lowercased(),
            let host = address.host, !host.isEmpty
        else { return note("base_url", "\"\(shown(baseURL))\" is no address", example) }
        if scheme != "https", scheme != "http" {
            note("base_url", "the scheme is \"\(scheme)\"", "only https and http can be called")
        }
        // Not shown in the message: what stands there is a secret.
        if address.user != nil || address.password != nil {
            note("base_url", "it holds a user name or a password", "put the key into a variable: key_variable")
        }
        if address.query != nil || address.fragment != nil {
            note("base_url", "it has a query or a fragment", "leave out what follows ? or #")
        }
        if let port = address.port, !(1...65_535).contains(port) {
            note("base_url", "there is no port \(port)", "ports are 1 to 65535")
        }
        if address.path.hasSuffix("/chat/completions") || address.path.hasSuffix("/chat/completions/") {
            note("base_url", "it ends in /chat/completions", "leave that out: it is added")
        }
        if sendsKeyInTheClear {
            note(
                "base_url", "the key would travel unencrypted to \(host)",
                "use https, or say plain_http: true if that network is yours")
        }
    }

    private func checkKeyVariable(_ note: Note) {
        guard let keyVariable else { return }
        let isName =
            keyVariable.utf8.allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xDF) && byte & 0x40 != 0
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
            } && !keyVariable.isEmpty && keyVariable.first?.isNumber == false
        // A key pasted here must not be shown.
        if !isName || keyVariable.hasPrefix("sk_") || keyVariable.utf8.count > 64 {
            note(
                "key_variable", "this is not the name of an environment variable",
                "write a name like OPENAI_API_KEY; the key itself belongs into the environment only")
        }
    }

    private func checkMoney(_ note: Note) {
        for (key, value) in [("requests", budget.requests), ("tokens", budget.tokens)] {
            if let value, value < 0 { note("budget.\(key)", "\(value) is less than 0", "0 stops everything") }
        }
        if let cost = budget.cost {
            if !(cost >= 0 && cost.isFinite) {
                note("budget.cost", "\(Self.word(cost)) is no sum of money", "give a number from 0")
            }
            if price == nil {
                note("budget.cost", "prices has no \"\(model.prefix(100))\"", "a cost can only be limited with a price")
            }
        }
        for (name, price) in prices.sorted(by: { $0.key < $1.key }) {
            for (key, value) in [
                ("input", price.input), ("cached_input", price.cachedInput ?? 0), ("output", price.output),
            ] where !(value >= 0 && value <= 1e6) {
                note("prices.\(name).\(key)", "\(Self.word(value)) is no price", "give money for a million tokens")
            }
        }
    }

    /// An address for a message: without what may be secret in it.
    private func shown(_ text: String) -> String {
        text.contains("@")
            ? "…" + text.suffix(from: text.lastIndex(of: "@") ?? text.startIndex).prefix(80)
            : String(text.prefix(80))
    }

    private static func word(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
