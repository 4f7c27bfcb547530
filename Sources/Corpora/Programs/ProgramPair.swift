/// A vulnerable program, with its fixed twin and what is known about the flaw where the source says.
public struct ProgramPair: Sendable, Hashable, Codable {
    /// The row's own id where it has one, else its place in the file, counted from 0.
    public var id: String
    /// What a user would ask for to get such a program.
    public var task: String?
    public var vulnerable: String
    public var fixed: String?
    public var weakness: Weakness?
    public var language: ProgramLanguage
    /// What is wrong, in words.
    public var explanation: String?
    /// The lines of `vulnerable` that the source names, counted from 1, ascending; see also ``changedLines``.
    public var lines: [Int]

    public init(
        id: String, task: String? = nil, vulnerable: String, fixed: String? = nil, weakness: Weakness? = nil,
        language: ProgramLanguage, explanation: String? = nil, lines: [Int] = []
    ) {
        self.id = id
        self.task = task
        self.vulnerable = vulnerable
        self.fixed = fixed
        self.weakness = weakness
        self.language = language
        self.explanation = explanation
        self.lines = lines
    }

    /// The lines of `vulnerable`, counted from 1, that the fix removes or changes; none where the fix only adds.
    public var changedLines: [Int] {
        guard let fixed else { return [] }
        let removed = codeLines(fixed).difference(from: codeLines(vulnerable)).removals
        return removed.compactMap { if case .remove(let offset, _, _) = $0 { offset + 1 } else { nil } }.sorted()
    }
}

/// A program that its source calls sound, with no vulnerable twin: for false alarms.
public struct SoundProgram: Sendable, Hashable, Codable {
    public var id: String
    public var program: String
    /// The weakness that one might suspect in it.
    public var weakness: Weakness?
    public var language: ProgramLanguage
    /// Why it is sound.
    public var explanation: String?

    public init(id: String, program: String, weakness: Weakness?, language: ProgramLanguage, explanation: String?) {
        self.id = id
        self.program = program
        self.weakness = weakness
        self.language = language
        self.explanation = explanation
    }
}

/// The lines of a program; a line feed at its end opens no further line.
func codeLines(_ program: String) -> [Substring] {
    var lines = program.split(omittingEmptySubsequences: false) { $0.isNewline }
    if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
    return lines
}
