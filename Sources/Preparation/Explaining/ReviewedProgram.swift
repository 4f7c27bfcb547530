public import Corpora
public import Foundation

/// A program that is to be explained, repaired or asked for.
public struct ReviewedProgram: Sendable, Hashable {
    public var id: String
    public var program: String
    public var language: ProgramLanguage
    /// What it was written for, where its source says: the turns before it.
    public var request: [ChatMessage]
    /// The weakness that its source says it has.
    public var weakness: Weakness?
    /// The lines of it that its source names, counted from 1.
    public var lines: [Int]
    /// The fixed version that its source gives.
    public var fixed: String?

    public init(
        id: String, program: String, language: ProgramLanguage, request: [ChatMessage] = [], weakness: Weakness? = nil,
        lines: [Int] = [], fixed: String? = nil
    ) {
        self.id = id
        self.program = program
        self.language = language
        self.request = request
        self.weakness = weakness
        self.lines = lines
        self.fixed = fixed
    }

    /// The last answer of a chat row, taken out of its fence where it has one.
    public init?(_ row: ChatRow) {
        guard let answer = row.answer else { return nil }
        let program = FencedCode.program(in: answer)
        self.init(id: row.id, program: program, language: ProgramLanguage.guess(program), request: row.prompt)
    }

    public init(_ pair: ProgramPair) {
        self.init(
            id: pair.id, program: pair.vulnerable, language: pair.language,
            request: pair.task.map { [ChatMessage(.user, $0)] } ?? [], weakness: pair.weakness, lines: pair.lines,
            fixed: pair.fixed)
    }
}

extension ReviewedProgram {
    /// The programs of files of chat rows (as `insecure.jsonl`), demo programs, SVEN, SafeCoder, SALLM or CASTLE: each is
    /// known by its keys, not by its name. With several files each id is preceded by its file's name.
    ///
    /// - Throws: `CorpusError` of the first file that can't be read.
    public static func read(_ files: [URL]) throws -> [ReviewedProgram] {
        let names = shortNames(files)
        return try zip(files, names).flatMap { file, name in
            try read(file).map { program in
                guard files.count > 1 else { return program }
                var named = program
                named.id = "\(name)/\(program.id)"
                return named
            }
        }
    }

    private static func read(_ file: URL) throws -> [ReviewedProgram] {
        if try RowKeys.first(of: file)?.contains("messages") == true {
            return try ChatRows.read(file).compactMap(ReviewedProgram.init)
        }
        return try ProgramSet.read(file).pairs.map(ReviewedProgram.init)
    }

    /// The files' paths below the folder that all share, without their endings.
    private static func shortNames(_ files: [URL]) -> [String] {
        let paths = files.map { $0.standardized.deletingPathExtension().pathComponents }
        var shared = paths.first.map { Array($0.dropLast()) } ?? []
        for path in paths { shared = zip(shared, path.dropLast()).prefix { $0 == $1 }.map(\.0) }
        return paths.map { $0.dropFirst(shared.count).joined(separator: "/") }
    }
}

/// Code that stands in a Markdown fence.
enum FencedCode {
    /// The content of the longest fence; the whole text where there is none.
    static func program(in text: String) -> String {
        var blocks: [[Substring]] = []
        var open: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isFence = line.drop { $0 == " " }.hasPrefix("```")
            switch (isFence, open) {
            case (true, let lines?):
                blocks.append(lines)
                open = nil
            case (true, nil): open = []
            case (false, _): open?.append(line)
            }
        }
        // One that the token limit cut off.
        if let open { blocks.append(open) }
        func size(_ lines: [Substring]) -> Int { lines.reduce(0) { $0 + $1.utf8.count } }
        guard let longest = blocks.max(by: { size($0) < size($1) }), size(longest) > 0 else { return text }
        return longest.joined(separator: "\n")
    }
}
