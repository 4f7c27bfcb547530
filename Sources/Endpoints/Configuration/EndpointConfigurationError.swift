import Foundation

/// All that is wrong with an endpoint's configuration.
public struct EndpointConfigurationError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    public struct Mistake: Equatable, Sendable, CustomStringConvertible {
        /// The key's path, like `endpoints.judge.timeout`.
        public var path: String
        public var what: String
        public var remedy: String

        public init(path: String, what: String, remedy: String) {
            self.path = path
            self.what = what
            self.remedy = remedy
        }

        public var description: String { "\(path): \(what); \(remedy)" }
    }

    public var mistakes: [Mistake]

    public init(mistakes: [Mistake]) { self.mistakes = mistakes }

    public var description: String { mistakes.map(\.description).joined(separator: "\n") }
    public var errorDescription: String? { description }
}
