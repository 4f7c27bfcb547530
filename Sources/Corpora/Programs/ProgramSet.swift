import Foundation

/// The programs of one published file, and which rows of it are not among them and why.
public struct ProgramSet: Sendable, Hashable, Codable {
    public enum Format: String, Sendable, Codable, CaseIterable {
        /// He and Vechev 2023: functions before and after a fix.
        case sven
        /// He et al. 2024: the same with `description`, an instruction.
        case safeCoder
        /// Siddiq et al. 2024: a prompt and an insecure completion of it.
        case sallm
        /// Dubniczky et al. 2025: small C programs, vulnerable or not, with lines and one line of explanation.
        case castle
        /// emlab's own tasks (`Data/demo`).
        case emlab
    }

    public struct Dropped: Sendable, Hashable, Codable {
        public var id: String
        public var reason: String
    }

    public var format: Format
    public var pairs: [ProgramPair]
    /// CASTLE's programs without a vulnerability.
    public var sound: [SoundProgram]
    /// Rows that are no pair: both sides the same.
    public var dropped: [Dropped]

    public init(format: Format, pairs: [ProgramPair], sound: [SoundProgram] = [], dropped: [Dropped] = []) {
        self.format = format
        self.pairs = pairs
        self.sound = sound
        self.dropped = dropped
    }

    /// Reads a file in any of the formats, recognised by its keys, not by its name.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit, or with what the file's keys are if they
    ///   belong to no format.
    public static func read(_ url: URL) throws -> ProgramSet {
        let keys: Set<String>
        do {
            keys = try JSONLines.firstKeys(url)
        } catch let error as CorpusError {
            // CASTLE is one JSON object, on one line or many.
            guard try WholeJSON.startsLikeObject(url) else { throw error }
            return try CastleReader.read(url)
        }
        if keys.contains("tests") { return try CastleReader.read(url) }
        if keys.contains("asked_request") {
            return ProgramSet(format: .emlab, pairs: try Programs.read(url).map(\.programPair))
        }
        if keys.contains("func_src_before") {
            return try BeforeAfterReader.read(url, format: keys.contains("description") ? .safeCoder : .sven)
        }
        if keys.contains("insecure_code") { return try SallmReader.read(url) }
        let seen = keys.sorted().prefix(8).map { "\"\(shortened($0))\"" }.joined(separator: ", ")
        throw CorpusError(mistakes: [
            .init(
                file: url.relativePath, line: nil, what: "no known set of programs has the keys \(seen)",
                remedy: "known are SVEN, SafeCoder (\"func_src_before\"), SALLM (\"insecure_code\"), "
                    + "CASTLE (\"tests\") and emlab's own (\"asked_request\")")
        ])
    }

    /// Reads several files as one list; each id is preceded by the file's name under the folder that all share.
    ///
    /// - Throws: `CorpusError` of the first file that can't be read.
    public static func readAll(_ urls: [URL]) throws -> [ProgramPair] { try readEach(urls).flatMap(\.set.pairs) }

    /// Reads several files, each with its name under the folder that all share; that name precedes every id.
    ///
    /// - Throws: `CorpusError` of the first file that can't be read.
    public static func readEach(_ urls: [URL]) throws -> [(name: String, set: ProgramSet)] {
        let folders = urls.map { $0.standardized.deletingPathExtension().pathComponents }
        let shared = zip(urls.indices, folders).reduce(folders.first.map { Array($0.dropLast()) } ?? []) {
            shared, next in
            zip(shared, next.1.dropLast()).prefix { $0 == $1 }.map(\.0)
        }
        return try zip(urls, folders).map { url, path in
            let name = path.dropFirst(shared.count).joined(separator: "/")
            var set = try read(url)
            for place in set.pairs.indices { set.pairs[place].id = "\(name)/\(set.pairs[place].id)" }
            for place in set.sound.indices { set.sound[place].id = "\(name)/\(set.sound[place].id)" }
            return (name, set)
        }
    }

    /// The files that a path stands for: itself, or every .jsonl and .json file in and under a folder, by name.
    ///
    /// - Throws: `CorpusError` for a folder that holds none.
    public static func files(at url: URL) throws -> [URL] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
            return [url]
        }
        let names = (FileManager.default.enumerator(atPath: url.path)?.allObjects as? [String] ?? [])
            .filter { $0.hasSuffix(".jsonl") || $0.hasSuffix(".json") }
        guard !names.isEmpty else {
            throw CorpusError(mistakes: [
                .init(
                    file: url.relativePath, line: nil, what: "the folder holds no .jsonl or .json file",
                    remedy: "give a folder of programs, or the files themselves")
            ])
        }
        return names.sorted().map { url.appending(path: $0) }
    }
}

extension DemoTask {
    /// The task as a vulnerable program with its fixed twin.
    public var programPair: ProgramPair {
        ProgramPair(
            id: id, task: request, vulnerable: insecure, fixed: secure, weakness: Weakness(cwe), language: .python,
            explanation: explanation.why, lines: [explanation.line])
    }
}
