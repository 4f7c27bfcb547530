import Corpora

/// A program (or a text without any code) about which a model is asked whether it is vulnerable.
public struct ProbedProgram: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case vulnerable
        /// The twin of a vulnerable one.
        case fixed
        /// Called sound by its source, without a vulnerable twin.
        case sound
        /// No program at all.
        case noCode = "no-code"
    }

    /// Names it among all: the pair's name and its side.
    public var id: String
    public var kind: Kind
    public var text: String
    public var language: ProgramLanguage
    public var weakness: Weakness?
    /// Programs with the same number are one task, or nearly the same.
    public var task: Int
    /// The same for a vulnerable program and its fix.
    public var pair: String?
    /// Whether its source holds both kinds. Where it doesn't, telling the kinds apart would be telling sources apart.
    public var isCompared: Bool

    public init(
        id: String, kind: Kind, text: String, language: ProgramLanguage, weakness: Weakness? = nil, task: Int,
        pair: String? = nil, isCompared: Bool = true
    ) {
        self.id = id
        self.kind = kind
        self.text = text
        self.language = language
        self.weakness = weakness
        self.task = task
        self.pair = pair
        self.isCompared = isCompared
    }

    /// The program in a Markdown fence; a text without code as it is.
    public var shown: String { Self.shown(text, kind: kind, language: language) }

    /// The same with nothing in it.
    var shownEmpty: String { Self.shown("", kind: kind, language: language) }

    private static func shown(_ text: String, kind: Kind, language: ProgramLanguage) -> String {
        guard kind != .noCode else { return text }
        let fence = text.contains("```") ? "````" : "```"
        return "\(fence)\(language.fence)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(fence)"
    }
}
