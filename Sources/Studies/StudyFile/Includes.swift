import Foundation

/// A study file with the files that it includes, as one.
struct Includes {
    static let depthLimit = 8
    static let fileLimit = 64

    private(set) var mistakes = Mistakes()
    private var sections: [String: [SourceNode.Member]] = [:]
    private var done: Set<String> = []

    /// - Returns: none where the file itself can't be read.
    mutating func read(_ url: URL) -> SourceNode? {
        SourceText.read(url, &mistakes).flatMap { read($0, of: url) }
    }

    mutating func read(text: String, file: URL) -> SourceNode? {
        SourceText.read(text, file: file.relativePath, &mistakes).flatMap { read($0, of: file) }
    }

    private mutating func read(_ node: SourceNode, of url: URL) -> SourceNode? {
        guard case .mapping(let members) = node.content else {
            mistakes.note(
                node.place, "", "the file is \(node.kind)", "a study is a mapping that begins with \"study:\"")
            return nil
        }
        done.insert(Self.identity(url))
        var own = gather(members, of: url, chain: [Self.identity(url)])
        for section in StudyKeys.sections {
            guard let all = sections[section.name], let place = all.first?.place else { continue }
            own.removeAll { $0.name == section.name }
            own.append(.init(name: section.name, place: place, node: SourceNode(place: place, content: .mapping(all))))
        }
        return SourceNode(place: node.place, content: .mapping(own))
    }

    /// Adds sections; returns the members that are no sections.
    private mutating func gather(_ members: [SourceNode.Member], of url: URL, chain: [String]) -> [SourceNode.Member] {
        var own: [SourceNode.Member] = []
        for member in members {
            if member.name == "include" {
                for (path, place) in paths(member) { include(path, at: place, from: url, chain: chain) }
                own.append(member)
            } else if StudyKeys.sections.contains(where: { $0.name == member.name }),
                case .mapping(let entries) = member.node.content
            {
                for entry in entries { add(entry, to: member.name) }
            } else {
                own.append(member)
            }
        }
        return own
    }

    private mutating func add(_ entry: SourceNode.Member, to section: String) {
        if let first = sections[section]?.first(where: { $0.name == entry.name }) {
            mistakes.note(
                entry.place, "\(section).\(entry.name)", "the name is that of \(first.place) already",
                "names must differ, those of included files too")
        } else {
            sections[section, default: []].append(entry)
        }
    }

    private func paths(_ member: SourceNode.Member) -> [(String, Place)] {
        switch member.node.content {
        case .scalar(let value): value.text.map { [($0, member.place)] } ?? []
        case .list(let items):
            items.compactMap { item in
                if case .scalar(.text(let path)) = item.content { (path, item.place) } else { nil }
            }
        case .mapping: []
        }
    }

    private mutating func include(_ path: String, at place: Place, from url: URL, chain: [String]) {
        let file = Self.resolve(path, from: url)
        let identity = Self.identity(file)
        guard !chain.contains(identity) else {
            mistakes.note(
                place, "include", "\(quoted(path)) includes itself, directly or by others", "break the circle")
            return
        }
        guard chain.count < Self.depthLimit, done.count < Self.fileLimit else {
            mistakes.note(
                place, "include", "more than \(Self.depthLimit) files deep or \(Self.fileLimit) files in all",
                "put them together")
            return
        }
        guard done.insert(identity).inserted else { return }
        guard FileManager.default.fileExists(atPath: file.path) else {
            mistakes.note(
                place, "include", "there is no \(file.relativePath)", "paths are relative to the file they stand in")
            return
        }
        guard let node = SourceText.read(file, &mistakes) else { return }
        guard case .mapping(let members) = node.content else {
            mistakes.note(
                node.place, "", "the file is \(node.kind)", "a part of a study is a mapping: models, data, steps…")
            return
        }
        // What is no section is looked at alone, as the keys of a part.
        let rest = gather(members, of: file, chain: chain + [identity]).filter { member in
            !StudyKeys.sections.contains { $0.name == member.name } || !Self.isMapping(member.node)
        }
        var reader = KeyReader()
        _ = reader.read(SourceNode(place: node.place, content: .mapping(rest)), as: StudyKeys.part, at: "")
        for mistake in reader.mistakes.all {
            mistakes.note(mistake.place, mistake.path, mistake.what, mistake.remedy)
        }
    }

    private static func isMapping(_ node: SourceNode) -> Bool {
        if case .mapping = node.content { true } else { false }
    }

    static func resolve(_ path: String, from file: URL) -> URL {
        if path.hasPrefix("/") { return URL(filePath: path) }
        if path == "~" || path.hasPrefix("~/") {
            return URL(filePath: NSHomeDirectory() + path.dropFirst())
        }
        guard let slash = file.relativePath.lastIndex(of: "/") else { return URL(filePath: path) }
        // ../ is resolved in the text where it can be, so that messages show paths as people write them.
        var (folder, path) = (file.relativePath[...slash], Substring(path))
        while path.hasPrefix("../"), let last = folder.dropLast().split(separator: "/").last, last != "..", last != "."
        {
            path = path.dropFirst(3)
            folder = folder.dropLast(last.count + 1)
        }
        return URL(filePath: String(folder + path))
    }

    private static func identity(_ url: URL) -> String { url.resolvingSymlinksInPath().standardizedFileURL.path }
}
