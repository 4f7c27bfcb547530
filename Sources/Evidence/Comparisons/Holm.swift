/// Holm's correction (Holm 1979): keeps the chance of any false claim among several at the level of one.
public enum Holm {
    /// Adjusted p-values in the order given: the i-th smallest of m times (m - i + 1), never falling, at most 1.
    ///
    /// - Throws: `EvidenceError` if a p-value isn't between 0 and 1.
    public static func adjusted(_ p: [Double]) throws -> [Double] {
        guard p.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
            throw EvidenceError("a p-value isn't between 0 and 1", "leave out what wasn't tested")
        }
        var adjusted = p
        var highest = 0.0
        for (rank, place) in p.indices.sorted(by: { (p[$0], $0) < (p[$1], $1) }).enumerated() {
            highest = max(highest, min(1, Double(p.count - rank) * p[place]))
            adjusted[place] = highest
        }
        return adjusted
    }
}
