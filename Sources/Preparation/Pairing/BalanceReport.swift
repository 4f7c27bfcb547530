public import Corpora
import Evidence
import Foundation

/// Whether a preference can be read off the looks of its answers: for each measure of looks and each half, the
/// probability that the chosen answer has more of it than the rejected one, with its interval over pairs.
public struct BalanceReport: Sendable, Hashable, Codable {
    public struct Line: Sendable, Hashable, Codable {
        public var measure: String
        /// `plain`, `asked`, or `all`.
        public var half: String
        public var pairs: Int
        public var meanChosen: Double
        public var meanRejected: Double
        /// AUROC within pairs: 0.5 is balance. 95 % t interval over pairs, cut at 0 and 1; none for a single pair.
        public var auroc: Double
        public var lower: Double?
        public var upper: Double?

        private enum CodingKeys: String, CodingKey {
            case measure, half, pairs
            case meanChosen = "mean_chosen"
            case meanRejected = "mean_rejected"
            case auroc, lower, upper
        }
    }

    public var lines: [Line]

    /// - Parameter tokens: counts tokens of an answer, if a tokenizer is at hand.
    public init(_ rows: [PairedRow], tokens: ((String) -> Int)? = nil) {
        lines = PairBalance(rows, tokens: tokens).lines.map { line in
            // Of each pair 1, 0 or a half: the counts say it all.
            let count = Double(line.count)
            let more = Int((line.chosenMore * count).rounded())
            let equal = Int((line.equal * count).rounded())
            let values =
                Array(repeating: 1.0, count: more) + Array(repeating: 0.5, count: equal)
                + Array(repeating: 0.0, count: max(0, line.count - more - equal))
            let estimate = try? MeanEstimate.of(values)
            let bounds = estimate.flatMap { $0.lower.isFinite ? ($0.lower, $0.upper) : nil }
            return Line(
                measure: line.measure, half: line.half, pairs: line.count, meanChosen: line.meanChosen,
                meanRejected: line.meanRejected, auroc: line.pairedAUC, lower: bounds.map { max(0, $0.0) },
                upper: bounds.map { min(1, $0.1) })
        }
    }

    /// Lines whose interval leaves 0.5 out, of a half that could give the preference away.
    public var readable: [Line] {
        lines.filter { line in
            guard let lower = line.lower, let upper = line.upper else { return false }
            return lower > 0.5 || upper < 0.5
        }
    }
}

extension BalanceReport: CustomStringConvertible {
    public var description: String {
        let head = ["measure", "half", "pairs", "chosen", "rejected", "AUROC", "95 % interval"]
        func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
        return TextTable.plain(
            head,
            lines.map { line in
                let interval = line.lower.flatMap { lower in
                    line.upper.map { "\(number(lower, 3)) to \(number($0, 3))" }
                }
                return [
                    line.measure, line.half, String(line.pairs), number(line.meanChosen, 1),
                    number(line.meanRejected, 1), number(line.auroc, 3), interval ?? "",
                ]
            })
    }
}
