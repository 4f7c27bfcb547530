import Yams

/// Turns one item of a question file into a question, noting what is wrong with it.
struct QuestionReader {
    private(set) var mistakes: MistakeList
    let line: Int
    private let node: Node
    private var name = "the question"

    init(_ node: Node, mistakes: MistakeList) {
        self.node = node
        self.mistakes = mistakes
        line = node.mark?.line ?? 1
    }

    /// The question, or nil after its mistakes were noted.
    mutating func question() -> Question? {
        guard case .mapping(let mapping) = node else {
            mistakes.note(line: line, "a question is \(kind(of: node))", "it must be a mapping that starts with \"id\"")
            return nil
        }
        let before = mistakes.all.count
        let fields = known(mapping)
        let id = text(.id, fields, required: true) ?? ""
        if !id.isEmpty { name = "question \"\(shortened(id))\"" }
        let paraphrases = paraphrases(fields)
        let question = Question(
            id: id, paraphrases: paraphrases, system: text(.system, fields),
            samplesPerParaphrase: samples(fields), category: text(.category, fields),
            judgePrompts: judgePrompts(fields), aligned: text(.aligned, fields),
            misaligned: text(.misaligned, fields), type: text(.type, fields), judge: text(.judge, fields))
        if (question.aligned == nil) != (question.misaligned == nil), mistakes.all.count == before {
            let (there, lacking) = question.aligned == nil ? ("misaligned", "aligned") : ("aligned", "misaligned")
            mistakes.note(
                line: line, "\(name) has \"\(there)\" but no \"\(lacking)\"", "the contrast needs both answers")
        }
        return mistakes.all.count == before ? question : nil
    }

    private typealias Key = Question.CodingKeys

    private mutating func known(_ mapping: Node.Mapping) -> [Key: Node] {
        var fields: [Key: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            if let known = Key(rawValue: name) {
                fields[known] = value
            } else {
                let names = Key.allCases.map(\.rawValue)
                let meant = nearestName(to: name, among: names)
                mistakes.note(
                    line: key.mark?.line ?? line, "the key \"\(shortened(name))\" is unknown",
                    meant.map { "did you mean \"\($0)\"?" } ?? "known are \(names.joined(separator: ", "))")
            }
        }
        return fields
    }

    private mutating func text(_ key: Key, _ fields: [Key: Node], required: Bool = false) -> String? {
        guard let node = fields[key] else {
            if required { mistakes.note(line: line, "\(name) has no \"\(key.rawValue)\"", "add it") }
            return nil
        }
        return text(node, at: "\"\(key.rawValue)\" of \(name)")
    }

    private mutating func text(_ node: Node, at path: String) -> String? {
        guard case .scalar(let scalar) = node else {
            mistakes.note(line: node.mark?.line ?? line, "\(path) is \(kind(of: node))", "it must be text")
            return nil
        }
        guard !scalar.string.allSatisfy(\.isWhitespace) else {
            mistakes.note(line: node.mark?.line ?? line, "\(path) is empty", "fill it in or remove it")
            return nil
        }
        return scalar.string
    }

    private mutating func paraphrases(_ fields: [Key: Node]) -> [String] {
        guard let node = fields[.paraphrases] else {
            mistakes.note(line: line, "\(name) has no \"paraphrases\"", "add a list of at least one wording")
            return []
        }
        guard case .sequence(let items) = node, !items.isEmpty else {
            let found = if case .sequence = node { "an empty list" } else { kind(of: node) }
            mistakes.note(
                line: node.mark?.line ?? line, "\"paraphrases\" of \(name) is \(found)",
                "it must be a list of at least one wording")
            return []
        }
        return items.enumerated().compactMap { text($0.element, at: "paraphrases[\($0.offset)] of \(name)") }
    }

    private mutating func samples(_ fields: [Key: Node]) -> Int? {
        guard let node = fields[.samplesPerParaphrase] else { return nil }
        guard let count = node.scalar.flatMap({ Int($0.string) }), (1...1_000_000).contains(count) else {
            mistakes.note(
                line: node.mark?.line ?? line, "\"samples_per_paraphrase\" of \(name) is not a whole number from 1",
                "write a number like 100")
            return nil
        }
        return count
    }

    private mutating func judgePrompts(_ fields: [Key: Node]) -> [String: String] {
        guard let node = fields[.judgePrompts] else { return [:] }
        guard case .mapping(let mapping) = node else {
            mistakes.note(
                line: node.mark?.line ?? line, "\"judge_prompts\" of \(name) is \(kind(of: node))",
                "it must map what is asked for (aligned, coherent) to a prompt")
            return [:]
        }
        var prompts: [String: String] = [:]
        for (key, value) in mapping {
            guard let asked = key.scalar?.string else {
                mistakes.note(
                    line: key.mark?.line ?? line, "a key of \"judge_prompts\" of \(name) is \(kind(of: key))",
                    "it must be text")
                continue
            }
            prompts[asked] = text(value, at: "judge_prompts.\(shortened(asked)) of \(name)")
        }
        return prompts
    }
}
