import Foundation

/// CASTLE: one JSON object with a list `tests`, half of them vulnerable.
enum CastleReader {
    static func read(_ url: URL) throws -> ProgramSet {
        let file = url.relativePath
        let root = try WholeJSON.object(url)
        var mistakes = MistakeList(file: file)
        guard let tests = root["tests"] as? [Any] else {
            mistakes.note(line: nil, "\"tests\" is missing or no list", "CASTLE's file has a list of programs there")
            try mistakes.throwIfAny()
            return ProgramSet(format: .castle, pairs: [])
        }
        var set = ProgramSet(format: .castle, pairs: [])
        var seen: Set<String> = []
        for (index, value) in tests.enumerated() where !mistakes.isFull {
            guard let fields = value as? [String: Any] else {
                mistakes.note(line: nil, "tests[\(index)] is \(kind(of: value))", "it must be an object")
                continue
            }
            var reader = RowReader(object: fields, index: index)
            add(&reader, to: &set)
            if !seen.insert(reader.id()).inserted {
                reader.note("its id is that of an earlier test", "ids must differ")
            }
            for mistake in reader.mistakes {
                mistakes.note(line: nil, "tests[\(index)]: \(mistake.what)", mistake.remedy)
            }
        }
        try mistakes.throwIfAny()
        return set
    }

    private static func add(_ reader: inout RowReader, to set: inout ProgramSet) {
        let id = reader.id()
        let code = reader.text("code")
        let description = reader.text("description")
        let number = reader.wholeNumber("cwe", of: reader.object, at: "\"cwe\"")
        let weakness = number.flatMap { Weakness(number: $0) }
        if let number, weakness == nil { reader.note("\"cwe\" is \(number)", "it must be a CWE number") }
        guard let isVulnerable = reader.object["vulnerable"] as? Bool else {
            reader.note("\"vulnerable\" is missing or neither true nor false", "write true or false")
            return
        }
        let listed = reader.object["lines"] as? [Any] ?? []
        let lines = listed.compactMap { wholeNumber($0) }
        guard let code, let description, let weakness else { return }
        let count = codeLines(code).count
        guard lines.count == listed.count, lines.allSatisfy({ (1...count).contains($0) }) else {
            reader.note("\"lines\" names lines that the program hasn't", "count its \(count) lines from 1")
            return
        }
        if isVulnerable {
            set.pairs.append(
                ProgramPair(
                    id: id, vulnerable: code, weakness: weakness, language: .c, explanation: description,
                    lines: Set(lines).sorted()))
        } else {
            set.sound.append(
                SoundProgram(id: id, program: code, weakness: weakness, language: .c, explanation: description))
        }
    }
}
