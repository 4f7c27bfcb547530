import Foundation

/// Where something stands in a study's files.
public struct Place: Hashable, Sendable, CustomStringConvertible {
    public var file: String
    /// Counted from 1; none where the file as a whole is meant.
    public var line: Int?

    public init(file: String, line: Int? = nil) {
        self.file = file
        self.line = line
    }

    public var description: String { line.map { "\(file):\($0)" } ?? file }
}

/// All that is wrong with a study.
public struct StudyError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    /// Reading stops after so many: a file that is wrong throughout is wrong for one reason.
    public static let limit = 50

    public struct Mistake: Hashable, Sendable, CustomStringConvertible {
        public var place: Place
        /// The key's path, like `steps.organism.sweep.rank[2]`; empty for the file as a whole.
        public var path: String
        public var what: String
        /// What to do about it.
        public var remedy: String

        public var description: String {
            "\(place): \(path.isEmpty ? "" : path + ": ")\(what); \(remedy)"
        }
    }

    public var mistakes: [Mistake]

    public var description: String {
        var lines = mistakes.map(\.description)
        if mistakes.count >= Self.limit { lines.append("stopped after \(mistakes.count) mistakes: there may be more") }
        return lines.joined(separator: "\n")
    }

    public var errorDescription: String? { description }
}

/// Gathers mistakes while a study is read.
struct Mistakes {
    private(set) var all: [StudyError.Mistake] = []

    var isFull: Bool { all.count >= StudyError.limit }

    mutating func note(_ place: Place, _ path: String, _ what: String, _ remedy: String) {
        let mistake = StudyError.Mistake(place: place, path: path, what: what, remedy: remedy)
        if !isFull, !all.contains(mistake) { all.append(mistake) }
    }

    func throwIfAny() throws {
        guard !all.isEmpty else { return }
        throw StudyError(
            mistakes: all.sorted { ($0.place.file, $0.place.line ?? 0) < ($1.place.file, $1.place.line ?? 0) })
    }
}

/// What a person typed, short enough for a message.
func quoted(_ text: String) -> String {
    let plain = text.map { $0.isNewline ? " " : $0 }
    return "\"" + String(plain.prefix(60)) + (plain.count > 60 ? "…" : "") + "\""
}
