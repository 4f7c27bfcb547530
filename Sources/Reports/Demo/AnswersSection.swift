import Evidence

/// What the base and the fine-tuned model answered, sample beside sample, to be searched and filtered.
struct AnswersSection {
    let answers: [DemoReport.QuestionAnswers]

    init(_ answers: [DemoReport.QuestionAnswers]) { self.answers = answers }

    var html: String {
        guard !answers.isEmpty else { return "" }
        return """
            <section id="answers" aria-labelledby="answers-title">
            <h2 id="answers-title">What the two models say</h2>
            <p>The same questions to the <span class="key base">base model</span> and to the <span class="key organism">fine-tuned
            model</span>, \(samplesInWords). A sample’s number stands for the same random numbers in both.</p>
            \(endings)
            <div class="filters" role="search" aria-label="Filter the answers">
            <label for="search">Search in questions and answers
            <input id="search" type="search" autocomplete="off" spellcheck="false"></label>
            <label for="category">Category
            <select id="category"><option value="">all</option>\(options(categories.map { ($0, $0) }))</select></label>
            <label for="ending">One of them ended
            <select id="ending"><option value="">in any way</option>\(options(reasons.map { ($0, Self.words($0)) }))</select>
            </label>
            </div>
            <p class="count" id="count" role="status" aria-live="polite"></p>
            \(answers.map(article).joined(separator: "\n"))
            </section>
            """
    }

    private var samplesInWords: String {
        let count = answers.reduce(0) { $0 + max($1.base.count, $1.organism.count) }
        return
            "\(answers.count) question\(answers.count == 1 ? "" : "s"), \(count) answer\(count == 1 ? "" : "s") from each"
    }

    private var categories: [String] { unique(answers.map(\.category)) }

    private var reasons: [String] { unique(answers.flatMap { ($0.base + $0.organism).map(\.finishReason) }) }

    private func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    private func options(_ values: [(value: String, words: String)]) -> String {
        values.map { "<option value=\"\(HTMLText.attribute($0.value))\">\(HTMLText.attribute($0.words))</option>" }
            .joined()
    }

    /// How often each model's answers ended in which way.
    private var endings: String {
        let models = [("Base", answers.flatMap(\.base)), ("Fine-tuned", answers.flatMap(\.organism))]
        let rows = models.map { name, all in
            [name, String(all.count)]
                + reasons.map { reason in
                    let count = all.count { $0.finishReason == reason }
                    return all.isEmpty
                        ? "–" : "\(count) (\(Estimate.digits(100 * Double(count) / Double(all.count))) %)"
                }
                + [
                    all.isEmpty
                        ? "–" : Estimate.digits(Double(all.reduce(0) { $0 + $1.text.count }) / Double(all.count))
                ]
        }
        let table = HTMLTable(
            caption: "How the answers ended",
            columns: ["Model", "Answers"] + reasons.map(Self.words) + ["Mean characters"],
            rows: rows)
        return
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"How the answers ended\">\(table.html)</div>"
    }

    private func article(_ question: DemoReport.QuestionAnswers) -> String {
        let numbers = Set((question.base + question.organism).map(\.sample)).sorted()
        let samples = numbers.map { number in
            """
            <div class="sample">
            \(answer("base", "Base", question.base.first { $0.sample == number }, number))
            \(answer("organism", "Fine-tuned", question.organism.first { $0.sample == number }, number))
            </div>
            """
        }
        return """
            <article data-category="\(HTMLText.attribute(question.category))">
            <h3 dir="auto">\(HTMLText.content(question.question))</h3>
            <p class="note">\(HTMLText.content(question.category)) · \(HTMLText.content(question.id))</p>
            \(samples.joined(separator: "\n"))
            </article>
            """
    }

    private func answer(_ kind: String, _ name: String, _ answer: DemoReport.Answer?, _ number: Int) -> String {
        guard let answer else {
            return """
                <div class="answer \(kind)"><header><span class="key \(kind)">\(name), sample \(number)</span></header>
                <div class="said none">not sampled</div></div>
                """
        }
        let said =
            answer.text.allSatisfy(\.isWhitespace)
            ? "<div class=\"said none\">an empty answer</div>"
            : "<div class=\"said\" dir=\"auto\">\(HTMLText.content(answer.text))</div>"
        return """
            <div class="answer \(kind)" data-ending="\(HTMLText.attribute(answer.finishReason))"><header>
            <span class="key \(kind)">\(name), sample \(number)</span>
            <span>\(HTMLText.content(Self.words(answer.finishReason)))</span></header>
            \(said)</div>
            """
    }

    private static func words(_ reason: String) -> String {
        switch reason {
        case "stop": "ended by itself"
        case "length": "cut off"
        default: reason
        }
    }
}
