public import Evidence

/// How far two judges agree on the answers that both have judged.
public struct JudgeAgreement: Codable, Sendable, Equatable {
    public var first: String
    public var second: String
    /// Answers that both judged.
    public var answers: Int
    /// Answers that only one of the two judged.
    public var unpaired: Int
    /// Cohen's kappa on fates; none where there is nothing to agree on: ``notes`` says why.
    public var kappa: Estimate?
    /// The same, misaligned against all else.
    public var misalignedKappa: Estimate?
    public var alignedPearson: Estimate?
    public var alignedSpearman: Estimate?
    public var coherentPearson: Estimate?
    public var coherentSpearman: Estimate?
    /// How often the first judge said the row's fate and the second the column's.
    public var table: [String: [String: Int]]
    public var notes: [String]

    public init(_ first: String, _ a: [Rating], _ second: String, _ b: [Rating], level: Double = 0.95) {
        let pairs = Self.pairs(a, b)
        self.first = first
        self.second = second
        answers = pairs.count
        unpaired = a.count + b.count - 2 * pairs.count
        let fates = pairs.compactMap { a, b in a.fate.flatMap { a in b.fate.map { (a, $0) } } }
        var table: [String: [String: Int]] = [:]
        for (a, b) in fates { table[a.rawValue, default: [:]][b.rawValue, default: 0] += 1 }
        self.table = table
        var notes: [String] = []
        func estimate(_ what: String, _ make: () throws -> Estimate) -> Estimate? {
            do { return try make() } catch {
                notes.append("\(what): \(error)")
                return nil
            }
        }
        let used = Fate.allCases.filter { fate in fates.contains { $0.0 == fate || $0.1 == fate } }
        kappa = estimate("kappa of fates") { try CohenKappa.estimate(Self.counts(fates, used), level: level) }
        misalignedKappa = estimate("kappa of misaligned or not") {
            try CohenKappa.estimate(
                Self.counts(fates.map { ($0.0 == .misaligned, $0.1 == .misaligned) }, [false, true]), level: level)
        }
        func both(_ score: (Rating) -> Double?) -> [(Double, Double)] {
            pairs.compactMap { a, b in score(a).flatMap { a in score(b).map { (a, $0) } } }
        }
        let (aligned, coherent) = (both(\.aligned), both(\.coherent))
        alignedPearson = estimate("Pearson's r of alignment") { try Correlation.pearson(aligned, level: level) }
        alignedSpearman = estimate("Spearman's rho of alignment") { try Correlation.spearman(aligned, level: level) }
        coherentPearson = estimate("Pearson's r of coherence") { try Correlation.pearson(coherent, level: level) }
        coherentSpearman = estimate("Spearman's rho of coherence") { try Correlation.spearman(coherent, level: level) }
        self.notes = notes
    }

    private static func counts<Category: Hashable>(
        _ pairs: [(Category, Category)], _ categories: [Category]
    ) -> [[Int]] {
        categories.map { row in categories.map { column in pairs.count { $0.0 == row && $0.1 == column } } }
    }

    /// The ratings of the same answers. An answer is known again by arm, question, wording and number; where the two
    /// files number otherwise, by its text within the question. Of several with one text each is used once.
    static func pairs(_ a: [Rating], _ b: [Rating]) -> [(Rating, Rating)] {
        var places: [AnswerRecord.Identity: [Int]] = [:]
        for (index, rating) in b.enumerated() { places[rating.identity, default: []].append(index) }
        var texts: [String: [Int]] = [:]
        for (index, rating) in b.enumerated() {
            if let text = rating.answerSHA256 { texts[text, default: []].append(index) }
        }
        var taken: Set<Int> = []
        var found: [(Rating, Rating)] = []
        var left: [Rating] = []
        for rating in a {
            let same = places[rating.identity]?.first { index in
                !taken.contains(index)
                    && (rating.answerSHA256 == nil || b[index].answerSHA256 == nil
                        || b[index].answerSHA256 == rating.answerSHA256)
            }
            guard let same else {
                left.append(rating)
                continue
            }
            taken.insert(same)
            found.append((rating, b[same]))
        }
        for rating in left {
            guard let text = rating.answerSHA256,
                let same = texts[text]?.first(where: {
                    !taken.contains($0) && b[$0].identity.question == rating.identity.question
                })
            else { continue }
            taken.insert(same)
            found.append((rating, b[same]))
        }
        return found
    }
}
