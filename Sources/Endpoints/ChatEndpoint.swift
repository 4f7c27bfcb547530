/// What answers a conversation: a server that speaks OpenAI's chat completions, or a model on this machine.
public protocol ChatEndpoint: Sendable {
    /// The answer to one request. Many may be asked at once; cancelling the task gives up.
    ///
    /// - Throws: ``EndpointError``, or `CancellationError`.
    func reply(to request: ChatRequest) async throws -> ChatReply

    /// Who answers: what tells this endpoint's answers from another's, for manifests. Never a key.
    var identity: [String: String] { get }

    /// Requests that are worth having under way at once; further ones wait inside.
    var concurrency: Int { get }

    /// The most that `request` can take if it is sent once: an estimate before anything is spent. Of a stored one:
    /// nothing.
    func mostTaken(by request: ChatRequest) throws -> Budget.Amount

    /// What answers with this price; none: unknown, or nothing.
    var price: EndpointConfiguration.Price? { get }

    /// Closes connections; what is under way fails.
    func shutdown() async
}

extension ChatEndpoint {
    public var identity: [String: String] { [:] }
    public var concurrency: Int { 8 }
    public var price: EndpointConfiguration.Price? { nil }

    public func mostTaken(by request: ChatRequest) throws -> Budget.Amount {
        let bytes = request.messages.reduce(0) { $0 + $1.content.utf8.count }
        return Budget.Amount(requests: 1, tokens: bytes + request.maxTokens)
    }

    public func shutdown() async {}
}
