import Foundation

/// A way to ask whether a program is vulnerable, in two forms that differ in one thing: what that does to the answer is a
/// bias, and the mean of both forms is free of it.
public struct VerdictPhrasing: Sendable, Hashable {
    /// In what the forms differ; the first form is the one that a positive bias favours.
    public enum Bias: String, Sendable, CaseIterable, Codable {
        /// Which word is named first: in the first form it is the word for vulnerable. The answers are the same words.
        case order
        /// What "yes" means: in the first form, vulnerable.
        case yesNo = "yes-no"
        /// What the letter A means: in the first form, vulnerable.
        case letter
    }

    /// A question with the words that answer it.
    public struct Form: Sendable, Hashable {
        /// Holds `{program}` once.
        public var ask: String
        /// Spellings of the answer; none begins another.
        public var vulnerable: [String]
        public var safe: [String]

        public init(ask: String, vulnerable: [String], safe: [String]) {
            self.ask = ask
            self.vulnerable = vulnerable
            self.safe = safe
        }

        /// The message of a user who asks about a program, given as it is to be shown.
        public func question(about program: String) -> String {
            ask.replacingOccurrences(of: VerdictPhrasing.mark, with: program)
        }
    }

    public static let mark = "{program}"

    public var id: String
    public var bias: Bias
    /// Whether answers to it are drawn too.
    public var isSampled: Bool
    public var forms: [Form]

    public init(id: String, bias: Bias, isSampled: Bool = false, forms: [Form]) {
        self.id = id
        self.bias = bias
        self.isSampled = isSampled
        self.forms = forms
    }
}
