/// How far one category's rate lies above the base's.
public struct CategoryShift: Sendable, Codable, Equatable {
    public var category: String
    public var rate: Double
    public var base: Double
    /// Arm minus base.
    public var shift: Estimate
    /// One-sided, for "above base".
    public var p: Double
    /// After Holm's correction over the categories.
    public var adjustedP: Double
    /// Above base beyond chance, at 1 - level over all categories together.
    public var isReached: Bool

    /// Every category that arm and base have both been asked about.
    ///
    /// Each by ``BaseDifference``; the chance that any category is called reached which isn't above base is at most
    /// 1 - level (Holm 1979). A category not reached is not shown to be untouched.
    public static func shifts(_ runs: [RunHits], base: RunHits, level: Double = 0.95) throws -> [CategoryShift] {
        let categories = Breadth.categories(runs, base)
        let found = try categories.map { category -> BaseDifference in
            try BaseDifference.test(
                runs.map { $0.only(category) }, base: base.only(category), level: level)
        }
        let adjusted = try Holm.adjusted(found.map { min(1, max(0, $0.pAbove)) })
        return categories.indices.map { place in
            let category = categories[place]
            return CategoryShift(
                category: category, rate: mean(runs.map { $0.only(category).rate }), base: base.only(category).rate,
                shift: found[place].difference, p: found[place].pAbove, adjustedP: adjusted[place],
                isReached: adjusted[place] <= 1 - level)
        }
    }
}

extension RunHits {
    func only(_ category: String) -> RunHits { only([category]) }

    /// The questions of these categories.
    package func only(_ categories: Set<String>) -> RunHits {
        RunHits(seed: seed, questions: questions.filter { $0.category.map(categories.contains) ?? false })
    }

    /// The questions of all other categories.
    package func without(_ categories: Set<String>) -> RunHits {
        RunHits(seed: seed, questions: questions.filter { !($0.category.map(categories.contains) ?? false) })
    }
}
