import Foundation

/// Why something can't be measured: what, of which item, and what to do.
public enum MeasurementError: Error, Equatable, CustomStringConvertible, LocalizedError {
    /// An item of so many tokens doesn't fit into the model's context of `limit`.
    case tooLong(item: String, tokens: Int, limit: Int)
    /// The input holds nothing that the measure could be taken on.
    case nothing(measure: String, why: String)
    /// An item that can't be used.
    case item(String, why: String)
    /// A static analyser that doesn't run or doesn't say anything usable.
    case analyser(String, why: String)

    public var description: String {
        switch self {
        case .tooLong(let item, let tokens, let limit):
            "\(item) has \(tokens) tokens, more than the model's context of \(limit); shorten it or leave it out"
        case .nothing(let measure, let why): "there is nothing to measure \(measure) on: \(why)"
        case .item(let item, let why): "\(item): \(why)"
        case .analyser(let program, let why): "\(program): \(why)"
        }
    }

    public var errorDescription: String? { description }
}
