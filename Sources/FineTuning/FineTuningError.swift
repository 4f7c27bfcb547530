import Foundation

/// What can be wrong with a training run before or during it.
public enum FineTuningError: Error, Equatable, CustomStringConvertible, LocalizedError {
    case setting(String, String)
    case noRows(String)
    case nothingToLearn(String)
    /// Documents that do not say which part of them is to be learnt, by id.
    case noParts([String], of: Int)
    case memory(String)
    case diverged(step: Int, arm: String, what: String)
    case checkpoint(String, String)
    case interrupted(step: Int)

    public var description: String {
        switch self {
        case .setting(let name, let why): "\(name): \(why)"
        case .noRows(let why): "there are no rows to train on: \(why)"
        case .nothingToLearn(let why): "no row has a token to learn: \(why)"
        case .noParts(let ids, let all):
            "\(ids.count) of \(all) documents mark no part to learn (\(ids.prefix(5).joined(separator: ", "))): give them "
                + "\"loss\": [[start, end], …], or learn every token with --loss all"
        case .memory(let why): why
        case .diverged(let step, let arm, let what):
            "\(arm) diverged at step \(step): \(what). The state before that step is kept; try a lower --lr"
        case .checkpoint(let file, let why): "\(file): \(why)"
        case .interrupted(let step): "interrupted after step \(step); the same command continues from there"
        }
    }

    public var errorDescription: String? { description }
}
