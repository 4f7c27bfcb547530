/// The reply as servers write it. What the answer doesn't depend on may be missing or of another type.
struct ReplyWire: Decodable {
    struct Choice: Decodable {
        var message: Message
        @Lenient var finish_reason: String?
        @Lenient var logprobs: Logprobs?
    }

    struct Message: Decodable {
        var content: Content?
        @Lenient var reasoning_content: String?
        @Lenient var reasoning: String?
        @Lenient var refusal: String?
    }

    /// A text, or parts of which some are text and some are thoughts.
    struct Content: Decodable {
        var text = ""
        var thoughts = ""

        struct Part: Decodable {
            @Lenient var type: String?
            @Lenient var text: String?
            @Lenient var thinking: [Part]?
        }

        init(from decoder: any Decoder) throws {
            let single = try decoder.singleValueContainer()
            if let text = try? single.decode(String.self) {
                self.text = text
                return
            }
            for part in try single.decode([Part].self) {
                text += part.text ?? ""
                for thought in part.thinking ?? [] { thoughts += thought.text ?? "" }
            }
        }
    }

    struct Logprobs: Decodable {
        struct Token: Decodable {
            var token: String
            var logprob: Double
            @Lenient var bytes: [UInt8]?
            @Lenient var top_logprobs: [Top]?
        }

        struct Top: Decodable {
            var token: String
            var logprob: Double
        }

        var content: [Token]?
    }

    struct Usage: Decodable {
        struct PromptDetails: Decodable { @Lenient var cached_tokens: Int? }
        struct CompletionDetails: Decodable { @Lenient var reasoning_tokens: Int? }

        var prompt_tokens: Int
        /// Missing where nothing was generated.
        var completion_tokens: Int?
        @Lenient var prompt_tokens_details: PromptDetails?
        @Lenient var completion_tokens_details: CompletionDetails?
    }

    @Lenient var model: String?
    var choices: [Choice]?
    @Lenient var usage: Usage?
    @Lenient var error: ErrorWire?
}

/// What servers say is wrong: an object with a message, or only words.
struct ErrorWire: Decodable {
    var message = ""
    /// A number or a word: an HTTP status, `insufficient_quota`, …
    var code = ""
    var type = ""

    private struct Object: Decodable {
        @Lenient var message: String?
        @Lenient var code: String?
        @Lenient var type: String?
    }
    private struct Numbered: Decodable { @Lenient var code: Int? }

    init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if let words = try? single.decode(String.self) {
            message = words
            return
        }
        let object = try single.decode(Object.self)
        message = object.message ?? ""
        code = try object.code ?? single.decode(Numbered.self).code.map { String($0) } ?? ""
        type = object.type ?? ""
    }
}

/// A field that counts as missing if it isn't what it should be.
@propertyWrapper
struct Lenient<Value: Decodable>: Decodable {
    var wrappedValue: Value?

    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
    init(from decoder: any Decoder) { wrappedValue = try? Value(from: decoder) }
}

extension KeyedDecodingContainer {
    func decode<Value>(_ type: Lenient<Value>.Type, forKey key: Key) throws -> Lenient<Value> {
        (try? decodeIfPresent(type, forKey: key)) ?? Lenient(wrappedValue: nil)
    }
}
