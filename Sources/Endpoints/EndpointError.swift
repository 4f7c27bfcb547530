import Foundation

/// Why no reply came: what is wrong, at which endpoint, and what to do. No message ever holds the key.
public struct EndpointError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    public enum Reason: Equatable, Sendable {
        /// The configuration, the request or the key's variable has mistakes: nothing was sent.
        case invalid
        /// The budget would be exceeded: nothing was sent.
        case budget
        /// No answer in time.
        case timeout
        /// No connection, or one that broke.
        case connection
        /// The server answered with this HTTP status, or with an error object of this code.
        case status(Int)
        /// The reply is not what a chat completion looks like.
        case malformedReply
        /// Another model answered than the one asked.
        case wrongModel
        /// The endpoint was shut down.
        case closed
        /// The replies' folder can't be written.
        case store
    }

    public var reason: Reason
    /// Host and model, for messages.
    public var place: String
    public var what: String
    public var remedy: String
    /// Requests sent before giving up.
    public var attempts: Int

    public init(_ reason: Reason, place: String, what: String, remedy: String, attempts: Int = 0) {
        self.reason = reason
        self.place = place
        self.what = what
        self.remedy = remedy
        self.attempts = attempts
    }

    public var description: String {
        let tries = attempts > 1 ? " (after \(attempts) attempts)" : ""
        return "\(place): \(what)\(tries); \(remedy)"
    }

    public var errorDescription: String? { description }
}
