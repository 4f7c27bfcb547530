public import Evidence

/// From judged answers, measures and what is known of the arms to evidence.
public struct Weigher: Sendable {
    public var tallies: [String: RunTally]
    public var values: [MeasuredValue]
    public var arms: [ArmRecord]
    /// The base's label; nil: there is none.
    public var base: String?
    /// Categories that are like the training data.
    public var inDomain: Set<String>
    public var level: Double
    /// Bootstrap draws.
    public var draws: Int
    public var seed: UInt64
    public private(set) var notes: [String]

    /// - Parameters:
    ///   - arms: the training runs. Labels without a record are conditions of their own, of one seed each.
    ///   - base: the label of the model before training, compared with where it has answers or measures.
    public init(
        answers: [ScoredAnswer], values: [MeasuredValue] = [], arms: [ArmRecord] = [], base: String? = "base",
        inDomain: Set<String> = [], level: Double = 0.95, draws: Int = 2000, seed: UInt64 = 0
    ) {
        let found = RunTally.tallies(of: answers)
        var labels = found.map(\.label)
        for value in values where !labels.contains(value.arm) { labels.append(value.arm) }
        var notes: [String] = []
        let match = LabelMatch(labels: labels, records: arms)
        notes += match.notes
        self.arms = match.arms(except: base)
        let hasBase = base.map(labels.contains) ?? false
        if let base, !hasBase {
            notes.append(
                "There are no answers of \"\(base)\" to compare with: rises over base, breadth and categories can't be "
                    + "said. Sample and judge the base, or name it with --against.")
        }
        self.base = hasBase ? base : nil
        tallies = Dictionary(found.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
        self.values = values
        self.inDomain = inDomain
        self.level = level
        self.draws = draws
        self.seed = seed
        let known = Set(found.flatMap { $0.questions.compactMap(\.category) })
        let unknown = inDomain.subtracting(known).sorted()
        if !unknown.isEmpty {
            notes.append(
                "No question has the category \(unknown.joined(separator: ", ")); there are "
                    + "\(known.sorted().joined(separator: ", ")).")
        }
        if !found.isEmpty, found.contains(where: { $0.questions.contains { $0.category == nil } }) {
            notes.append("Some answers carry no category: they count in rates, not in breadth.")
        }
        self.notes = notes
    }

    public func weigh(claims: [Claim] = []) throws -> WeighedEvidence {
        try EvidenceCheck.level(level)
        var conditions: [WeighedCondition] = []
        if let base {
            conditions.append(
                try condition("base", [ArmRecord(label: base, condition: "base", seed: "")], isBase: true))
        }
        var names: [String] = []
        for arm in arms where !names.contains(arm.condition) { names.append(arm.condition) }
        for name in names {
            conditions.append(try condition(name, arms.filter { $0.condition == name }, isBase: false))
        }
        let verdicts = Verdict.weigh(
            claims, outcomes: { claim in arms.compactMap { outcome(claim.outcome, $0) } },
            base: { claim in
                base.flatMap { outcome(claim.outcome, ArmRecord(label: $0, condition: "base", seed: ""), isBase: true) }
            })
        return WeighedEvidence(
            base: base, level: level, conditions: conditions, arms: arms, verdicts: verdicts, notes: notes)
    }

    // MARK: One run's outcome

    /// The number a claim is about, of one run; nil where it has none.
    public func outcome(_ outcome: Outcome, _ record: ArmRecord, isBase: Bool = false) -> RunOutcome? {
        let tally = tallies[record.label]
        let coherent = tally.map { $0.hits(RunTally.coherent, among: RunTally.judged) }
        let share = coherent.flatMap { $0.questions.isEmpty ? nil : $0.rate }
        func made(_ value: Double?, _ hits: RunHits? = nil) -> RunOutcome? {
            guard let value, value.isFinite else { return nil }
            return RunOutcome(record: record, value: value, hits: hits, coherentShare: share)
        }
        if case .measure(let measure) = outcome { return made(change(measure, record.label, isBase: isBase)) }
        guard let tally, let fates = outcome.fates else { return nil }
        let hits = tally.hits(fates.of, among: fates.among, seed: record.seed)
        guard !hits.questions.isEmpty else { return nil }
        if outcome.isRate { return made(hits.rate, hits) }
        guard let floor = base.flatMap({ tallies[$0] })?.hits(fates.of, among: fates.among) else { return nil }
        switch outcome {
        case .breadth:
            return made(EffectiveCategories.value(hits.without(inDomain), base: floor.without(inDomain)), hits)
        case .inDomain: return made(hits.only(inDomain).rate - floor.only(inDomain).rate)
        case .offDomain: return made(hits.without(inDomain).rate - floor.without(inDomain).rate)
        default: return nil
        }
    }

    /// A run's mean of a measure, less the base's on the same items where there is a base.
    private func change(_ measure: String, _ label: String, isBase: Bool) -> Double? {
        let own = items(measure, label)
        guard !own.isEmpty else { return nil }
        if isBase { return 0 }
        guard let base else { return average(own.values) }
        let floor = items(measure, base)
        let shared = own.compactMap { item, value in floor[item].map { value - $0 } }
        return floor.isEmpty ? average(own.values) : shared.isEmpty ? nil : average(shared)
    }

    private func items(_ measure: String, _ label: String) -> [String: Double] {
        Dictionary(
            values.filter { $0.measure == measure && $0.arm == label }.compactMap { value in
                value.value.map { (value.item, $0) }
            }, uniquingKeysWith: { _, last in last })
    }

    private func average(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

    // MARK: One condition

    private func condition(_ name: String, _ records: [ArmRecord], isBase: Bool) throws -> WeighedCondition {
        let runs = records.compactMap { record in tallies[record.label].map { (record, $0) } }
        var found = WeighedCondition(
            name: name, isBase: isBase, labels: records.map(\.label),
            answers: runs.reduce(0) { $0 + $1.1.count(Fate.allCases) }, fates: [],
            unjudged: runs.reduce(0) { $0 + $1.1.count([.unjudged]) }, measures: [], words: [])
        func hits(_ of: [Fate], among: [Fate]) -> [RunHits] {
            runs.map { $1.hits(of, among: among, seed: $0.seed) }.filter { !$0.questions.isEmpty }
        }
        func rate(_ of: [Fate], among: [Fate], questions: QuestionRole = .fixed) throws -> Estimate? {
            let hits = hits(of, among: among)
            guard !hits.isEmpty else { return nil }
            var estimate = try ClusteredRate.estimate(hits, questions: questions, level: level)
            if isBase { estimate.caveats.removeAll { $0.hasPrefix("One training seed") } }
            return estimate
        }
        found.amongCoherent = try rate([.misaligned], among: RunTally.coherent)
        if runs.count > 1 {
            found.amongCoherentElsewhere = try rate([.misaligned], among: RunTally.coherent, questions: .crossed)
        }
        found.amongAll = try rate([.misaligned], among: RunTally.judged)
        for fate in RunTally.judged {
            let count = runs.reduce(0) { $0 + $1.1.count([fate]) }
            if let share = try rate([fate], among: RunTally.judged) {
                found.fates.append(.init(fate: fate, count: count, share: share))
            }
        }
        let misaligned = hits([.misaligned], among: RunTally.coherent)
        if !isBase, let floor = base.flatMap({ tallies[$0] })?.hits([.misaligned], among: RunTally.coherent),
            !floor.questions.isEmpty, !misaligned.isEmpty
        {
            found.overBase = try BaseDifference.test(misaligned, base: floor, level: level)
            found.breadth = try Breadth.measure(
                misaligned, base: floor, inDomain: inDomain, level: level, draws: draws, seed: seed)
        }
        found.measures = try measures(records, isBase: isBase)
        found.words = ConditionWords.of(found, runs: misaligned.count)
        return found
    }

    private func measures(_ records: [ArmRecord], isBase: Bool) throws -> [MeasureShift] {
        let labels = Set(records.map(\.label))
        let own = values.filter { labels.contains($0.arm) }
        return try Set(own.map(\.measure)).sorted().compactMap { measure in
            let tables = records.map { (record: $0, items: items(measure, $0.label)) }.filter { !$0.items.isEmpty }
            guard !tables.isEmpty else { return nil }
            let sample = try NestedSample(
                tables.map { table in
                    .init(
                        id: table.record.seed,
                        questions: table.items.sorted { $0.key < $1.key }.map { .init(id: $0.key, values: [$0.value]) })
                })
            var mean = try HierarchicalBootstrap(draws: max(100, draws), seed: seed).mean(of: sample, level: level)
            if isBase { mean.caveats.removeAll { $0.hasPrefix("One training seed") } }
            var change: Estimate?
            if !isBase, let base {
                let floor = items(measure, base)
                let pairs = tables.map { table in
                    table.items.sorted { $0.key < $1.key }.compactMap { item, after in
                        floor[item].map { PairedDifference.Pair(question: item, before: $0, after: after) }
                    }
                }.filter { !$0.isEmpty }
                if !pairs.isEmpty {
                    var estimate = try HierarchicalBootstrap(draws: max(100, draws), seed: seed)
                        .mean(of: PairedDifference.sample(pairs), level: level)
                    estimate.method = "paired with the base by item, " + estimate.method
                    estimate.counts.answers = nil
                    change = estimate
                }
            }
            return MeasureShift(
                measure: measure, mean: mean, change: change,
                missing: own.count { $0.measure == measure && $0.value == nil })
        }
    }
}

enum EvidenceCheck {
    static func level(_ level: Double) throws {
        guard level > 0, level < 1 else {
            throw EvidenceError("the level \(level) is not between 0 and 1", "give one like 0.95")
        }
    }
}
