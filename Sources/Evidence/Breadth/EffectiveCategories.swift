import Foundation
import RandomStreams

/// Over how many categories a rise spreads evenly: the effective number D = exp(-Σ w ln w), w_c = e_c / Σ e, with
/// e_c = max(0, p_c - b_c), p_c the arm's rate in category c (mean over seeds of the mean over questions) and b_c the
/// base's (Hill 1973, order 1: the exponential of Shannon's entropy). 1: one category; C: all alike.
///
/// - Nothing above base anywhere (Σ e = 0): D has no value.
/// - Rates below base count as 0: what fell is not a category reached.
///
/// The plain figure is biased two ways where hits are few: an even spread looks uneven (Miller 1955: the entropy is
/// low by about (C - 1) / 2n for n hits), and noise above a base makes untouched categories look reached. So the
/// interval is built wide enough for both, as simulation showed that a bootstrap alone is not (it covers an even
/// spread almost never, since no draw lies above the bound C):
/// - the hull of the jackknife's t interval over seeds for ln D, which takes out the first bias (Quenouille 1956), and
///   of the hierarchical bootstrap's, over seeds and answers, stretched to a t interval's width;
/// - down to D of only those categories that are shown to be above base (``CategoryShift/isReached``);
/// - up to C, where there are fewer than twenty hits a category beyond what the base's rate would bring.
///
/// It is for these questions; seeds and answers are drawn.
public enum EffectiveCategories {
    /// D of excesses; nil if none is above 0.
    public static func value(_ excess: [Double]) -> Double? {
        let risen = excess.filter { $0 > 0 && $0.isFinite }
        let sum = risen.reduce(0, +)
        guard sum > 0, sum.isFinite else { return nil }
        return exp(risen.reduce(0) { $0 - $1 / sum * log($1 / sum) })
    }

    /// A run's rate in each category: the mean over the category's questions; nil without any.
    static func rates(_ run: RunHits, _ categories: [String]) -> [Double]? {
        let found = categories.map { category in
            mean(run.questions.filter { $0.category == category }.map(\.rate))
        }
        return found.allSatisfy(\.isFinite) ? found : nil
    }

    /// One run's own figure, against the base.
    public static func value(_ run: RunHits, base: RunHits) -> Double? {
        let categories = Breadth.categories([run], base)
        guard let rates = rates(run, categories), let floor = self.rates(base, categories) else { return nil }
        return value(zip(rates, floor).map { $0 - $1 })
    }

    /// - Parameter reached: the categories shown to be above base.
    static func estimate(
        _ runs: [RunHits], base: RunHits, categories: [String], reached: Set<String>, level: Double, draws: Int,
        seed: UInt64
    ) -> Estimate? {
        let table = runs.compactMap { rates($0, categories) }
        guard table.count == runs.count, let floor = rates(base, categories) else { return nil }
        func figure(_ rows: [[Double]], _ floor: [Double]) -> Double? {
            value(categories.indices.map { c in mean(rows.map { $0[c] }) - floor[c] })
        }
        guard let found = figure(table, floor) else { return nil }
        let top = Double(categories.count)
        let hits = runs.reduce(0) { $0 + $1.total.hits }
        var (low, high) = (log(found), log(found))
        func widen(_ ends: [Double]) { (low, high) = (min(low, ends.min() ?? low), max(high, ends.max() ?? high)) }

        let k = Double(table.count)
        let t = table.count > 1 ? StudentT.quantile(0.5 + level / 2, degrees: k - 1) : Normal.quantile(0.5 + level / 2)
        let without = table.indices.compactMap { place -> Double? in
            var rest = table
            rest.remove(at: place)
            return rest.isEmpty ? nil : figure(rest, floor).map { log($0) }
        }
        if without.count == table.count, table.count > 1 {
            let pseudo = without.map { k * log(found) - (k - 1) * $0 }
            let half = t * (variance(pseudo) / k).squareRoot()
            widen([mean(pseudo) - half, mean(pseudo) + half])
        }
        let drawn = bootstrap(runs, base, categories, draws: draws, seed: seed).sorted()
        if drawn.count > draws / 2 {
            let stretch = t / Normal.quantile(0.5 + level / 2) * (k > 1 ? (k / (k - 1)).squareRoot() : 1)
            let tails = [(1 - level) / 2, (1 + level) / 2]
            widen(tails.map { log(found) + stretch * (log(quantile(drawn, $0)) - log(found)) })
        }
        let shown = categories.indices.map { c in
            reached.contains(categories[c]) ? mean(table.map { $0[c] }) - floor[c] : 0
        }
        low = min(low, log(value(shown) ?? 1))
        var caveats = Caveats.seeds(runs.count)
        // Hits that the base's own rate would bring tell nothing of the rise.
        let risen = runs.reduce(0.0) { $0 + Double($1.total.hits) - mean(floor) * Double($1.total.answers) }
        if risen < 20 * top {
            high = log(top)
            caveats.append(
                "\(hits) hits over \(categories.count) categories are too few to see an even spread: the figure comes "
                    + "out low, and the interval goes up to all categories.")
        }
        return Estimate(
            value: found, lower: max(1, exp(low)), upper: min(top, exp(high)), level: level,
            method: "exponential of the entropy of the rise over \(categories.count) categories, hull of jackknife and "
                + "bootstrap over seeds",
            counts: .init(
                seeds: runs.count, questions: Set(runs.flatMap { $0.questions.map(\.question) }).count,
                answers: runs.reduce(0) { $0 + $1.total.answers }), caveats: caveats)
    }

    /// D of seeds drawn with replacement, their answers drawn again.
    private static func bootstrap(
        _ runs: [RunHits], _ base: RunHits, _ categories: [String], draws: Int, seed: UInt64
    ) -> [Double] {
        let places = Dictionary(categories.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        typealias Cell = (category: Int, answers: Int, rate: Double)
        func cells(_ run: RunHits) -> [Cell] {
            run.questions.compactMap { question in
                question.category.flatMap { places[$0] }.map { ($0, question.answers, question.rate) }
            }
        }
        func again(_ cells: [Cell], _ sizes: [Double], _ random: inout RandomStream) -> [Double] {
            var sums = Array(repeating: 0.0, count: categories.count)
            for cell in cells {
                sums[cell.category] +=
                    Double(random.binomial(trials: cell.answers, p: cell.rate)) / Double(cell.answers)
            }
            return zip(sums, sizes).map { $0 / $1 }
        }
        func sizes(_ cells: [Cell]) -> [Double] {
            categories.indices.map { category in Double(cells.count { $0.category == category }) }
        }
        let all = runs.map(cells)
        let allSizes = all.map(sizes)
        let baseCells = cells(base)
        let baseSizes = sizes(baseCells)
        return (0..<draws).compactMap { draw in
            var random = RandomStream(seed: seed, purpose: "breadth", item: UInt64(draw))
            var sums = Array(repeating: 0.0, count: categories.count)
            for _ in runs {
                let chosen = random.index(below: runs.count)
                for (c, rate) in again(all[chosen], allSizes[chosen], &random).enumerated() { sums[c] += rate }
            }
            let floor = again(baseCells, baseSizes, &random)
            return value(zip(sums, floor).map { $0 / Double(runs.count) - $1 })
        }
    }
}
