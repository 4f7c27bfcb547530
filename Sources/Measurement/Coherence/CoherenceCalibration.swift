import Evidence

/// What the coherence proxy is worth where a judge has scored the same answers.
public struct CoherenceCalibration: Sendable, Codable, Equatable {
    /// Of the proxy and the judge's 0 to 100.
    public var spearman: Estimate?
    /// Of the proxy, for answers that the judge finds coherent: above the threshold.
    public var areaUnderCurve: Estimate?
    /// Answers with both.
    public var matched: Int
    /// Judged answers that can't be told apart, or that have no proxy.
    public var unmatched: Int
    /// Why a number is missing.
    public var notes: [String]

    /// - Parameters:
    ///   - values: what ``CoherenceMeasure`` gave.
    ///   - judged: told apart by arm, question, paraphrase and sample.
    ///   - threshold: of the published protocol: coherent above 50.
    public init(_ values: [MeasuredValue], judged: [JudgeScore], threshold: Double = 50, level: Double = 0.95) throws {
        let proxies = Self.unique(
            values.compactMap { value in
                guard let proxy = value.value else { return nil }
                func place(_ name: String) -> Int { value.detail[name].flatMap { Int(exactly: $0) } ?? 0 }
                return (
                    JudgeScore.Key(
                        arm: value.arm, question: value.item, paraphrase: place("paraphrase"), sample: place("sample")),
                    proxy
                )
            })
        let scores = Self.unique(judged.compactMap { score in score.coherent.map { (score.key, $0) } })
        let points = scores.compactMap { key, coherent in
            proxies[key].map { RankAssociation.Point(group: key.question, x: $0, y: coherent) }
        }.sorted { ($0.group, $0.x, $0.y) < ($1.group, $1.x, $1.y) }
        matched = points.count
        unmatched = judged.count { $0.coherent != nil } - points.count
        notes = []
        do { spearman = try RankAssociation.spearman(points, level: level) } catch let error as EvidenceError {
            notes.append("\(error)")
        }
        do {
            areaUnderCurve = try RankAssociation.areaUnderCurve(points, threshold: threshold, level: level)
        } catch let error as EvidenceError { notes.append("\(error)") }
    }

    private static func unique(_ pairs: [(JudgeScore.Key, Double)]) -> [JudgeScore.Key: Double] {
        Dictionary(grouping: pairs, by: \.0).compactMapValues { $0.count == 1 ? $0[0].1 : nil }
    }
}
