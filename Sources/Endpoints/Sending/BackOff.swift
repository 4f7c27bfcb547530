import RandomStreams

/// How long to wait before the next attempt: doubled each time, up to half of it less by chance, so that many who were
/// turned away together don't come back together.
struct BackOff: Sendable {
    let first: Double
    let longest: Double
    let longestRetryAfter: Double
    let seed: UInt64

    /// - Parameters:
    ///   - failures: attempts that failed, from 1.
    ///   - asked: what the server's Retry-After says.
    ///   - call: tells the draws of calls apart.
    func delay(afterFailures failures: Int, asked: Duration?, call: UInt64) -> Duration {
        let doubled = first * Double(sign: .plus, exponent: min(max(failures, 1) - 1, 60), significand: 1)
        var stream = RandomStream(
            seed: seed ^ call, purpose: "endpoint back-off", item: UInt64(truncatingIfNeeded: failures))
        let drawn = min(doubled, longest) * (1 - stream.uniform() / 2)
        guard let asked else { return .seconds(drawn) }
        // A little later than asked is polite; earlier isn't.
        return max(.seconds(drawn), min(asked, .seconds(longestRetryAfter)))
    }
}
