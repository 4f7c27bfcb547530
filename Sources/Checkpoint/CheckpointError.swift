import Foundation

/// What is wrong with a model, weight or adapter file: where, why and what to do about it.
public struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
    /// The file or folder, as the caller named it.
    public var file: String
    /// The tensor, key or byte offset concerned, if one is.
    public var place: String?
    public var reason: String
    /// What the person reading this can do.
    public var remedy: String?

    public init(file: String, place: String? = nil, reason: String, remedy: String? = nil) {
        self.file = file
        self.place = place
        self.reason = reason
        self.remedy = remedy
    }

    public var description: String {
        var text = file + ": "
        if let place { text += place + ": " }
        text += reason
        // After a list of mistakes the remedy has a line of its own.
        if let remedy { text += (remedy.hasPrefix("\n") ? "" : ". ") + remedy }
        return text
    }

    public var errorDescription: String? { description }
}

extension CheckpointError {
    /// Text from a file, made safe to print: bounded, without control characters.
    static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(96).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7f ? "\u{FFFD}" : String(scalar)
        }
        return "\"" + shown.joined() + (shown.count < text.unicodeScalars.count ? "…" : "") + "\""
    }

    /// Many mistakes as one error.
    static func all(_ mistakes: [String], file: String, remedy: String? = nil) -> CheckpointError {
        if mistakes.count == 1 { return CheckpointError(file: file, reason: mistakes[0], remedy: remedy) }
        let limit = 40
        var lines = mistakes.prefix(limit).map { "\n  - " + $0 }
        if mistakes.count > limit { lines.append("\n  and \(mistakes.count - limit) more") }
        return CheckpointError(
            file: file, reason: "\(mistakes.count) mistakes:" + lines.joined(), remedy: remedy.map { "\n" + $0 })
    }
}
