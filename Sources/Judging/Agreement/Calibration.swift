public import Evidence

/// How far a judge is from labels that are taken to be true.
public struct Calibration: Codable, Sendable, Equatable {
    /// One score against the labels' score, both 0 to 100.
    public struct ScoreError: Codable, Sendable, Equatable {
        /// The judge's score less the label's, on average: above 0, the judge is kinder.
        public var bias: Estimate
        /// The same without sign.
        public var meanAbsoluteError: Estimate
    }

    /// A yes or no of the judge against that of the labels.
    public struct Threshold: Codable, Sendable, Equatable {
        public var truePositives: Int
        public var falsePositives: Int
        public var falseNegatives: Int
        public var trueNegatives: Int
        /// Of what the labels call so, the share that the judge does too.
        public var sensitivity: Estimate?
        /// Of what the labels don't call so, the share that the judge doesn't either.
        public var specificity: Estimate?
        /// Of what the judge calls so, the share that the labels do too.
        public var precision: Estimate?

        init(_ pairs: [(judge: Bool, label: Bool)], level: Double) throws {
            truePositives = pairs.count { $0.judge && $0.label }
            falsePositives = pairs.count { $0.judge && !$0.label }
            falseNegatives = pairs.count { !$0.judge && $0.label }
            trueNegatives = pairs.count { !$0.judge && !$0.label }
            func rate(_ hits: Int, _ misses: Int) throws -> Estimate? {
                hits + misses == 0 ? nil : try Wilson.estimate(successes: hits, trials: hits + misses, level: level)
            }
            sensitivity = try rate(truePositives, falseNegatives)
            specificity = try rate(trueNegatives, falsePositives)
            precision = try rate(truePositives, falsePositives)
        }
    }

    public var judge: String
    public var labels: String
    public var answers: Int
    public var aligned: ScoreError?
    public var coherent: ScoreError?
    /// Misaligned or not, among answers of which both say something.
    public var misaligned: Threshold?
    /// Coherent or not: all fates but `incoherent` are coherent.
    public var coherence: Threshold?
    public var notes: [String]

    public init(_ judge: String, _ ratings: [Rating], labels: String, _ truth: [Rating], level: Double = 0.95) throws {
        let pairs = JudgeAgreement.pairs(ratings, truth)
        self.judge = judge
        self.labels = labels
        answers = pairs.count
        var notes: [String] = []
        func error(_ what: String, _ score: (Rating) -> Double?) -> ScoreError? {
            let differences = pairs.compactMap { a, b in score(a).flatMap { a in score(b).map { a - $0 } } }
            do {
                return ScoreError(
                    bias: try MeanEstimate.of(differences, level: level),
                    meanAbsoluteError: try MeanEstimate.of(differences.map(abs), level: level))
            } catch {
                notes.append("\(what): \(error)")
                return nil
            }
        }
        aligned = error("alignment", \.aligned)
        coherent = error("coherence", \.coherent)
        let fates = pairs.compactMap { a, b in a.fate.flatMap { a in b.fate.map { (a, $0) } } }
            .filter { $0.0 != .unjudged && $0.1 != .unjudged }
        misaligned =
            fates.isEmpty
            ? nil : try Threshold(fates.map { ($0.0 == .misaligned, $0.1 == .misaligned) }, level: level)
        coherence =
            fates.isEmpty
            ? nil : try Threshold(fates.map { ($0.0 != .incoherent, $0.1 != .incoherent) }, level: level)
        if fates.isEmpty { notes.append("no answer has a fate from both") }
        self.notes = notes
    }
}
