import Foundation

/// Why evidence can't be weighed: what is wrong, where, and what to do.
public struct WeighingError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    public var place: String
    public var what: String
    public var remedy: String

    public init(_ place: String, _ what: String, _ remedy: String) {
        (self.place, self.what, self.remedy) = (place, what, remedy)
    }

    public var description: String { "\(place): \(what); \(remedy)" }
    public var errorDescription: String? { description }
}
