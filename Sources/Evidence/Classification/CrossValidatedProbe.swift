import Foundation

/// A linear probe judged on tasks it has not seen, with the strength of its penalty chosen inside the training folds.
public struct CrossValidatedProbe: Sendable, Equatable {
    public var folds: Int
    public var innerFolds: Int
    /// Values of C to choose from.
    public var strengths: [Double]
    public var seed: UInt64

    public init(
        folds: Int = 5, innerFolds: Int = 3, strengths: [Double] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1], seed: UInt64 = 0
    ) {
        self.folds = folds
        self.innerFolds = innerFolds
        self.strengths = strengths.sorted()
        self.seed = seed
    }

    /// What one set of features has to say.
    public struct Outcome: Sendable, Equatable {
        /// Each row's log-odds, from the fit that has not seen its group.
        public var logits: [Double]
        /// Of rows that no fit has seen: the mean of the fits' log-odds.
        public var otherLogits: [Double]
        public var fold: [Int]
        /// By fold: the C chosen, and the inner folds' mean log-loss with it.
        public var strength: [Double]
        public var innerLoss: [Double]
        var otherByFold: [[Double]]
    }

    /// - Parameters:
    ///   - rows: one row's features after the other's, as many for each label.
    ///   - groups: rows of one group are always on the same side.
    ///   - others: further rows that are only scored.
    /// - Throws: `EvidenceError` for too few groups, or a training part that lacks a kind.
    public func run(
        _ rows: [Double], labels: [Bool], groups: [String], others: [Double] = []
    ) throws -> Outcome {
        guard !labels.isEmpty, rows.count % labels.count == 0, !rows.isEmpty, groups.count == labels.count else {
            throw EvidenceError("features, labels and groups don't match", "give as many of each")
        }
        let table = FeatureTable(values: rows, columns: rows.count / labels.count)
        let rest = FeatureTable(values: others, columns: table.columns)
        let fold = try GroupFolds.assign(groups: groups, folds: folds, seed: seed)
        var outcome = Outcome(
            logits: [Double](repeating: 0, count: labels.count), otherLogits: [], fold: fold, strength: [],
            innerLoss: [], otherByFold: [])
        for held in 0..<folds {
            let training = fold.indices.filter { fold[$0] != held }
            let (strength, loss) = try choice(table, labels, groups, training, held: held)
            let fit = try Fit(table, labels, training, strength: strength)
            for row in fold.indices where fold[row] == held { outcome.logits[row] = fit.logit(table.row(row)) }
            outcome.otherByFold.append((0..<rest.count).map { fit.logit(rest.row($0)) })
            outcome.strength.append(strength)
            outcome.innerLoss.append(loss)
        }
        outcome.otherLogits = Self.means(outcome.otherByFold)
        return outcome
    }

    /// The outcome of choosing among sets of features (layers) in each fold by the inner folds' loss, so that the choice
    /// has not seen the rows it is judged on. Outcomes of one run's labels and groups; the first of equals.
    ///
    /// - Returns: the outcome, and which set was chosen in each fold. Nil without outcomes.
    public static func chosen(among outcomes: [Outcome]) -> (outcome: Outcome, choices: [Int])? {
        guard var best = outcomes.first else { return nil }
        var choices: [Int] = []
        for held in best.innerLoss.indices {
            let choice = outcomes.indices.min { outcomes[$0].innerLoss[held] < outcomes[$1].innerLoss[held] } ?? 0
            let source = outcomes[choice]
            for row in best.fold.indices where best.fold[row] == held { best.logits[row] = source.logits[row] }
            best.strength[held] = source.strength[held]
            best.innerLoss[held] = source.innerLoss[held]
            best.otherByFold[held] = source.otherByFold[held]
            choices.append(choice)
        }
        best.otherLogits = means(best.otherByFold)
        return (best, choices)
    }

    private static func means(_ byFold: [[Double]]) -> [Double] {
        (byFold.first ?? []).indices.map { place in mean(byFold.map { $0[place] }) }
    }

    /// The C with the least log-loss on inner folds of the training part.
    private func choice(
        _ table: FeatureTable, _ labels: [Bool], _ groups: [String], _ training: [Int], held: Int
    ) throws -> (strength: Double, loss: Double) {
        let inner = try GroupFolds.assign(
            groups: training.map { groups[$0] }, folds: innerFolds, seed: seed, purpose: "inner folds \(held)")
        var losses = [Double](repeating: 0, count: strengths.count)
        for fold in 0..<innerFolds {
            let part = zip(training, inner).filter { $0.1 != fold }.map(\.0)
            let test = zip(training, inner).filter { $0.1 == fold }.map(\.0)
            var last: Fit?
            for (place, strength) in strengths.enumerated() {
                let fit = try Fit(table, labels, part, strength: strength, after: last, tolerance: 1e-4)
                for row in test {
                    let margin = (labels[row] ? 1 : -1) * fit.logit(table.row(row))
                    losses[place] += log1p(exp(-abs(margin))) + max(0, -margin)
                }
                last = fit
            }
        }
        let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        return (strengths[best], losses[best] / Double(training.count))
    }
}

/// Rows of features.
struct FeatureTable {
    let values: [Double]
    let columns: Int

    var count: Int { columns > 0 ? values.count / columns : 0 }

    func row(_ place: Int) -> ArraySlice<Double> { values[place * columns..<(place + 1) * columns] }
}

/// A regression on standardised columns, which it knows of its training rows alone.
private struct Fit {
    private let scaling: Standardisation
    private let training: [Double]
    private let regression: LogisticRegression

    init(
        _ table: FeatureTable, _ labels: [Bool], _ part: [Int], strength: Double, after last: Fit? = nil,
        tolerance: Double = 1e-6
    ) throws {
        scaling = last?.scaling ?? Standardisation(table, rows: part)
        if let last {
            training = last.training
        } else {
            let scaling = scaling
            training = part.flatMap { scaling.apply(table.row($0)) }
        }
        regression = try LogisticRegression.fit(
            training, labels: part.map { labels[$0] }, c: strength, start: last?.regression, tolerance: tolerance)
    }

    func logit(_ row: ArraySlice<Double>) -> Double { regression.logit(scaling.apply(row)[...]) }
}

/// Columns brought to mean 0 and variance 1 (of n, as scikit-learn's StandardScaler); what doesn't vary is left at 0.
public struct Standardisation: Sendable, Equatable {
    public var means: [Double]
    public var scales: [Double]

    /// From all rows, laid one after the other.
    public init(_ rows: [Double], columns: Int) {
        self.init(
            FeatureTable(values: rows, columns: columns), rows: Array(0..<(columns > 0 ? rows.count / columns : 0)))
    }

    init(_ table: FeatureTable, rows: [Int]) {
        var (means, squares) = (
            [Double](repeating: 0, count: table.columns), [Double](repeating: 0, count: table.columns)
        )
        for row in rows {
            for (column, value) in table.row(row).enumerated() { means[column] += value / Double(rows.count) }
        }
        for row in rows {
            for (column, value) in table.row(row).enumerated() {
                squares[column] += (value - means[column]) * (value - means[column]) / Double(rows.count)
            }
        }
        self.means = means
        scales = zip(squares, means).map { $0 > 1e-24 * $1 * $1 && $0 > 0 ? $0.squareRoot() : 1 }
    }

    public func apply(_ row: ArraySlice<Double>) -> [Double] {
        row.enumerated().map { ($1 - means[$0]) / scales[$0] }
    }
}
