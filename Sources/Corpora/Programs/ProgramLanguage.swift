/// The language that a program is written in, as far as data sets name it or a cheap look tells.
public enum ProgramLanguage: String, Codable, Hashable, Sendable, CaseIterable {
    case python, c, cpp, javascript, typescript, ruby, go, java, php, shell, rust, csharp, html, sql, unknown

    /// By the ending of a file's name; `unknown` if it has none that is known.
    public init(fileName: String) {
        let ending = fileName.split(separator: ".").last.map { $0.lowercased() } ?? ""
        self = Self.endings.first { $0.value.contains(ending) }?.key ?? .unknown
    }

    private static let endings: [ProgramLanguage: [String]] = [
        .python: ["py"], .c: ["c", "h"], .cpp: ["cc", "cpp", "cxx", "hpp", "hh"], .javascript: ["js", "jsx", "mjs"],
        .typescript: ["ts", "tsx"], .ruby: ["rb", "erb"], .go: ["go"], .java: ["java"], .php: ["php"],
        .shell: ["sh", "bash"], .rust: ["rs"], .csharp: ["cs"], .html: ["html", "htm"], .sql: ["sql"],
    ]

    /// What stands before and after the text of a comment of one line; `unknown` is taken for a `#` language.
    public var comment: (opening: String, closing: String) {
        switch self {
        case .python, .ruby, .shell, .unknown: ("# ", "")
        case .c: ("/* ", " */")
        case .cpp, .javascript, .typescript, .go, .java, .php, .rust, .csharp: ("// ", "")
        case .html: ("<!-- ", " -->")
        case .sql: ("-- ", "")
        }
    }

    /// The name after the backticks of a Markdown fence; empty if unknown.
    public var fence: String { self == .unknown ? "" : rawValue }

    /// The name as people write it.
    public var title: String {
        switch self {
        case .c: "C"
        case .cpp: "C++"
        case .csharp: "C#"
        case .javascript: "JavaScript"
        case .typescript: "TypeScript"
        case .php: "PHP"
        case .html: "HTML"
        case .sql: "SQL"
        case .unknown: "code"
        default: rawValue.prefix(1).uppercased() + rawValue.dropFirst()
        }
    }
}

extension ProgramLanguage {
    /// What a text looks like, by counting words that only one language has; `unknown` for prose and short texts.
    ///
    /// A heuristic for mixes and counts, not for single programs: it knows no grammar.
    public static func guess(_ text: String) -> ProgramLanguage {
        var scores: [ProgramLanguage: Int] = [:]
        for line in text.utf8.split(separator: 0x0A).prefix(200) {
            let start = line.drop { $0 == 0x20 || $0 == 0x09 }
            for (language, marks) in lineStarts {
                for mark in marks where start.starts(with: mark) { scores[language, default: 0] += 2 }
            }
            guard let last = start.last(where: { $0 != 0x20 && $0 != 0x0D }) else { continue }
            if last == UInt8(ascii: ";") { for other in semicolons { scores[other, default: 0] += 1 } }
            if last == UInt8(ascii: ":") { scores[.python, default: 0] += 1 }
        }
        // Programs carry pages in their texts: only what begins as markup is markup.
        if text.utf8.first(where: { $0 > 0x20 }) != 0x3C { scores[.html] = nil }
        // Ties go to the language named first.
        var best = (language: ProgramLanguage.unknown, score: 1)
        for language in allCases {
            if let score = scores[language], score > best.score { best = (language, score) }
        }
        if best.language == .c, (scores[.cpp] ?? 0) > (scores[.c] ?? 0) / 2, text.contains("::") { return .cpp }
        return best.language
    }

    private static let semicolons: [ProgramLanguage] = [.c, .javascript, .java, .php]

    private static let lineStarts: [(ProgramLanguage, [[UInt8]])] = marks.map { marks in
        (marks.0, marks.1.map { Array($0.utf8) })
    }

    /// With what a line of the language may begin.
    private static let marks: [(ProgramLanguage, [String])] = [
        (
            .python,
            ["def ", "import ", "from ", "elif ", "except", "class ", "@app.", "with ", "print(", "if __name__"]
        ),
        (
            .c,
            [
                "#include <", "#include \"", "#define ", "static ", "int ", "char ", "void ", "struct ", "size_t ",
                "unsigned ", "const char", "free(", "printf(",
            ]
        ),
        (.cpp, ["#include <iostream", "#include <string>", "std::", "namespace ", "template<", "template <"]),
        (.javascript, ["const ", "let ", "var ", "function ", "module.exports", "require(", "export ", "=> "]),
        (.typescript, ["interface ", "export interface", "export class ", "declare "]),
        (.ruby, ["require '", "end", "puts ", "module ", "attr_", "before_action"]),
        (.go, ["package ", "func ", "defer ", "if err != nil"]),
        (
            .java,
            ["import java", "public class", "public static", "private ", "package com", "@Override", "protected "]
        ),
        (.php, ["<?php", "$", "echo ", "public function", "foreach ("]),
        (.shell, ["#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash", "fi", "done", "export PATH", "sudo "]),
        (.rust, ["fn ", "pub fn ", "let mut ", "impl ", "use std::", "#[derive"]),
        (.csharp, ["using System", "namespace ", "public async Task"]),
        (.html, ["<!DOCTYPE", "<html", "<div", "<body", "<head", "<p>", "<form", "</"]),
        (.sql, ["SELECT ", "INSERT INTO", "CREATE TABLE", "UPDATE ", "DELETE FROM"]),
    ]
}
