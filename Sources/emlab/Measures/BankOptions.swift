import ArgumentParser
import Corpora
import Foundation
import Measurement

extension CapabilityMeasure.Form: ExpressibleByArgument {}

/// What measures are taken on: the repository's own banks where nothing else is named.
struct BankOptions: ParsableArguments {
    @Option(
        help:
            "contrast: a question bank in YAML, with aligned and misaligned answers. (default: Data/demo/questions.yaml)"
    )
    var questions: String?

    @Flag(help: "contrast: ask every wording of a question, not the first alone.")
    var allParaphrases = false

    @Option(
        help:
            "skill: held-out coding tasks with insecure and secure answers: programs, or preferences as emlab pair prints them. (default: Data/measures/coding-tasks.jsonl)"
    )
    var tasks: String?

    @Option(
        help:
            "drift, perplexity: neutral texts, conversations or {\"text\"} a line. (default: Data/measures/neutral-chats.jsonl; perplexity: Data/regime/neutral.jsonl where it is there)"
    )
    var texts: String?

    @Option(
        help:
            "capability: {\"question\", \"choices\", \"answer\"} a line. (default: Data/measures/general-knowledge.jsonl)"
    )
    var choices: String?

    @Option(help: "capability: score each choice's text, or the letters of a list.")
    var capabilityForm: CapabilityMeasure.Form = .choice

    private static let chats = "Data/measures/neutral-chats.jsonl"
    private static let documents = "Data/regime/neutral.jsonl"

    /// The file that a measure is taken on.
    func file(for name: MeasureName) throws -> String {
        let (given, own, option): (String?, String, String) =
            switch name {
            case .contrast: (questions, "Data/demo/questions.yaml", "--questions")
            case .skill, .code: (tasks, "Data/measures/coding-tasks.jsonl", "--tasks")
            case .drift, .coherence: (texts, Self.chats, "--texts")
            case .perplexity:
                // Documents where the repository has some: what is forgotten shows in plain text first.
                (texts, Installation.file(Self.documents) == nil ? Self.chats : Self.documents, "--texts")
            case .capability: (choices, "Data/measures/general-knowledge.jsonl", "--choices")
            }
        if let given { return given }
        guard let found = Installation.file(own) else {
            throw ConsoleError(
                "\(name.rawValue): \(own) is not in a folder above this program; say with \(option) FILE what to measure on"
            )
        }
        return found
    }

    /// A measure that is taken of models, ready to be taken.
    func measure(_ name: MeasureName, on model: MeasuredModel) throws -> any Measure {
        let path = try file(for: name)
        let url = URL(filePath: path)
        do {
            switch name {
            case .contrast:
                let bank = try QuestionBank.read(url)
                let lacking = bank.count { $0.aligned == nil || $0.misaligned == nil }
                if lacking > 0, lacking < bank.count {
                    logger.notice(
                        "\(path): \(lacking.counted("question lacks", "questions lack")) one of the two answers: left out"
                    )
                }
                return try ContrastMeasure(bank, allParaphrases: allParaphrases, model: model)
            case .skill: return try SkillMeasure(TwinTasks.read(url), model: model)
            case .drift: return try DriftMeasure(readTexts(url, model), model: model)
            case .perplexity: return try PerplexityMeasure(readTexts(url, model), model: model)
            case .capability:
                return try CapabilityMeasure(MultipleChoice.read(url), form: capabilityForm, model: model)
            case .coherence, .code:
                throw ConsoleError("\(name.rawValue) is measured on answers, not on a model")
            }
        } catch let error as MeasurementError {
            throw ConsoleError("\(path): \(error)")
        }
    }

    private func readTexts(_ url: URL, _ model: MeasuredModel) throws -> [ReadText] {
        if try ChatRows.areIn(url) {
            return try ChatRows.read(url).map { try ReadText($0, model: model) }
        }
        return try Documents.read(url).map { try ReadText($0, model: model) }
    }
}
