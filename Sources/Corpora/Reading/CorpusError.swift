import Foundation

/// What is wrong with a data file: all mistakes found, up to ``limit``, each with its place and its remedy.
public struct CorpusError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    /// Reading stops after this many mistakes: a file that is wrong throughout is wrong for one reason.
    public static let limit = 20

    public struct Mistake: Equatable, Sendable, CustomStringConvertible {
        public var file: String
        /// Counted from 1; none if the mistake is the file's as a whole.
        public var line: Int?
        public var what: String
        public var remedy: String

        public init(file: String, line: Int?, what: String, remedy: String) {
            self.file = file
            self.line = line
            self.what = what
            self.remedy = remedy
        }

        public var description: String {
            let place = line.map { "\(file):\($0)" } ?? file
            return "\(place): \(what); \(remedy)"
        }
    }

    public var mistakes: [Mistake]
    /// True if reading stopped at the limit, so that more mistakes may follow.
    public var stoppedEarly: Bool

    public init(mistakes: [Mistake], stoppedEarly: Bool = false) {
        self.mistakes = mistakes
        self.stoppedEarly = stoppedEarly
    }

    public var description: String {
        var lines = mistakes.map(\.description)
        if stoppedEarly { lines.append("stopped after \(mistakes.count) mistakes: there may be more") }
        return lines.joined(separator: "\n")
    }

    public var errorDescription: String? { description }
}

/// Gathers the mistakes of one file while it is read.
package struct MistakeList {
    package let file: String
    package private(set) var all: [CorpusError.Mistake] = []

    package init(file: String) { self.file = file }

    package var isFull: Bool { all.count >= CorpusError.limit }

    package mutating func note(line: Int?, _ what: String, _ remedy: String) {
        guard !isFull else { return }
        all.append(.init(file: file, line: line, what: what, remedy: remedy))
    }

    /// Throws what was gathered, if anything.
    package func throwIfAny() throws {
        if !all.isEmpty { throw CorpusError(mistakes: all, stoppedEarly: isFull) }
    }
}
