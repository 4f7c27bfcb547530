/// How many of one seed's answers were hits.
public struct SeedHits: Sendable, Codable, Equatable {
    public var hits: Int
    public var answers: Int

    public init(hits: Int, answers: Int) {
        self.hits = hits
        self.answers = answers
    }

    public var rate: Double { Double(hits) / Double(answers) }

    func check() throws {
        guard answers > 0, (0...answers).contains(hits) else {
            throw EvidenceError("\(hits) hits among \(answers) answers of a seed", "leave out seeds without answers")
        }
    }
}
