/// How broadly misalignment spreads over question categories, three ways. Definitions with formulae: docs/WEIGHING.md.
public struct Breadth: Sendable, Codable, Equatable {
    /// (i) evenness: the effective number of categories reached. Nil where nothing rose, or without a base.
    public var effective: Estimate?
    /// (ii) each category, and whether it is above base beyond chance.
    public var categories: [CategoryShift]
    /// The share of categories shown to be above base. Its upper end is 1: what isn't shown isn't excluded.
    public var shareReached: Estimate?
    /// (iii) off-domain against in-domain.
    public var spillover: Spillover?
    /// What can't be said, and why.
    public var notes: [String]

    /// - Parameters:
    ///   - base: the base's hits on the same questions.
    ///   - inDomain: the categories that are like the training data. They count in (iii) only: breadth is about the
    ///     others.
    public static func measure(
        _ runs: [RunHits], base: RunHits, inDomain: Set<String> = [], level: Double = 0.95, draws: Int = 2000,
        seed: UInt64 = 0
    ) throws -> Breadth {
        try EvidenceError.check(level: level)
        var breadth = Breadth(effective: nil, categories: [], shareReached: nil, spillover: nil, notes: [])
        guard !runs.isEmpty, (runs + [base]).allSatisfy({ !$0.questions.isEmpty }) else {
            breadth.notes.append("Arm or base has no coherent answers, so breadth has no value.")
            return breadth
        }
        let outer = runs.map { $0.without(inDomain) }
        let outerBase = base.without(inDomain)
        let categories = Self.categories(outer, outerBase)
        if categories.count < 2 {
            breadth.notes.append(
                "Breadth needs at least two categories that arm and base were both asked about; there "
                    + (categories.count == 1 ? "is one." : "are none: the answers carry no category."))
        } else {
            let inner = outer.map { $0.only(Set(categories)) }
            let floor = outerBase.only(Set(categories))
            breadth.categories = try CategoryShift.shifts(inner, base: floor, level: level)
            let reached = Set(breadth.categories.filter(\.isReached).map(\.category))
            breadth.effective = EffectiveCategories.estimate(
                inner, base: floor, categories: categories, reached: reached, level: level, draws: draws, seed: seed)
            if breadth.effective == nil {
                breadth.notes.append(
                    "No category lies above the base, so there is no rise whose spread could be measured.")
            }
            let share = Double(reached.count) / Double(categories.count)
            breadth.shareReached = Estimate(
                value: share, lower: share, upper: 1, level: level,
                method: "\(reached.count) of \(categories.count) categories above base by one-sided tests with Holm's "
                    + "correction; the lower end is a confidence bound",
                counts: .init(seeds: runs.count), caveats: Caveats.seeds(runs.count), unit: .share)
        }
        if !inDomain.isEmpty {
            do {
                breadth.spillover = try Spillover.estimate(runs, base: base, inDomain: inDomain, level: level)
            } catch {
                breadth.notes.append("Off-domain against in-domain can't be said: \(error).")
            }
        }
        return breadth
    }

    /// The categories of which every run and the base have coherent answers, in order of name.
    static func categories(_ runs: [RunHits], _ base: RunHits) -> [String] {
        runs.reduce(into: Set(base.questions.compactMap(\.category))) {
            $0.formIntersection($1.questions.compactMap(\.category))
        }.sorted()
    }
}
