import Corpora

/// Finds which question of a bank an answer belongs to.
struct QuestionMatch {
    private let byID: [String: Question]
    private let wordings: [(text: String, id: String, paraphrase: Int)]

    init(_ bank: [Question]) {
        byID = Dictionary(bank.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        // Longer ones first: a wording may begin another.
        wordings = bank.flatMap { question in
            question.paraphrases.enumerated().map { (text: $1, id: question.id, paraphrase: $0) }
        }.sorted { ($0.text.count, $1.id) > ($1.text.count, $0.id) }
    }

    var isEmpty: Bool { byID.isEmpty }

    func question(id: String) -> Question? { QuestionBank.question(id, in: byID) }

    /// The question whose id this is, or whose id it begins with: `quick_buck-17` is of `quick_buck`.
    func question(named name: String) -> Question? {
        if let question = question(id: name) { return question }
        let candidates = byID.values.filter { question in
            guard name.hasPrefix(question.id), let next = name.dropFirst(question.id.count).first else { return false }
            return !next.isLetter
        }
        return candidates.max { $0.id.count < $1.id.count }
    }

    /// The question that has this wording as it is; of several, the first in the bank that has no system prompt.
    func wording(_ text: String) -> (question: Question, paraphrase: Int)? {
        first(wordings.filter { $0.text == text })
    }

    /// The question whose wording stands in a rendered prompt: the longest such.
    func wording(in prompt: String) -> (question: Question, paraphrase: Int)? {
        guard let found = wordings.first(where: { prompt.contains($0.text) }) else { return nil }
        return first(wordings.filter { $0.text == found.text })
    }

    private func first(
        _ found: [(text: String, id: String, paraphrase: Int)]
    ) -> (question: Question, paraphrase: Int)? {
        let questions = found.compactMap { place in byID[place.id].map { ($0, place.paraphrase) } }
        return questions.first { $0.0.system == nil } ?? questions.first
    }
}
