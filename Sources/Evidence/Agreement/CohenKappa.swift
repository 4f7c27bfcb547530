/// How far two raters agree beyond chance (Cohen 1960), each item sorted into one of the same categories by both.
///
/// κ = (p_o - p_e) / (1 - p_e): p_o the share on which they agree, p_e what their habits alone would give. The interval
/// is the large-sample one of Fleiss, Cohen and Everitt (1969).
public enum CohenKappa {
    /// - Parameter table: how often the first rater said the row's category and the second the column's; square.
    /// - Throws: `EvidenceError` if the table isn't square or has a negative count, is empty, or has all items in one
    ///   category of both raters, where κ has no meaning.
    public static func estimate(_ table: [[Int]], level: Double = 0.95) throws -> Estimate {
        try EvidenceError.check(level: level)
        let size = table.count
        guard size > 0, table.allSatisfy({ $0.count == size && $0.allSatisfy { $0 >= 0 } }) else {
            throw EvidenceError("the table of two raters is not square", "give as many columns as rows, of counts")
        }
        let total = table.reduce(0) { $0 + $1.reduce(0, +) }
        guard total > 0 else { throw EvidenceError("no item was rated by both", "rate the same items twice") }
        let shares = table.map { $0.map { Double($0) / Double(total) } }
        let rows = shares.map { $0.reduce(0, +) }
        let columns = (0..<size).map { column in shares.reduce(0) { $0 + $1[column] } }
        let agreement = (0..<size).reduce(0) { $0 + shares[$1][$1] }
        let chance = (0..<size).reduce(0) { $0 + rows[$1] * columns[$1] }
        // One category alone leaves nothing to agree on; the sum may miss 1 by rounding.
        guard chance < 1 - 1e-12 else {
            throw EvidenceError("both raters put all \(total) items into one category", "kappa needs items that differ")
        }
        let kappa = (agreement - chance) / (1 - chance)
        var spread = 0.0
        for row in 0..<size {
            for column in 0..<size {
                let share = shares[row][column]
                let term =
                    row == column
                    ? 1 - (rows[row] + columns[row]) * (1 - kappa) : (1 - kappa) * (columns[row] + rows[column])
                spread += share * term * term
            }
        }
        let offset = kappa - chance * (1 - kappa)
        let variance = max(0, spread - offset * offset) / ((1 - chance) * (1 - chance) * Double(total))
        let half = Normal.quantile(0.5 + level / 2) * variance.squareRoot()
        return Estimate(
            value: kappa, lower: max(-1, kappa - half), upper: min(1, kappa + half), level: level,
            method: "Cohen's kappa, large-sample interval", counts: .init(answers: total),
            caveats: ["The interval takes answers as independent; those to one question are not."])
    }
}
