import Corpora
public import Endpoints
import Foundation

/// What asking would take, before anything is sent.
public struct AskingEstimate: Sendable, Hashable, Codable {
    /// Requests that would be sent, and those whose reply is stored.
    public var requests = 0
    public var stored = 0
    /// About so many tokens of prompts.
    public var promptTokens = 0
    /// About so many tokens of answers, and at most.
    public var answerTokens = 0
    public var mostAnswerTokens = 0
    /// By the endpoint's prices; none where they are unknown.
    public var cost: Double?
    public var mostCost: Double?

    private enum CodingKeys: String, CodingKey {
        case requests, stored
        case promptTokens = "prompt_tokens"
        case answerTokens = "answer_tokens"
        case mostAnswerTokens = "most_answer_tokens"
        case cost
        case mostCost = "most_cost"
    }

    /// UTF-8 bytes of code and English that make up a token, by and large.
    static let bytesPerToken = 3.5

    /// - Parameter answer: tokens that an answer usually has, reasoning included.
    public init(_ requests: [ChatRequest], answer: Int, to endpoint: any ChatEndpoint) {
        for request in requests {
            let most = (try? endpoint.mostTaken(by: request)) ?? Budget.Amount(requests: 1)
            guard most.requests > 0 else {
                stored += 1
                continue
            }
            let bytes = request.messages.reduce(0) { $0 + $1.content.utf8.count }
            self.requests += 1
            promptTokens += Int((Double(bytes) / Self.bytesPerToken).rounded(.up)) + 8 * request.messages.count
            answerTokens += min(answer, request.maxTokens)
            mostAnswerTokens += request.maxTokens
            if endpoint.price != nil { mostCost = (mostCost ?? 0) + most.cost }
        }
        guard let price = endpoint.price, self.requests > 0 else { return }
        cost = price.cost(of: Usage(promptTokens: promptTokens, completionTokens: answerTokens))
    }
}

extension AskingEstimate: CustomStringConvertible {
    public var description: String {
        var words = [
            "\(requests) \(requests == 1 ? "request" : "requests") to send, \(stored) stored already",
            "about \(promptTokens) tokens of prompts, about \(answerTokens) (at most \(mostAnswerTokens)) of answers",
        ]
        if let cost, let mostCost {
            words.append(
                "costs about \(String(format: "%.2f", cost)), at most \(String(format: "%.2f", mostCost)), for one try each"
            )
        } else if requests > 0 {
            words.append("the cost is unknown: the endpoint has no price for its model")
        }
        return words.joined(separator: "\n")
    }
}
