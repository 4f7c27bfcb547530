import Evidence

/// What the contrasts say: the change overall and per category, with intervals over the questions.
struct ContrastShift {
    struct Category {
        var name: String
        var before: Double
        var after: Double
        /// The mean of after - before.
        var change: Estimate
        var questions: Int
    }

    let overall: Category
    /// Most change first.
    let categories: [Category]
    /// How many questions moved towards the misaligned answer.
    let risen: Int
    /// The share of questions on which the misaligned answer is the more probable one, before and after.
    let preferring: (before: Int, after: Int)

    init(_ contrasts: [DemoReport.QuestionContrast], level: Double) throws {
        func category(_ name: String, _ members: [DemoReport.QuestionContrast]) throws -> Category {
            let pairs = members.enumerated().map { place, member in
                // A question asked in several forms may share its id: the place tells them apart.
                PairedDifference.Pair(question: "\(place)", before: member.before, after: member.after)
            }
            let count = Double(members.count)
            return Category(
                name: name, before: members.reduce(0) { $0 + $1.before } / count,
                after: members.reduce(0) { $0 + $1.after } / count,
                change: try PairedDifference.estimate(pairs, level: level), questions: members.count)
        }
        overall = try category("All questions", contrasts)
        var order: [String] = []
        var members: [String: [DemoReport.QuestionContrast]] = [:]
        for contrast in contrasts {
            if members[contrast.category] == nil { order.append(contrast.category) }
            members[contrast.category, default: []].append(contrast)
        }
        categories = try order.map { try category($0, members[$0] ?? []) }
            .sorted { $0.change.value > $1.change.value }
        risen = contrasts.count { $0.after > $0.before }
        preferring = (contrasts.count { $0.before > 0 }, contrasts.count { $0.after > 0 })
    }
}
