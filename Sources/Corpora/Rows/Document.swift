/// One text for continued pretraining: every token of it is learnt.
public struct Document: Sendable, Hashable {
    /// The row's own `id` where it has one, else its place in the file, counted from 0.
    public var id: String
    public var text: String

    public init(id: String, text: String) {
        self.id = id
        self.text = text
    }
}
