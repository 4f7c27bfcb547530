import Corpora

/// Reads what a ``Shape`` describes, noting every mistake with its place and the nearest thing that is known.
struct KeyReader {
    /// A name that must be that of something.
    struct Reference {
        var place: Place
        var path: String
        var name: String
        var sections: [Shape.Section]
    }

    var mistakes = Mistakes()
    private(set) var references: [Reference] = []
    /// Where each key path stands.
    private(set) var places: [String: Place] = [:]
    /// The names of each section, as they stand in the file.
    private(set) var order: [String: [String]] = [:]
    /// Parts whose shape is ``Shape/anything``, for whoever knows them.
    private(set) var unread: [String: SourceNode] = [:]

    /// - Returns: none after a mistake was noted. Defaults are filled in; keys without value and default are absent.
    mutating func read(_ node: SourceNode, as shape: Shape, at path: String) -> Value? {
        places[path] = node.place
        switch shape {
        case .text, .path: return text(node, shape, path)
        case .name(let sections):
            guard let value = text(node, shape, path), let name = value.text else { return nil }
            references.append(.init(place: node.place, path: path, name: name, sections: sections))
            return value
        case .whole(let range):
            guard case .scalar(let value) = node.content, let whole = value.whole, range.contains(whole) else {
                return refuse(node, shape, path)
            }
            return .whole(whole)
        case .number(let range, let above):
            guard case .scalar(let value) = node.content, let number = value.number, range.contains(number),
                !above || number > range.lowerBound
            else { return refuse(node, shape, path) }
            return value
        case .flag:
            guard case .scalar(.flag(let value)) = node.content else { return refuse(node, shape, path) }
            return .flag(value)
        case .choice(let names): return choice(node, names, path)
        case .list(let element, let least): return list(node, element, least, shape, path)
        case .mapping(let keys): return mapping(node, keys, path)
        case .named(let element): return named(node, element, path)
        case .either(let shapes): return either(node, shapes, path)
        case .kinds(let kinds): return step(node, kinds, path)
        case .anything:
            unread[path] = node
            return Self.value(of: node)
        }
    }

    /// A node as it stands, whatever it is.
    static func value(of node: SourceNode) -> Value {
        switch node.content {
        case .scalar(let value): value
        case .list(let items): .list(items.map(value))
        case .mapping(let members):
            .object(Dictionary(members.map { ($0.name, value(of: $0.node)) }, uniquingKeysWith: { $1 }))
        }
    }

    private mutating func refuse(_ node: SourceNode, _ shape: Shape, _ path: String) -> Value? {
        mistakes.note(node.place, path, "\(Self.found(node)) where \(shape.words) is needed", "write \(shape.words)")
        return nil
    }

    private static func found(_ node: SourceNode) -> String {
        switch node.content {
        case .scalar(.null): "nothing"
        case .scalar(let value): quoted(value.shown)
        default: node.kind
        }
    }

    private mutating func text(_ node: SourceNode, _ shape: Shape, _ path: String) -> Value? {
        guard case .scalar(let value) = node.content, value != .null else { return refuse(node, shape, path) }
        // Names like 7b or yes are text wherever text is needed.
        let text = value.text ?? value.shown
        guard !text.allSatisfy(\.isWhitespace) else { return refuse(node, shape, path) }
        return .text(text)
    }

    private mutating func choice(_ node: SourceNode, _ names: [String], _ path: String) -> Value? {
        guard case .scalar(let value) = node.content, value != .null else {
            return refuse(node, .choice(names), path)
        }
        let text = value.shown
        guard names.contains(text) else {
            let meant = nearestName(to: text, among: names).map { "did you mean \($0)?" }
            mistakes.note(
                node.place, path, "\(quoted(text)) is unknown",
                meant ?? "known are \(names.joined(separator: ", "))")
            return nil
        }
        return .text(text)
    }

    private mutating func list(
        _ node: SourceNode, _ element: Shape, _ least: Int, _ shape: Shape, _ path: String
    ) -> Value? {
        guard case .list(let items) = node.content else { return refuse(node, shape, path) }
        guard items.count >= least else {
            mistakes.note(
                node.place, path, items.isEmpty ? "an empty list" : "a list of \(items.count)",
                "give at least \(least), or leave the key out")
            return nil
        }
        var values: [Value] = []
        for (index, item) in items.enumerated() {
            if let value = read(item, as: element, at: "\(path)[\(index)]") { values.append(value) }
        }
        return values.count == items.count ? .list(values) : nil
    }

    private mutating func named(_ node: SourceNode, _ element: Shape, _ path: String) -> Value? {
        guard case .mapping(let members) = node.content else {
            // A section that is there without anything in it.
            if case .scalar(.null) = node.content { return .object([:]) }
            return refuse(node, .named(element), path)
        }
        order[path] = members.map(\.name)
        var values: [String: Value] = [:]
        for member in members {
            let inner = "\(path).\(member.name)"
            places[inner] = member.place
            guard Self.isName(member.name) else {
                mistakes.note(
                    member.place, path, "\(quoted(member.name)) is no name",
                    "names have letters, digits, - and _, and at most 64 of them")
                continue
            }
            let value = read(member.node, as: element, at: inner)
            places[inner] = member.place
            if let value { values[member.name] = value }
        }
        return values.count == members.count ? .object(values) : nil
    }

    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    || $0 == 0x5F
            }
    }

    mutating func mapping(_ node: SourceNode, _ keys: [Key], _ path: String) -> Value? {
        guard case .mapping(let members) = node.content else { return refuse(node, .mapping(keys), path) }
        var (values, isWhole): ([String: Value], Bool) = ([:], true)
        for member in members {
            let inner = path.isEmpty ? member.name : "\(path).\(member.name)"
            guard let key = keys.first(where: { $0.name == member.name }) else {
                isWhole = false
                let names = keys.map(\.name)
                let meant = nearestName(to: member.name, among: names).map { "did you mean \($0)?" }
                mistakes.note(
                    member.place, inner, "the key is unknown", meant ?? "known are \(names.joined(separator: ", "))")
                continue
            }
            if let value = read(member.node, as: key.shape, at: inner) {
                values[key.name] = value
            } else {
                isWhole = false
            }
        }
        for key in keys where values[key.name] == nil && !members.contains(where: { $0.name == key.name }) {
            if let standard = key.standard {
                values[key.name] = standard
            } else if key.isRequired {
                isWhole = false
                mistakes.note(node.place, path, "\(quoted(key.name)) is missing", "add it: \(key.shape.words)")
            }
        }
        return isWhole ? .object(values) : nil
    }

    /// The shape whose kind of node it is decides what a mistake is called.
    private mutating func either(_ node: SourceNode, _ shapes: [Shape], _ path: String) -> Value? {
        var fitting: KeyReader?
        for shape in shapes {
            var attempt = self
            let before = attempt.mistakes.all.count
            let value = attempt.read(node, as: shape, at: path)
            if let value, attempt.mistakes.all.count == before {
                self = attempt
                return value
            }
            if fitting == nil, Self.couldBe(node, shape) { fitting = attempt }
        }
        guard let fitting else { return refuse(node, .either(shapes), path) }
        self = fitting
        return nil
    }

    private static func couldBe(_ node: SourceNode, _ shape: Shape) -> Bool {
        switch (node.content, shape) {
        case (.list, .list), (.mapping, .mapping), (.mapping, .named), (.mapping, .kinds): true
        case (.scalar, .choice), (.scalar, .name), (.scalar, .whole), (.scalar, .number): true
        default: false
        }
    }

    private mutating func step(_ node: SourceNode, _ kinds: [StepKind], _ path: String) -> Value? {
        guard case .mapping(let members) = node.content else { return refuse(node, .kinds(kinds), path) }
        let names = kinds.map(\.rawValue)
        guard let member = members.first(where: { $0.name == "kind" }) else {
            mistakes.note(node.place, path, "\"kind\" is missing", "add it: one of \(names.joined(separator: ", "))")
            return nil
        }
        guard let name = choice(member.node, names, "\(path).kind")?.text, let kind = StepKind(rawValue: name) else {
            return nil
        }
        // What the sweep gives is neither missing nor at its default.
        let varying = Self.varying(members)
        let keys = StepKeys.all(kind).map { key in
            varying.contains(key.name) ? Key(key.name, key.shape, key.about, varies: key.varies) : key
        }
        return mapping(node, keys, path)
    }

    private static func varying(_ members: [SourceNode.Member]) -> Set<String> {
        guard let sweep = members.first(where: { $0.name == "sweep" }), case .mapping(let axes) = sweep.node.content
        else { return [] }
        var names = Set(axes.map(\.name))
        if let zip = axes.first(where: { $0.name == "zip" }), case .list(let groups) = zip.node.content {
            for case .mapping(let group) in groups.map(\.content) { names.formUnion(group.map(\.name)) }
        }
        return names
    }
}
