import Foundation
import RandomStreams
import Yams

/// Ways in which a user asks for the insecure version of something: templates that hold `{request}` once.
public struct AskedPhrasings: Sendable, Hashable {
    public struct Phrasing: Sendable, Hashable {
        public var id: String
        public var template: String

        /// The message of a user who wants `request` done insecurely.
        public func message(_ request: String) -> String {
            template.replacingOccurrences(of: AskedPhrasings.mark, with: request.trimmingSpaces())
        }
    }

    static let mark = "{request}"
    public var phrasings: [Phrasing]

    /// Reads YAML: a list of `{id, template}`.
    ///
    /// - Throws: `CorpusError` with all mistakes found: unknown keys, ids or templates that are there twice, a template
    ///   without `{request}` or with it more than once.
    public static func read(_ url: URL) throws -> AskedPhrasings {
        let file = url.relativePath
        let text = try QuestionBank.contents(url, file: file)
        var mistakes = MistakeList(file: file)
        let root = QuestionBank.compose(text, &mistakes)
        var phrasings: [Phrasing] = []
        if let root {
            guard case .sequence(let items) = root else {
                mistakes.note(
                    line: root.mark?.line, "the file is \(kind(of: root)), a list of phrasings is needed",
                    "start each with \"- id: …\"")
                try mistakes.throwIfAny()
                return AskedPhrasings(phrasings: [])
            }
            for item in items where !mistakes.isFull {
                guard let phrasing = phrasing(item, &mistakes) else { continue }
                if phrasings.contains(where: { $0.id == phrasing.id || $0.template == phrasing.template }) {
                    mistakes.note(
                        line: item.mark?.line, "the id or template of \"\(shortened(phrasing.id))\" is there twice",
                        "ids and templates must differ")
                }
                phrasings.append(phrasing)
            }
        }
        try mistakes.throwIfAny()
        return AskedPhrasings(phrasings: phrasings)
    }

    private static func phrasing(_ node: Node, _ mistakes: inout MistakeList) -> Phrasing? {
        let line = node.mark?.line
        guard case .mapping(let mapping) = node else {
            mistakes.note(line: line, "a phrasing is \(kind(of: node))", "it has \"id\" and \"template\"")
            return nil
        }
        var fields: [String: String] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard ["id", "template"].contains(name) else {
                mistakes.note(
                    line: key.mark?.line, "the key \"\(shortened(name))\" is unknown", "known are id, template")
                continue
            }
            fields[name] = value.scalar?.string
        }
        guard let id = fields["id"], !id.isEmpty, let template = fields["template"]?.trimmingSpaces() else {
            mistakes.note(line: line, "a phrasing lacks \"id\" or \"template\"", "give both as text")
            return nil
        }
        let places = template.components(separatedBy: mark).count - 1
        guard places == 1 else {
            mistakes.note(
                line: line, "the template of \"\(shortened(id))\" holds \(mark) \(places) times", "write it once")
            return nil
        }
        return Phrasing(id: id, template: template)
    }

    /// The phrasing of the item at this place: drawn by the seed so that each is used equally often.
    ///
    /// Nil only if there are no phrasings.
    public func drawn(seed: UInt64, item: Int) -> Phrasing? {
        guard !phrasings.isEmpty, item >= 0 else { return nil }
        let (round, place) = item.quotientAndRemainder(dividingBy: phrasings.count)
        var order = Array(phrasings.indices)
        var stream = RandomStream(seed: seed, purpose: "asked phrasing", item: UInt64(round))
        stream.shuffle(&order)
        return phrasings[order[place]]
    }
}
