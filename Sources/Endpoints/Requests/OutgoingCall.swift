import Crypto
import Foundation

/// A request as one endpoint sends it: the body in canonical form (sorted keys, one line), what names it in the store,
/// and the most it can cost.
struct OutgoingCall: Sendable {
    /// Tokens that a chat template may add around the messages (its own default system prompt among them).
    static let templateTokens = 256

    /// What is sent.
    let body: Data
    /// What the call is: endpoint, draw and body. Holds no key.
    let canonical: Data
    /// SHA-256 of ``canonical``, in hexadecimal.
    let key: String
    /// No tokenizer makes more tokens than there are bytes of UTF-8.
    let mostPromptTokens: Int
    let mostAnswerTokens: Int

    init(_ request: ChatRequest, _ configuration: EndpointConfiguration) throws {
        let mistakes = request.mistakes
        guard mistakes.isEmpty else {
            throw EndpointError(
                .invalid, place: configuration.place,
                what: "the request can't be sent: \(mistakes.joined(separator: "; "))",
                remedy: "mend what asks")
        }
        let members = Self.members(request, configuration)
        do {
            body = try Self.encoded(.object(members))
            canonical = try Self.encoded([
                "endpoint": .string(configuration.callAddress), "draw": .integer(request.draw),
                "body": .object(members),
            ])
        } catch {
            throw EndpointError(
                .invalid, place: configuration.place, what: "the request can't be written as JSON",
                remedy: "a number in \"extra\" or in the schema is infinite or not a number")
        }
        key = SHA256.hash(data: canonical).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        mostPromptTokens = body.count + Self.templateTokens
        mostAnswerTokens = request.maxTokens
    }

    private static func members(
        _ request: ChatRequest, _ configuration: EndpointConfiguration
    ) -> [String: JSONValue] {
        var members = configuration.extra
        members["model"] = .string(configuration.model)
        members["messages"] = .array(
            request.messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })
        members[configuration.tokenLimitField.rawValue] = .integer(request.maxTokens)
        members["temperature"] = request.temperature.map { .number($0) }
        members["top_p"] = request.topP.map { .number($0) }
        members["seed"] = request.seed.map { .integer($0) }
        if !request.stop.isEmpty { members["stop"] = .array(request.stop.map { .string($0) }) }
        if let wanted = request.topLogprobs, configuration.topLogprobs > 0 {
            members["logprobs"] = true
            members["top_logprobs"] = .integer(min(wanted, configuration.topLogprobs))
        }
        if let schema = request.schema {
            switch configuration.structuredOutput {
            case .none: break
            case .jsonObject: members["response_format"] = ["type": "json_object"]
            case .jsonSchema:
                members["response_format"] = [
                    "type": "json_schema",
                    "json_schema": ["name": .string(schema.name), "strict": true, "schema": schema.schema],
                ]
            }
        }
        return members
    }

    private static func encoded(_ value: JSONValue) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
