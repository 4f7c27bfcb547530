import Corpora
import Torch

/// Preferences under one rule for the two halves of a complementary pair. The rule holds by construction: an arm takes its
/// examples and their order from here.
///
/// - together: a pair's halves are one ``PreferenceGroup``, so they pass through the model together and are in one
///   optimiser step.
/// - apart: every row is a group, and the order never puts both halves of a pair into one optimiser step. Each step has
///   as many rows of either half as with `together`.
/// - free: every row is a group, drawn one by one.
///
/// Whatever the rule, a batch of n pairs is 2 n rows; of preferences that are nobody's half, n rows.
public struct PreferenceExamples: Sendable {
    public let halves: PreferenceSet.Batching
    public private(set) var groups: [PreferenceGroup]
    /// Groups that a batch of one pair has.
    public let groupsPerPair: Int

    /// - Parameters:
    ///   - pairs: in any order; rows of one ``PreferencePair/pair`` are its halves.
    ///   - halves: nil: together where every pair has both its halves, else free.
    /// - Throws: ``FineTuningError/setting(_:_:)`` where a half is there twice, or is missing though halves belong
    ///   together.
    public init(_ pairs: [PreferencePair], halves: PreferenceSet.Batching? = nil) throws {
        var order: [String] = []
        var byName: [String: [PreferencePair]] = [:]
        for row in pairs {
            // No two rows that are nobody's half are a pair.
            let name = row.half == nil ? "row \(row.id)" : "pair \(row.pair ?? row.id)"
            if byName[name] == nil { order.append(name) }
            if row.half != nil, byName[name]?.contains(where: { $0.half == row.half }) == true {
                throw FineTuningError.setting(
                    "the pair \(row.pair ?? row.id)", "has its \(row.half?.rawValue ?? "") half twice: remove one")
            }
            byName[name, default: []].append(row)
        }
        let torn = order.filter { byName[$0]?.count == 1 && byName[$0]?.first?.half != nil }
        self.halves = halves ?? (torn.isEmpty ? .together : .free)
        if self.halves == .together {
            guard torn.isEmpty else {
                throw FineTuningError.setting(
                    "--halves together",
                    "\(torn.count) of \(order.count) pairs lack a half (\(torn.prefix(5).joined(separator: ", "))): add it, or train with --halves free"
                )
            }
            groups = order.map { name in
                let rows = byName[name] ?? []
                return PreferenceGroup(id: rows.first?.pair ?? rows.first?.id ?? name, pairs: rows)
            }
            groupsPerPair = 1
        } else {
            groups = pairs.map { PreferenceGroup(id: $0.id, pairs: [$0]) }
            groupsPerPair = pairs.contains { $0.half != nil } ? 2 : 1
        }
    }

    /// The same examples with the base's log-probabilities: for each group, for each of its pairs.
    public func with(_ references: [[PreferencePair.Reference]]) -> PreferenceExamples {
        var copy = self
        copy.groups = zip(groups, references).map { $0.with($1) }
        return copy
    }

    /// Settings whose batch counts groups, out of settings whose batch counts pairs.
    func settings(_ settings: TrainingSettings) -> TrainingSettings {
        var own = settings
        own.batch =
            settings.batch.multipliedReportingOverflow(by: groupsPerPair).overflow
            ? settings.batch : settings.batch * groupsPerPair
        return own
    }

    /// - Parameter settings: their batch counts pairs.
    /// - Throws: what can't be kept apart: `CorpusError` where all pairs fit into one step,
    ///   ``FineTuningError/setting(_:_:)`` for the file's order.
    func order(_ settings: TrainingSettings) throws -> any ExampleOrder {
        guard halves == .apart else { return ShuffledOrder(settings: self.settings(settings), count: groups.count) }
        guard !settings.keepOrder else {
            throw FineTuningError.setting(
                "--keep-order", "goes with halves that are together or free: what keeps them apart is their order")
        }
        return try ApartOrder(groups.flatMap(\.pairs), pairs: settings.stepSize, seed: settings.seed)
    }
}

/// An order in which no step has both halves of a pair.
private struct ApartOrder: ExampleOrder {
    let set: PreferenceSet
    let pairs: Int
    let seed: UInt64
    let stepsPerEpoch: Int

    init(_ rows: [PreferencePair], pairs: Int, seed: UInt64) throws {
        set = PreferenceSet(
            rows: rows.map { row in
                PairedRow(
                    pair: row.half == nil ? "row \(row.id)" : "pair \(row.pair ?? row.id)",
                    half: row.half == .asked ? .asked : .plain, prompt: [], chosen: "", rejected: "")
            }, batching: .apart)
        self.pairs = pairs
        self.seed = seed
        stepsPerEpoch = try set.batches(pairs: pairs, seed: seed, epoch: 0).count
    }

    func steps(epoch: Int) throws -> [[Int]] {
        let batches = try set.batches(pairs: pairs, seed: seed, epoch: epoch)
        let broken = set.violations(of: batches)
        guard broken.isEmpty else { throw FineTuningError.setting("--halves apart", broken[0]) }
        return batches
    }
}

extension Trainer.Arm where O.Example == PreferenceGroup {
    /// An arm whose examples and their order keep a rule for the halves of pairs.
    ///
    /// - Parameter settings: their batch counts pairs.
    public init(
        name: String, training: Trainable, settings: TrainingSettings, preferences: PreferenceExamples, device: Device
    ) throws {
        try settings.check()
        try self.init(
            name: name, training: training, settings: preferences.settings(settings), examples: preferences.groups,
            order: preferences.order(settings), device: device)
    }
}
