import Evidence

/// The share of items that may be rejected before a stage stops, since something is wrong with more than the items.
public struct RejectionLimit: Sendable, Hashable, Codable {
    /// 0 to 1; 1: never stop.
    public var share: Double
    /// Reasons to show when it stops.
    static let examples = 3

    public init(share: Double = 0.3) { self.share = share }

    /// True once more are rejected than the share of all items allows, or, from 30 items on, once the share of rejected
    /// ones is surely (97.5 %, Wilson) above it.
    public func isExceeded(rejected: Int, of done: Int, total: Int) -> Bool {
        guard share < 1, rejected > 0 else { return false }
        if Double(rejected) > share * Double(total) { return true }
        guard done >= 30, let rate = try? Wilson.estimate(successes: rejected, trials: done) else { return false }
        return rate.lower > share
    }

    /// Why the stage stopped, with the commonest reasons and an example of each.
    func explanation<Value>(_ records: [StageRecord<Value>], total: Int, what: String) -> String {
        let rejected = records.filter { $0.value == nil }
        let per = Int((Double(rejected.count) / Double(max(1, records.count)) * 100).rounded())
        let counts = Rejections.counts(records).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var lines = [
            "stopped after \(records.count) of \(total) \(what): \(rejected.count) (\(per) %) were rejected, more than "
                + "--max-rejected \(share) allows"
        ]
        for (reason, count) in counts.prefix(Self.examples) {
            let example = rejected.lazy.flatMap { record in record.rejections.map { (record.item, $0) } }
                .first { $0.1.reason == reason }
            lines.append("  \(count) times: \(reason)" + (example.map { "; \($0.0): \($0.1.detail)" } ?? ""))
        }
        lines.append(
            "ask a better model, mend the programs, or raise --max-rejected; what is finished is kept and not asked again"
        )
        return lines.joined(separator: "\n")
    }
}

/// Counting what was rejected.
enum Rejections {
    /// How many items have each reason; one with several counts for each.
    static func counts<Value>(_ records: [StageRecord<Value>]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for record in records where record.value == nil {
            for reason in Set(record.rejections.map(\.reason)) { counts[reason, default: 0] += 1 }
        }
        return counts
    }
}
