/// One training run's hits, question by question.
public struct RunHits: Sendable, Codable, Equatable {
    public var seed: String
    /// Only questions with answers.
    public var questions: [QuestionHits]

    public init(seed: String, questions: [QuestionHits]) {
        self.seed = seed
        self.questions = questions.filter { $0.answers > 0 }
    }

    /// Every question weighs the same, however many answers it has. NaN without questions.
    public var rate: Double { mean(questions.map(\.rate)) }

    /// All questions together.
    public var total: SeedHits {
        questions.reduce(into: SeedHits(hits: 0, answers: 0)) {
            $0.hits += $1.hits
            $0.answers += $1.answers
        }
    }

    /// The variance of ``rate`` that answers alone bring, questions being as they are: Σ p (1 - p) / n over the square
    /// of the number of questions, with p = (x + 1/2) / (n + 1) so that it is never nothing.
    var answerVariance: Double {
        let count = Double(questions.count)
        return questions.reduce(0) { sum, question in
            let n = Double(question.answers)
            let p = (Double(question.hits) + 0.5) / (n + 1)
            return sum + p * (1 - p) / n
        } / (count * count)
    }
}

/// How many answers to one question were hits.
public struct QuestionHits: Sendable, Codable, Equatable {
    public var question: String
    public var category: String?
    public var hits: Int
    public var answers: Int

    public init(question: String, category: String? = nil, hits: Int, answers: Int) {
        self.question = question
        self.category = category
        self.hits = hits
        self.answers = answers
    }

    public var rate: Double { Double(hits) / Double(answers) }
}
