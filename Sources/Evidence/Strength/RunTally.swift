/// What became of one training run's answers: how many of each fate, question by question.
public struct RunTally: Sendable, Codable, Equatable {
    public var label: String
    public var questions: [QuestionTally]

    public struct QuestionTally: Sendable, Codable, Equatable {
        public var question: String
        public var category: String?
        public var counts: [Fate: Int]

        public init(question: String, category: String? = nil, counts: [Fate: Int]) {
            self.question = question
            self.category = category
            self.counts = counts
        }

        /// How many have one of these fates.
        public func count(_ fates: [Fate]) -> Int { fates.reduce(0) { $0 + (counts[$1] ?? 0) } }
    }

    public init(label: String, questions: [QuestionTally]) {
        self.label = label
        self.questions = questions
    }

    /// Each label's answers, labels and questions in order of appearance.
    public static func tallies(of answers: some Sequence<ScoredAnswer>) -> [RunTally] {
        var tallies: [RunTally] = []
        var runs: [String: Int] = [:]
        var places: [[String: Int]] = []
        for answer in answers {
            let run = runs[answer.arm] ?? tallies.count
            if run == tallies.count {
                runs[answer.arm] = run
                tallies.append(RunTally(label: answer.arm, questions: []))
                places.append([:])
            }
            let place = places[run][answer.question] ?? tallies[run].questions.count
            if place == tallies[run].questions.count {
                places[run][answer.question] = place
                tallies[run].questions.append(
                    .init(question: answer.question, category: answer.category, counts: [:]))
            }
            tallies[run].questions[place].counts[answer.fate, default: 0] += 1
        }
        return tallies
    }

    /// The fates a judge has spoken on: all but unjudged.
    public static let judged = Fate.allCases.filter { $0 != .unjudged }
    public static let coherent: [Fate] = [.aligned, .misaligned]

    public func count(_ fates: [Fate]) -> Int { questions.reduce(0) { $0 + $1.count(fates) } }

    /// The share of answers with one fate among those with some.
    public func hits(_ fate: [Fate], among fates: [Fate], seed: String? = nil) -> RunHits {
        RunHits(
            seed: seed ?? label,
            questions: questions.map {
                .init(
                    question: $0.question, category: $0.category, hits: $0.count(fate), answers: $0.count(fates))
            })
    }
}

extension Outcome {
    /// Which fates make the outcome, among which; nil for what is no rate.
    public var fates: (of: [Fate], among: [Fate])? {
        switch self {
        case .misalignedAmongCoherent, .breadth, .offDomain, .inDomain: ([.misaligned], RunTally.coherent)
        case .misalignedAmongAll: ([.misaligned], RunTally.judged)
        case .coherent: (RunTally.coherent, RunTally.judged)
        case .fate(let fate): ([fate], RunTally.judged)
        case .measure: nil
        }
    }
}
