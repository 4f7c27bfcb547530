import Corpora
import Foundation
import Yams

/// A piece of a study file and where it stands.
struct SourceNode: Sendable {
    struct Member: Sendable {
        var name: String
        var place: Place
        var node: SourceNode
    }

    enum Content: Sendable {
        /// A number, a flag, null or text that was written without quotes.
        case scalar(Value)
        case list([SourceNode])
        case mapping([Member])
    }

    var place: Place
    var content: Content

    /// What it is, in words.
    var kind: String {
        switch content {
        case .scalar(.null): "nothing"
        case .scalar(.flag): "true or false"
        case .scalar(.whole), .scalar(.number): "a number"
        case .scalar: "text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// YAML with bounds, since study files may come from strangers: size, nesting, aliases, nodes.
enum SourceText {
    static let sizeLimit = 1_000_000
    static let depthLimit = 30
    /// An alias repeats what it names: twenty of them can't make a file explode.
    static let aliasLimit = 20
    static let nodeLimit = 200_000

    /// - Returns: none where something was wrong that was noted.
    static func read(_ url: URL, _ mistakes: inout Mistakes) -> SourceNode? {
        let place = Place(file: url.relativePath)
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            data = try handle.read(upToCount: sizeLimit + 1) ?? Data()
        } catch {
            mistakes.note(place, "", "the file can't be read", "check its name and its permissions")
            return nil
        }
        guard data.count <= sizeLimit else {
            mistakes.note(place, "", "the file is larger than \(sizeLimit / 1_000_000) MB", "is it a study?")
            return nil
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            mistakes.note(place, "", "the file is not valid UTF-8", "save it as UTF-8")
            return nil
        }
        return read(text, file: place.file, &mistakes)
    }

    static func read(_ text: String, file: String, _ mistakes: inout Mistakes) -> SourceNode? {
        let whole = Place(file: file)
        if let line = firstLineTooDeep(text) {
            mistakes.note(Place(file: file, line: line), "", "YAML nested more than \(depthLimit) deep", "unnest it")
            return nil
        }
        guard aliases(in: text) <= aliasLimit else {
            mistakes.note(
                whole, "", "more than \(aliasLimit) YAML aliases (*name)",
                "write what they stand for, or move it to a file and include that")
            return nil
        }
        do {
            guard let node = try Yams.compose(yaml: text) else {
                mistakes.note(whole, "", "the file is empty", "begin with \"study: NAME\"")
                return nil
            }
            var left = nodeLimit
            let read = convert(node, file: file, at: whole, depth: 0, left: &left, &mistakes)
            guard left > 0 else {
                mistakes.note(whole, "", "the file holds more than \(nodeLimit) values", "is it a study?")
                return nil
            }
            return read
        } catch let error as YamlError {
            let (line, what) = described(error)
            mistakes.note(
                Place(file: file, line: line), "", "not valid YAML (\(what))", "mend the line or the one before it")
        } catch {
            mistakes.note(whole, "", "not valid YAML", "check the file with a YAML checker")
        }
        return nil
    }

    private static func convert(
        _ node: Node, file: String, at outer: Place, depth: Int, left: inout Int, _ mistakes: inout Mistakes
    ) -> SourceNode? {
        left -= 1
        let place = node.mark.map { Place(file: file, line: $0.line) } ?? outer
        guard left > 0 else { return nil }
        guard depth <= depthLimit else {
            mistakes.note(place, "", "YAML nested more than \(depthLimit) deep", "unnest it")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            let value: Value =
                scalar.style == .plain || scalar.style == .any ? plain(scalar.string) : .text(scalar.string)
            return SourceNode(place: place, content: .scalar(value))
        case .sequence(let items):
            var elements: [SourceNode] = []
            for item in items {
                guard let element = convert(item, file: file, at: place, depth: depth + 1, left: &left, &mistakes)
                else { return nil }
                elements.append(element)
            }
            return SourceNode(place: place, content: .list(elements))
        case .mapping(let mapping):
            var members: [SourceNode.Member] = []
            for (key, item) in mapping {
                let keyPlace = key.mark.map { Place(file: file, line: $0.line) } ?? place
                guard let name = key.scalar?.string else {
                    mistakes.note(keyPlace, "", "a key that is a list or a mapping", "keys are names")
                    continue
                }
                guard let element = convert(item, file: file, at: keyPlace, depth: depth + 1, left: &left, &mistakes)
                else { return nil }
                members.append(.init(name: name, place: keyPlace, node: element))
            }
            return SourceNode(place: place, content: .mapping(members))
        case .alias:
            mistakes.note(place, "", "an alias of nothing", "name an anchor that stands before it")
            return nil
        }
    }

    /// YAML 1.2's core scalars; numbers like 1e-5 are numbers.
    static func plain(_ text: String) -> Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .flag(true)
        case "false", "False", "FALSE": return .flag(false)
        default: break
        }
        guard let first = text.utf8.first, (0x30...0x39).contains(first) || [0x2B, 0x2D, 0x2E].contains(first) else {
            return .text(text)
        }
        if let whole = Int(text) { return .whole(whole) }
        // Double reads hexadecimal and "inf", too: those are text here.
        let isDecimal = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x65, 0x45].contains($0)
        }
        if isDecimal, let number = Double(text), number.isFinite { return .number(number) }
        return .text(text)
    }

    private static func described(_ error: YamlError) -> (Int?, String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return (mark.line, ([context?.text, problem].compactMap { $0 }).joined(separator: ", "))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { quoted($0) }.joined(separator: ", ")
            return (context.mark.line, "the key \(names) occurs twice")
        case .reader(let problem, _, _, _): return (nil, problem)
        default: return (nil, "it can't be parsed")
        }
    }

    /// Asterisks where an alias could stand. Knows nothing of quoting, so it may only count too many.
    private static func aliases(in text: String) -> Int {
        var (count, before, star): (Int, UInt8, Bool) = (0, 0x20, false)
        for byte in text.utf8 {
            if star, byte > 0x20, byte != 0x2A { count += 1 }
            star = byte == 0x2A && [0x20, 0x09, 0x0A, 0x0D, 0x5B, 0x7B, 0x2C, 0x3A, 0x2D, 0x3F].contains(before)
            before = byte
        }
        return count
    }

    /// Knows nothing of quoting either: brackets and levels of indentation before the parser, which recurses, sees them.
    private static func firstLineTooDeep(_ text: String) -> Int? {
        var (brackets, number) = (0, 0)
        var indents: [Int] = []
        for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let indent = line.prefix { $0 == 0x20 }.count
            if indent < line.count {
                while let last = indents.last, last >= indent { indents.removeLast() }
                indents.append(indent)
            }
            var (dashes, atStart) = (0, true)
            for byte in line {
                switch byte {
                case 0x5B, 0x7B: brackets += 1
                case 0x5D, 0x7D: brackets = max(0, brackets - 1)
                case 0x2D, 0x3F: dashes += atStart ? 1 : 0
                case 0x20, 0x09: break
                default: atStart = false
                }
            }
            if brackets > 200 || indents.count + dashes > 4 * depthLimit { return number }
        }
        return nil
    }
}
