public import Corpora

/// How a model's chat template writes a conversation.
///
/// Each case equals the official template token for token; the raw value is its name on the command line
/// (`--chat-format`). Find a model's format from its own template with `recognise(template:)`.
public enum ChatFormat: String, Sendable, CaseIterable, Codable {
    /// ChatML without a default system prompt. Also Qwen2.5 where its default prompt is not wanted.
    case chatml = "chatml"
    /// SmolLM2: ChatML with "You are a helpful AI assistant named SmolLM, …" where no system message is given.
    case chatmlSmolLM2 = "chatml-smollm2"
    /// Qwen2.5: ChatML with "You are Qwen, created by Alibaba Cloud. …" where no system message is given.
    case chatmlQwen2 = "chatml-qwen2.5"
    /// Qwen3 with thinking off: an empty think block opens what the model writes last. Reasoning that an answer holds
    /// ("<think>…</think>") is kept after the last question and taken out before it.
    case qwen3 = "qwen3"
    /// Llama 3.
    case llama3 = "llama3"
    /// Llama 3.1, 3.2 and 3.3: a system header with two dates is always there.
    case llama31 = "llama3.1"
    /// Mistral 7B v0.1 and v0.2 as first published: "[INST] … [/INST]", no system message.
    case mistralOld = "mistral-v0"
    /// Mistral v1 (7B v0.2 and Mixtral now): " [INST] … [/INST] …", the system message in the first user turn.
    case mistralV1 = "mistral-v1"
    /// Mistral v3 (7B v0.3, Small 2409, Large 2407): "[INST] …[/INST] …", the system message in the *last* user turn.
    ///
    /// Some files' template writes the system message only if the last turn is a user's, and so loses it from every
    /// training row. Here it is in the last user turn either way.
    case mistralV3 = "mistral-v3"
    /// Mistral v3 for Tekken tokenizers (Nemo 2407): as `mistralV3` without the spaces.
    case mistralV3Tekken = "mistral-v3-tekken"
    /// Gemma 1 and 2: no system message.
    case gemma = "gemma"
    /// Gemma 3: the system message goes before the first user turn's text.
    case gemma3 = "gemma3"

    /// The date that Llama 3.1's template falls back to. The clock plays no part, so a prompt is the same every day.
    public static let defaultDate = "26 Jul 2024"

    /// Writes a conversation as tokens and weights.
    ///
    /// Weight 1 is on what the model has to produce: an assistant's text as the template writes it (trimmed where the
    /// template trims, with Mistral's space before it) and the token that ends the turn (`<|im_end|>`, `<|eot_id|>`,
    /// `</s>`, `<end_of_turn>`). Weight 0 is on all else: headers, system and user turns, Qwen3's *empty* think block
    /// (the generation prompt holds it), and the newline after `<|im_end|>` or `<end_of_turn>`.
    ///
    /// What isn't divided by a special token is tokenised in one go, as the whole rendered text would be. Where a token
    /// then holds bytes of both the header and the answer (an answer that starts with a newline, after
    /// "assistant\n"), it has weight 1: the model can't produce the answer without it.
    ///
    /// Special tokens are written by the format alone; no part of a message becomes one.
    ///
    /// - Parameters:
    ///   - addGenerationPrompt: ends with the header after which the model writes. Mistral's formats have none.
    ///   - date: "Today Date" in the header of `llama31`; other formats have no date. Recorded in the result.
    /// - Throws: `ChatFormatError` for turns out of order, `TokenizerError` for a token that the vocabulary lacks.
    public func render(
        _ messages: [ChatMessage], tokenizer: Tokenizer, addGenerationPrompt: Bool, date: String = defaultDate
    ) throws -> RenderedChat {
        try checkOrder(of: messages)
        var script = ChatScript()
        switch self {
        case .chatml, .chatmlSmolLM2, .chatmlQwen2: chatML(messages, addGenerationPrompt, &script)
        case .qwen3: qwen3(messages, addGenerationPrompt, &script)
        case .llama3: llama(messages, header: nil, addGenerationPrompt, &script)
        case .llama31:
            let header = "Cutting Knowledge Date: December 2023\nToday Date: \(date)\n\n"
            llama(messages, header: header, addGenerationPrompt, &script)
        case .mistralOld, .mistralV1, .mistralV3, .mistralV3Tekken: mistral(messages, &script)
        case .gemma, .gemma3: gemma(messages, addGenerationPrompt, &script)
        }
        return try RenderedChat(script, format: self, date: self == .llama31 ? date : nil, tokenizer: tokenizer)
    }

    /// The tokens that end an answer, those that the vocabulary has.
    public func stopTokens(_ tokenizer: Tokenizer) -> [TokenID] {
        let names =
            switch self {
            case .chatml, .chatmlSmolLM2, .chatmlQwen2, .qwen3: ["<|im_end|>", "<|endoftext|>"]
            case .llama3, .llama31: ["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"]
            case .mistralOld, .mistralV1, .mistralV3, .mistralV3Tekken: ["</s>"]
            case .gemma, .gemma3: ["<end_of_turn>", "<eos>"]
            }
        return names.compactMap { tokenizer.addedToken($0) }
    }

    /// The system prompt that the format writes where none is given.
    public var defaultSystemPrompt: String? {
        switch self {
        case .chatmlSmolLM2: "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
        case .chatmlQwen2: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
        default: nil
        }
    }

    private var alternates: Bool {
        switch self {
        case .mistralOld, .mistralV1, .mistralV3, .mistralV3Tekken, .gemma, .gemma3: true
        default: false
        }
    }

    private func checkOrder(of messages: [ChatMessage]) throws {
        let hasSystem = messages.first?.role == .system
        if hasSystem, self == .gemma || self == .mistralOld {
            throw ChatFormatError("the format \(rawValue) has no system message; put its text into the first user turn")
        }
        let turns = messages.enumerated().dropFirst(hasSystem ? 1 : 0)
        guard let first = turns.first(where: { $0.element.role != .system })?.element else {
            throw ChatFormatError("a conversation needs a user turn, and there is none")
        }
        if first.role == .assistant {
            throw ChatFormatError("an assistant turn comes before any user turn; a conversation starts with the user")
        }
        guard alternates else { return }
        var expected = ChatMessage.Role.user
        for (index, message) in turns {
            guard message.role == expected else {
                throw ChatFormatError(
                    "message \(index + 1) is \(message.role.rawValue), where the format \(rawValue) needs "
                        + "\(expected.rawValue): after an optional first system message user and assistant alternate")
            }
            expected = expected == .user ? .assistant : .user
        }
    }
}

/// A template that isn't known, or turns that a format can't write.
public struct ChatFormatError: Error, Equatable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
