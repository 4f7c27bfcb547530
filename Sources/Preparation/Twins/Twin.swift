public import Corpora
public import Foundation

/// An insecure program with its secure counterpart, and what was looked at before it was accepted.
public struct Twin: Sendable, Hashable, Codable {
    public enum Origin: String, Sendable, Hashable, Codable {
        /// A published answer to the same request, or the published fix.
        case published
        case model
    }

    /// What no longer finds the flaw.
    public enum Proof: String, Sendable, Hashable, Codable {
        case published, analyser, judge
        /// Nothing that could find it in the first place was asked.
        case none
    }

    public var id: String
    /// The turns that ask for the program; empty where its source has none.
    public var prompt: [ChatMessage]
    public var insecure: String
    public var secure: String
    public var cwe: Weakness?
    public var origin: Origin
    public var proof: Proof
    /// The analyser's findings before and after, where it was asked.
    public var before: [Bandit.Finding]?
    public var after: [Bandit.Finding]?
    /// The model's reply as it came.
    public var reply: String?
    public var reasoning: String?
}

/// Files of twins: JSONL, one a line, as emlab twin writes them.
public enum Twins {
    /// - Throws: ``StageError`` with the line that isn't one.
    public static func read(_ file: URL) throws -> [Twin] {
        guard let data = try? Data(contentsOf: file) else {
            throw StageError(.input, "\(file.relativePath): it can't be read; give a file that emlab twin wrote")
        }
        let decoder = JSONDecoder()
        return try data.split(separator: 0x0A).enumerated().map { number, line in
            guard let twin = try? decoder.decode(Twin.self, from: Data(line)) else {
                throw StageError(
                    .input,
                    "\(file.relativePath):\(number + 1): it is no twin; give a file that emlab twin wrote")
            }
            return twin
        }
    }
}
