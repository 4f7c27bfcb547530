import Foundation

/// An answer made on this machine, written as servers write theirs: so it is stored, read and parted into reasoning and
/// answer as every other.
package struct LocalCompletion {
    package struct Token {
        /// A token may be part of a character.
        package var bytes: [UInt8]
        package var logprob: Double
        package var top: [(bytes: [UInt8], logprob: Double)]

        package init(bytes: [UInt8], logprob: Double, top: [(bytes: [UInt8], logprob: Double)]) {
            self.bytes = bytes
            self.logprob = logprob
            self.top = top
        }
    }

    package var model: String
    /// Reasoning included.
    package var text: String
    package var finishReason: FinishReason
    package var promptTokens: Int
    /// In order, with the token that ended the answer.
    package var tokens: [Token]
    /// Whether the request wants them.
    package var hasLogprobs: Bool

    package init(
        model: String, text: String, finishReason: FinishReason, promptTokens: Int, tokens: [Token], hasLogprobs: Bool
    ) {
        self.model = model
        self.text = text
        self.finishReason = finishReason
        self.promptTokens = promptTokens
        self.tokens = tokens
        self.hasLogprobs = hasLogprobs
    }

    /// The body of a chat completion.
    package func body() throws -> Data {
        let (reasoning, content) = Reasoning.split(text)
        // Tokens that begin before the answer does.
        var reasoningTokens = 0
        if reasoning != nil {
            var left = text.utf8.count - content.utf8.count
            while left > 0, reasoningTokens < tokens.count {
                left -= tokens[reasoningTokens].bytes.count
                reasoningTokens += 1
            }
        }
        var choice: [String: JSONValue] = [
            "index": 0, "message": ["role": "assistant", "content": .string(text)],
            "finish_reason": .string(finishReason.word),
        ]
        if hasLogprobs { choice["logprobs"] = ["content": .array(tokens.map(Self.value))] }
        let completion: JSONValue = [
            "object": "chat.completion", "model": .string(model), "choices": [.object(choice)],
            "usage": [
                "prompt_tokens": .integer(promptTokens), "completion_tokens": .integer(tokens.count),
                "completion_tokens_details": ["reasoning_tokens": .integer(reasoningTokens)],
            ],
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(completion)
    }

    private static func value(_ token: Token) -> JSONValue {
        [
            "token": .string(String(decoding: token.bytes, as: UTF8.self)), "logprob": .number(token.logprob),
            "bytes": .array(token.bytes.map { .integer(Int($0)) }),
            "top_logprobs": .array(
                token.top.filter { $0.logprob.isFinite }.map {
                    ["token": .string(String(decoding: $0.bytes, as: UTF8.self)), "logprob": .number($0.logprob)]
                }),
        ]
    }
}
