import Corpora

/// The Python in an answer: what stands in Markdown fences, or the whole answer where it looks like nothing but code.
/// Text only; nothing here runs it.
public enum CodeBlocks {
    /// The program that an answer gives, its fenced parts joined in their order; nil where there is none.
    ///
    /// Fences that name another language are left out; one that is never closed (a truncated answer) goes to the end.
    public static func python(in answer: String) -> String? {
        var blocks: [String] = []
        var open: (fence: Substring, isPython: Bool, lines: [Substring])?
        var hasFence = false
        for line in answer.split(separator: "\n", omittingEmptySubsequences: false) {
            let start = line.drop(while: { $0 == " " })
            let fence = start.prefix { $0 == "`" }
            if let inside = open {
                if fence.count >= inside.fence.count, start.dropFirst(fence.count).allSatisfy(\.isWhitespace) {
                    if inside.isPython { blocks.append(inside.lines.joined(separator: "\n")) }
                    open = nil
                } else {
                    open?.lines.append(line)
                }
            } else if fence.count >= 3 {
                hasFence = true
                let language = start.dropFirst(fence.count).split(separator: " ").first.map { $0.lowercased() } ?? ""
                open = (fence, ["", "python", "py", "python3"].contains(language), [])
            }
        }
        if let inside = open, inside.isPython { blocks.append(inside.lines.joined(separator: "\n")) }
        if hasFence {
            let program = blocks.joined(separator: "\n\n")
            return program.allSatisfy(\.isWhitespace) ? nil : program + "\n"
        }
        return ProgramLanguage.guess(answer) == .python ? answer : nil
    }
}
