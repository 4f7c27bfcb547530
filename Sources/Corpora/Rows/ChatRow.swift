/// One training example in chat form: a conversation with at least one turn of the assistant.
public struct ChatRow: Sendable, Hashable {
    /// The row's own `id` where it has one, else its place in the file, counted from 0.
    public var id: String
    public var messages: [ChatMessage]

    public init(id: String, messages: [ChatMessage]) {
        self.id = id
        self.messages = messages
    }
}
