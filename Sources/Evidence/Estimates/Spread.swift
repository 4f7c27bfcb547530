/// What questions are to an estimate over seeds.
public enum QuestionRole: String, Sendable, Codable {
    /// The same questions were put to all seeds, and the estimate is to hold for other such questions.
    case crossed
    /// Each seed was asked questions of its own.
    case nested
    /// The estimate is for just these questions.
    case fixed
}

/// The standard error of a nested sample's mean and its degrees of freedom.
struct Spread {
    var error: Double
    var degrees: Double

    /// Nil where there are too few units to know.
    ///
    /// - `.fixed`, `.nested`: the variance of the k seeds' means over k, k - 1 degrees of freedom.
    /// - `.crossed`, every seed with the same q questions: (MS seeds + MS questions - MS rest) / (k q), at least the
    ///   larger of the two alone, with Satterthwaite's degrees of freedom (1946). Where a seed lacks a question the
    ///   questions that all seeds have are used.
    /// - One seed: the variance of its questions' means over q; with `.fixed` questions, of their answers.
    static func ofMean(_ sample: NestedSample, questions: QuestionRole) -> Spread? {
        let seeds = sample.seeds
        guard seeds.count > 1 else { return ofOneSeed(seeds[0], questions: questions) }
        if questions == .crossed, let spread = crossed(seeds) { return spread }
        let count = Double(seeds.count)
        return Spread(error: (variance(seeds.map(\.mean)) / count).squareRoot(), degrees: count - 1)
    }

    private static func ofOneSeed(_ seed: NestedSample.Seed, questions: QuestionRole) -> Spread? {
        let count = Double(seed.questions.count)
        if questions == .fixed {
            guard seed.questions.allSatisfy({ $0.values.count > 1 }) else { return nil }
            let terms = seed.questions.map { variance($0.values) / Double($0.values.count) }
            let degrees = seed.questions.reduce(0) { $0 + $1.values.count - 1 }
            return Spread(error: terms.reduce(0, +).squareRoot() / count, degrees: Double(degrees))
        }
        guard count > 1 else { return nil }
        return Spread(
            error: (variance(seed.questions.map { mean($0.values) }) / count).squareRoot(), degrees: count - 1)
    }

    private static func crossed(_ seeds: [NestedSample.Seed]) -> Spread? {
        let tables = seeds.map { seed in
            Dictionary(seed.questions.map { ($0.id, mean($0.values)) }, uniquingKeysWith: { first, _ in first })
        }
        let shared = seeds[0].questions.map(\.id).filter { id in tables.allSatisfy { $0[id] != nil } }
        guard shared.count > 1 else { return nil }
        let cells = tables.map { table in shared.compactMap { table[$0] } }
        let (k, q) = (Double(seeds.count), Double(shared.count))
        let rows = cells.map(mean)
        let columns = shared.indices.map { place in mean(cells.map { $0[place] }) }
        let center = mean(rows)
        var rest = 0.0
        for (row, values) in zip(rows, cells) {
            for (column, value) in zip(columns, values) {
                let residual = value - row - column + center
                rest += residual * residual
            }
        }
        let squares = (
            seeds: q * variance(rows), questions: k * variance(columns), rest: rest / ((k - 1) * (q - 1))
        )
        let larger = max(squares.seeds, squares.questions)
        let sum = squares.seeds + squares.questions - squares.rest
        guard larger > 0 else { return Spread(error: 0, degrees: k - 1) }
        if sum <= larger {
            return Spread(
                error: (larger / (k * q)).squareRoot(), degrees: squares.seeds >= squares.questions ? k - 1 : q - 1)
        }
        let parts =
            squares.seeds * squares.seeds / (k - 1) + squares.questions * squares.questions / (q - 1)
            + squares.rest * squares.rest / ((k - 1) * (q - 1))
        return Spread(error: (sum / (k * q)).squareRoot(), degrees: sum * sum / parts)
    }
}
