public import Evidence

/// An arm as a table or folder tells of it, before it is known which arms are seeds of one condition.
public struct ArmDraft: Sendable, Equatable {
    /// Its condition and seed are not looked at.
    public var record: ArmRecord
    public var condition: String?
    public var seed: String?

    public init(label: String) {
        record = ArmRecord(label: label, condition: "", seed: "")
    }

    /// Records with their conditions: the named one, else all settings alike but the seed.
    ///
    /// A condition is called by what tells it from the others, like "rank 1, lr 0.0001".
    ///
    /// - Throws: ``WeighingError`` if a condition has one seed twice.
    public static func records(_ drafts: [ArmDraft]) throws -> [ArmRecord] {
        let open = drafts.filter { $0.condition == nil }.map(\.record.settings)
        let varied = Set(open.flatMap(\.keys)).filter { name in Set(open.map { $0[name] ?? "" }).count > 1 }
        let order = ["model", "objective", "data", "targets", "rank", "alpha", "alpha_rule", "lr", "steps"]
        let named = varied.sorted {
            (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1)
        }
        let anySeed = drafts.contains { $0.seed != nil }
        var records = drafts.map { draft -> ArmRecord in
            var record = draft.record
            let settings = record.settings
            let parts = named.compactMap { name in settings[name].map { isWord(name) ? $0 : "\(name) \($0)" } }
            // Nothing known of any arm but its label: each is a condition of its own.
            let alone = parts.isEmpty && (!anySeed || settings.isEmpty && draft.seed == nil) && drafts.count > 1
            record.condition =
                draft.condition
                ?? (alone
                    ? record.label : parts.isEmpty ? settings["objective"] ?? "all" : parts.joined(separator: ", "))
            record.seed = draft.seed ?? ""
            return record
        }
        // Without a seed every run is its own.
        var next: [String: Int] = [:]
        for place in records.indices where records[place].seed.isEmpty {
            next[records[place].condition, default: 0] += 1
            records[place].seed = "run \(next[records[place].condition] ?? 1)"
        }
        for (condition, arms) in Dictionary(grouping: records, by: \.condition).sorted(by: { $0.key < $1.key }) {
            let seeds = Dictionary(grouping: arms, by: \.seed)
            if let (seed, twice) = seeds.sorted(by: { $0.key < $1.key }).first(where: { $1.count > 1 }) {
                throw WeighingError(
                    "condition \(condition)",
                    "seed \(seed) is there twice (\(twice.map(\.label).joined(separator: ", ")))",
                    "runs that differ in something else need a column that says so; the same run twice isn't two seeds")
            }
        }
        return records
    }

    private static func isWord(_ name: String) -> Bool {
        ["model", "objective", "data", "targets", "alpha_rule"].contains(name)
    }
}
