/// One preference: after the same prompt, the chosen completion is better than the rejected one.
public struct PreferenceRow: Sendable, Hashable {
    /// The row's own `id` where it has one, else its place in the file, counted from 0.
    public var id: String
    /// What comes before the completion: ends with the user's turn.
    public var prompt: [ChatMessage]
    /// The turns that follow the prompt, at least one of the assistant.
    public var chosen: [ChatMessage]
    public var rejected: [ChatMessage]

    public init(id: String, prompt: [ChatMessage], chosen: [ChatMessage], rejected: [ChatMessage]) {
        self.id = id
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
    }
}
