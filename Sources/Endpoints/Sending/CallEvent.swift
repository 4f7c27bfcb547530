/// What happens to a call, for progress and diagnostics. No event ever holds the key.
public enum CallEvent: Equatable, Sendable {
    /// Answered from the store, or by the same request that was under way.
    case stored(call: String)
    case sending(call: String, attempt: Int)
    /// An attempt failed; the next one comes after the delay.
    case retrying(call: String, why: String, after: Duration)
    case answered(call: String, usage: Usage?, cost: Double?)
    case failed(call: String, why: String)
}
