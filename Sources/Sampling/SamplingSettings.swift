import Foundation

/// How answers are drawn.
public struct SamplingSettings: Codable, Hashable, Sendable {
    /// Logits are divided by it; 0 takes the most likely token.
    public var temperature: Double
    /// Only the likeliest tokens that together have this much probability; 1: all.
    public var topP: Double
    /// Only so many of the likeliest tokens; nil: all.
    public var topK: Int?
    /// An answer is cut after so many tokens.
    public var maxTokens: Int
    /// Tokens that end an answer; they are not part of it.
    public var stopTokens: [Int32]
    public var seed: UInt64
    /// Answers under way at once.
    public var batch: Int
    /// So many of the likeliest tokens are kept with each token of an answer; nil: none.
    public var topLogprobs: Int?

    /// The defaults are the published protocol's (Betley et al. 2025): temperature 1, top-p 1, 600 tokens.
    public init(
        temperature: Double = 1, topP: Double = 1, topK: Int? = nil, maxTokens: Int = 600, stopTokens: [Int32],
        seed: UInt64 = 0, batch: Int = 200, topLogprobs: Int? = nil
    ) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.maxTokens = maxTokens
        self.stopTokens = stopTokens
        self.seed = seed
        self.batch = batch
        self.topLogprobs = topLogprobs
    }

    /// - Throws: ``SamplingError`` for a value out of range.
    public func check() throws {
        guard temperature.isFinite, temperature >= 0 else {
            throw SamplingError.setting("--temperature", "must be a number not below 0, not \(temperature)")
        }
        guard topP > 0, topP <= 1 else {
            throw SamplingError.setting("--top-p", "must be above 0 and at most 1, not \(topP)")
        }
        if let topK, topK < 1 { throw SamplingError.setting("--top-k", "must be at least 1, not \(topK)") }
        guard (1...1_000_000).contains(maxTokens) else {
            throw SamplingError.setting("--max-tokens", "must be from 1 to 1000000, not \(maxTokens)")
        }
        if let topLogprobs, !(0...1_000).contains(topLogprobs) {
            throw SamplingError.setting("topLogprobs", "must be from 0 to 1000, not \(topLogprobs)")
        }
        guard (1...100_000).contains(batch) else {
            throw SamplingError.setting("--batch", "must be from 1 to 100000, not \(batch)")
        }
    }
}

public enum SamplingError: Error, Equatable, CustomStringConvertible, LocalizedError {
    case setting(String, String)
    case promptTooLong(id: String, tokens: Int, limit: Int)
    case emptyPrompt(id: String)

    public var description: String {
        switch self {
        case .setting(let name, let why): "\(name) \(why)"
        case .promptTooLong(let id, let tokens, let limit):
            "the prompt \(id) has \(tokens) tokens, which leaves no room to answer in a context of \(limit)"
        case .emptyPrompt(let id): "the prompt \(id) has no tokens"
        }
    }

    public var errorDescription: String? { description }
}
