/// What answers a conversation: a server that speaks OpenAI's chat completions, or a model on this machine.
public protocol ChatEndpoint: Sendable {
    /// The answer to one request. Many may be asked at once; cancelling the task gives up.
    func reply(to request: ChatRequest) async throws -> ChatReply
}
