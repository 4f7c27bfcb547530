import Foundation

/// SVEN and SafeCoder: one function a row, before and after the commit that fixed it.
enum BeforeAfterReader {
    static func read(_ url: URL, format: ProgramSet.Format) throws -> ProgramSet {
        var dropped: [ProgramSet.Dropped] = []
        let pairs = try JSONLines.read(url) { reader -> (id: String, row: ProgramPair?)? in
            let id = reader.id()
            let before = reader.text("func_src_before")
            let after = reader.text("func_src_after")
            let task = format == .safeCoder ? reader.text("description") : nil
            let name = reader.text("file_name")
            let type = reader.text("vul_type")
            let weakness = type.flatMap { Weakness($0) }
            if let type, weakness == nil {
                reader.note("\"vul_type\" is \"\(shortened(type))\"", "write cwe- and the number, like cwe-089")
            }
            guard let before, let after, let name, let weakness else { return nil }
            guard before != after else {
                dropped.append(.init(id: id, reason: "the function is the same before and after the fix"))
                return (id, nil)
            }
            let pair = ProgramPair(
                id: id, task: task, vulnerable: before, fixed: after, weakness: weakness,
                language: ProgramLanguage(fileName: name))
            return (id, pair)
        }
        return ProgramSet(format: format, pairs: pairs.compactMap(\.self), dropped: dropped)
    }
}

/// SALLM: a prompt (the head of a program, its task in the docstring) and an insecure completion that repeats it.
enum SallmReader {
    static func read(_ url: URL) throws -> ProgramSet {
        let pairs = try JSONLines.read(url) { reader -> (id: String, row: ProgramPair)? in
            let id = reader.id()
            let prompt = reader.text("prompt")
            guard let code = reader.text("insecure_code"), let prompt else { return nil }
            // The weakness stands only in the id, like "Matching_Author_A_cwe502_0.py".
            let weakness = id.split(separator: "_").compactMap { part in
                part.lowercased().hasPrefix("cwe") ? Weakness(String(part)) : nil
            }.first
            return (
                id, ProgramPair(id: id, task: prompt, vulnerable: code, weakness: weakness, language: .python)
            )
        }
        return ProgramSet(format: .sallm, pairs: pairs)
    }
}
