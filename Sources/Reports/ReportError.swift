import Foundation

/// Why a page can't be written.
public struct ReportError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    public var what: String
    public var remedy: String

    public init(_ what: String, _ remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    public var description: String { "\(what); \(remedy)" }
    public var errorDescription: String? { description }
}
