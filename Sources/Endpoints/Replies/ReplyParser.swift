import Foundation

/// From a reply's bytes to an answer, without trust: whatever the bytes are, an answer comes or a ``Flaw``.
enum ReplyParser {
    enum Flaw: Error, Equatable, CustomStringConvertible {
        /// Not a chat completion, and why.
        case malformed(String)
        /// The server says in a reply of status 200 that something is wrong.
        case error(status: Int?, message: String)

        var description: String {
            switch self {
            case .malformed(let flaw): "the reply is no chat completion: \(flaw)"
            case .error(_, let message): "the server says: \(message)"
            }
        }
    }

    /// - Parameter body: at most as many bytes as the configuration allows.
    static func reply(from body: Data) throws(Flaw) -> ChatReply {
        let wire = try decode(body)
        guard let choices = wire.choices else {
            if let error = wire.error { throw .error(status: Int(error.code), message: words(error.message)) }
            throw .malformed("it has no \"choices\"")
        }
        guard let choice = choices.first else {
            if let error = wire.error { throw .error(status: Int(error.code), message: words(error.message)) }
            throw .malformed("\"choices\" is empty")
        }
        let message = choice.message
        let given = [message.reasoning_content, message.reasoning, message.content?.thoughts]
            .compactMap { $0 }.first { !$0.isEmpty }
        var (reasoning, content) = (given, message.content?.text ?? "")
        if given == nil { (reasoning, content) = Reasoning.split(content) }
        return ChatReply(
            content: content, reasoning: reasoning,
            refusal: message.refusal.flatMap { $0.isEmpty ? nil : $0 },
            finishReason: FinishReason(choice.finish_reason ?? ""), model: wire.model,
            usage: wire.usage.flatMap(usage), logprobs: logprobs(choice.logprobs))
    }

    /// The message in a reply of another status than 200, cut to a line for an error.
    static func complaint(in body: Data) -> (message: String, code: String) {
        struct Envelope: Decodable {
            @Lenient var error: ErrorWire?
            @Lenient var message: String?
            @Lenient var detail: String?
        }
        if JSONBounds.depth(of: body) <= JSONBounds.depthLimit,
            let envelope = try? JSONDecoder().decode(Envelope.self, from: body)
        {
            if let error = envelope.error {
                return (words(error.message), error.code.isEmpty ? error.type : error.code)
            }
            if let message = envelope.message ?? envelope.detail { return (words(message), "") }
        }
        return (words(String(decoding: body.prefix(2_000), as: UTF8.self)), "")
    }

    /// One line of at most 300 characters, nothing in it that a terminal acts on.
    static func words(_ text: String) -> String {
        var line = ""
        for character in text.prefix(2_000) {
            let isPlain = character.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
            if isPlain, character != " " {
                line.append(character)
            } else if !line.isEmpty, line.last != " " {
                line.append(" ")
            }
        }
        return line.count > 300 ? line.prefix(300) + "…" : line
    }

    private static func decode(_ body: Data) throws(Flaw) -> ReplyWire {
        guard JSONBounds.depth(of: body) <= JSONBounds.depthLimit else {
            throw .malformed("it nests deeper than \(JSONBounds.depthLimit) levels")
        }
        do {
            return try JSONDecoder().decode(ReplyWire.self, from: body)
        } catch {
            throw .malformed(reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? "." + key.stringValue }.joined()
                .trimmingCharacters(in: CharacterSet(charactersIn: "."))
        }
        switch error {
        case DecodingError.typeMismatch(_, let context) where context.codingPath.isEmpty:
            return "it is not a JSON object"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            return "\"\(path(context))\" has another type than it should"
        case DecodingError.keyNotFound(let key, let context):
            let parent = path(context)
            return "it has no \"\(words((parent.isEmpty ? "" : parent + ".") + key.stringValue))\""
        default: return "it is not valid JSON"
        }
    }

    private static func usage(_ wire: ReplyWire.Usage) -> Usage? {
        let possible = 0...1_000_000_000
        let answer = wire.completion_tokens ?? 0
        guard possible.contains(wire.prompt_tokens), possible.contains(answer) else { return nil }
        func part(_ count: Int?, of whole: Int) -> Int { min(max(count ?? 0, 0), whole) }
        return Usage(
            promptTokens: wire.prompt_tokens, completionTokens: answer,
            cachedPromptTokens: part(wire.prompt_tokens_details?.cached_tokens, of: wire.prompt_tokens),
            reasoningTokens: part(wire.completion_tokens_details?.reasoning_tokens, of: answer))
    }

    private static func logprobs(_ wire: ReplyWire.Logprobs?) -> [TokenLogprob]? {
        wire?.content?.map { token in
            TokenLogprob(
                token: token.token, logprob: token.logprob, bytes: token.bytes,
                top: (token.top_logprobs ?? []).map { .init(token: $0.token, logprob: $0.logprob) })
        }
    }
}

extension ChatReply {
    /// The answer in the body of a chat completion.
    ///
    /// - Throws: `EndpointError` if it isn't one.
    package init(parsing body: Data) throws(EndpointError) {
        do {
            self = try ReplyParser.reply(from: JSONBounds.plain(body))
        } catch {
            throw EndpointError(
                .malformedReply, place: "reply", what: error.description,
                remedy: "check that it comes from an OpenAI-compatible server")
        }
    }
}
