/// A tokenizer that can't be read, or a token that a chat format needs and the vocabulary lacks.
///
/// The message says what is wrong, where, and what to do.
public struct TokenizerError: Error, Equatable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
