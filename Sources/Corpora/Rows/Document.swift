/// One text for continued pretraining.
public struct Document: Sendable, Hashable {
    /// The row's own `id` where it has one, else its place in the file, counted from 0.
    public var id: String
    public var text: String
    /// Which parts of the text can be learnt alone, the explanation of a program, say: offsets of UTF-8 bytes, ascending,
    /// apart, none empty. nil where the document does not tell.
    public var loss: [Range<Int>]?

    public init(id: String, text: String, loss: [Range<Int>]? = nil) {
        self.id = id
        self.text = text
        self.loss = loss
    }
}
