import Foundation

/// Why a stage ended before its end: what, where, and what to do. What is finished is kept.
public struct StageError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    public enum Reason: Sendable, Equatable {
        /// More was rejected than may be.
        case rejections
        /// The endpoint can't go on: its budget, the network, the key.
        case endpoint
        /// The file of finished records can't be used.
        case file
        /// What was given can't be worked with.
        case input
    }

    public var reason: Reason
    public var description: String

    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    public var errorDescription: String? { description }
}
