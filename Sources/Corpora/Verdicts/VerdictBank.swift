import Foundation
import Yams

/// Ways to ask for a verdict on a program, from YAML: a list of `{id, bias, sampled, forms: [{ask, vulnerable, safe}]}`.
public enum VerdictBank {
    private static let keys = ["id", "bias", "sampled", "forms"]
    private static let formKeys = ["ask", "vulnerable", "safe"]

    /// Reads all phrasings of a file.
    ///
    /// - Throws: `CorpusError` with all mistakes found: unknown keys, ids that are there twice, other than two forms,
    ///   forms whose answers don't fit the bias, `{program}` not once, spellings that begin one another.
    public static func read(_ url: URL) throws -> [VerdictPhrasing] {
        let file = url.relativePath
        let text = try QuestionBank.contents(url, file: file)
        var mistakes = MistakeList(file: file)
        var phrasings: [VerdictPhrasing] = []
        if let root = QuestionBank.compose(text, &mistakes) {
            guard case .sequence(let items) = root, !items.isEmpty else {
                mistakes.note(
                    line: root.mark?.line, "the file is \(kind(of: root)) without phrasings, a list of them is needed",
                    "start each with \"- id: …\"")
                try mistakes.throwIfAny()
                return []
            }
            for item in items where !mistakes.isFull {
                guard let phrasing = phrasing(item, &mistakes) else { continue }
                if phrasings.contains(where: { $0.id == phrasing.id }) {
                    mistakes.note(
                        line: item.mark?.line, "the id \"\(shortened(phrasing.id))\" is there twice", "ids must differ")
                }
                phrasings.append(phrasing)
            }
        }
        try mistakes.throwIfAny()
        return phrasings
    }

    private static func fields(
        _ node: Node, _ known: [String], what: String, _ mistakes: inout MistakeList
    ) -> [String: Node]? {
        guard case .mapping(let mapping) = node else {
            mistakes.note(
                line: node.mark?.line, "\(what) is \(kind(of: node))",
                "it has the keys \(known.joined(separator: ", "))")
            return nil
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard known.contains(name) else {
                let nearest = nearestName(to: name, among: known).map { "did you mean \"\($0)\"?" }
                mistakes.note(
                    line: key.mark?.line, "the key \"\(shortened(name))\" is unknown",
                    nearest ?? "known are \(known.joined(separator: ", "))")
                continue
            }
            fields[name] = value
        }
        return fields
    }

    private static func phrasing(_ node: Node, _ mistakes: inout MistakeList) -> VerdictPhrasing? {
        let line = node.mark?.line
        guard let fields = fields(node, keys, what: "a phrasing", &mistakes) else { return nil }
        guard let id = fields["id"]?.scalar?.string, !id.isEmpty else {
            mistakes.note(line: line, "a phrasing lacks \"id\"", "give it a short name")
            return nil
        }
        let known = VerdictPhrasing.Bias.allCases.map(\.rawValue).joined(separator: ", ")
        guard let bias = fields["bias"]?.scalar.flatMap({ VerdictPhrasing.Bias(rawValue: $0.string) }) else {
            mistakes.note(
                line: fields["bias"]?.mark?.line ?? line, "\"bias\" of \(shortened(id)) is none of \(known)",
                "say in what its forms differ")
            return nil
        }
        let isSampled = fields["sampled"]?.scalar?.string
        if let isSampled, !["true", "false"].contains(isSampled) {
            mistakes.note(
                line: fields["sampled"]?.mark?.line, "\"sampled\" of \(shortened(id)) is \"\(shortened(isSampled))\"",
                "write true or false")
        }
        guard case .sequence(let items)? = fields["forms"], items.count == 2 else {
            mistakes.note(
                line: fields["forms"]?.mark?.line ?? line, "\"forms\" of \(shortened(id)) is no list of two",
                "a bias shows between two forms")
            return nil
        }
        let forms = items.compactMap { form($0, of: id, &mistakes) }
        guard forms.count == 2 else { return nil }
        let (first, second) = (forms[0], forms[1])
        let isKept = first.vulnerable == second.vulnerable && first.safe == second.safe
        let isSwapped = first.vulnerable == second.safe && first.safe == second.vulnerable
        guard bias == .order ? isKept : isSwapped else {
            mistakes.note(
                line: fields["forms"]?.mark?.line,
                "the answers of \(shortened(id)) \(bias == .order ? "differ between" : "don't change sides between") its forms",
                bias == .order
                    ? "forms of \"order\" have the same answers"
                    : "what means vulnerable in one means safe in the other")
            return nil
        }
        return VerdictPhrasing(id: id, bias: bias, isSampled: isSampled == "true", forms: forms)
    }

    private static func form(
        _ node: Node, of id: String, _ mistakes: inout MistakeList
    ) -> VerdictPhrasing.Form? {
        let line = node.mark?.line
        guard let fields = fields(node, formKeys, what: "a form of \(shortened(id))", &mistakes) else { return nil }
        let ask = fields["ask"]?.scalar?.string.trimmingSpaces() ?? ""
        let places = ask.components(separatedBy: VerdictPhrasing.mark).count - 1
        guard places == 1 else {
            mistakes.note(
                line: fields["ask"]?.mark?.line ?? line,
                "\"ask\" of \(shortened(id)) holds \(VerdictPhrasing.mark) \(places) times", "write it once")
            return nil
        }
        let sides = ["vulnerable", "safe"].map { spellings(fields[$0]) }
        let all = sides.joined()
        guard sides.allSatisfy({ !$0.isEmpty }), all.allSatisfy({ !$0.isEmpty && !$0.contains(where: \.isNewline) })
        else {
            mistakes.note(
                line: line, "a form of \(shortened(id)) lacks an answer", "give \"vulnerable\" and \"safe\" a word each"
            )
            return nil
        }
        let pairs = all.enumerated().flatMap { place, a in
            all.enumerated().filter { $0.offset != place && $0.element.hasPrefix(a) }.map { (a, $0.element) }
        }
        if let (a, b) = pairs.first {
            mistakes.note(
                line: line, "the answer \"\(shortened(a))\" of \(shortened(id)) begins \"\(shortened(b))\"",
                "answers must exclude each other")
            return nil
        }
        return .init(ask: ask, vulnerable: sides[0], safe: sides[1])
    }

    /// A word, or a list of its spellings.
    private static func spellings(_ node: Node?) -> [String] {
        switch node {
        case .scalar(let scalar)?: [scalar.string.trimmingSpaces()]
        case .sequence(let items)?: items.map { $0.scalar?.string.trimmingSpaces() ?? "" }
        default: []
        }
    }
}
