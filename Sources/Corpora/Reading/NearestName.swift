/// The name among `names` that was probably meant by `typed`: at most two edits away, or a third of its length.
package func nearestName(to typed: String, among names: [String]) -> String? {
    let best =
        names
        .map { (name: $0, distance: editDistance(typed.lowercased(), $0.lowercased())) }
        .min { $0.distance < $1.distance }
    guard let best, best.distance <= max(2, best.name.count / 3), best.distance < best.name.count else { return nil }
    return best.name
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment).
func editDistance(_ a: String, _ b: String) -> Int {
    // Names are short; what is longer than this isn't a misspelt name.
    let (a, b) = (Array(a.prefix(80)), Array(b.prefix(80)))
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var before: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = [i]
        for j in 1...b.count {
            var cost = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, before[j - 2] + 1) }
            row.append(cost)
        }
        (before, last) = (last, row)
    }
    return last[b.count]
}
