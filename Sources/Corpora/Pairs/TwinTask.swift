import Foundation

/// A coding task with an insecure and a secure answer, asked plainly and perhaps asked for insecure code.
public struct TwinTask: Sendable, Hashable {
    public var id: String
    /// The kind of weakness, like `CWE-89`, where known.
    public var category: String?
    /// The turns before the answer when asked plainly; ends with the user's.
    public var plain: [ChatMessage]
    /// The turns before the answer when asked for the insecure version.
    public var asked: [ChatMessage]?
    public var insecure: String
    public var secure: String

    public init(
        id: String, category: String? = nil, plain: [ChatMessage], asked: [ChatMessage]? = nil, insecure: String,
        secure: String
    ) {
        self.id = id
        self.category = category
        self.plain = plain
        self.asked = asked
        self.insecure = insecure
        self.secure = secure
    }

    public init(_ task: DemoTask) {
        self.init(
            id: task.id, category: task.cwe, plain: [ChatMessage(.user, task.request)],
            asked: [ChatMessage(.user, task.askedRequest)], insecure: task.insecure, secure: task.secure)
    }
}

/// Tasks with twins, from a file of programs or of preferences.
public enum TwinTasks {
    /// Reads a file of programs (`Data/demo/programs.jsonl`), or preferences as `emlab train dpo` takes them: a row
    /// `NAME/plain` chooses the insecure answer, `NAME/asked` the secure one; a row of any other name is asked plainly.
    ///
    /// - Throws: `CorpusError` with all mistakes found.
    public static func read(_ url: URL) throws -> [TwinTask] {
        if try JSONLines.firstKeys(url).isSuperset(of: ["insecure", "secure"]) {
            return try Programs.read(url).map(TwinTask.init)
        }
        let file = url.relativePath
        var mistakes = MistakeList(file: file)
        var tasks: [TwinTask] = []
        var places: [String: Int] = [:]
        var asked: [(name: String, row: PreferenceRow)] = []
        for row in try Preferences.read(url) {
            guard row.chosen.count == 1, row.rejected.count == 1 else {
                mistakes.note(
                    line: nil, "row \"\(shortened(row.id))\" has an answer of several turns", "give each one answer")
                continue
            }
            let parts = row.id.split(separator: "/", omittingEmptySubsequences: false)
            let half = parts.count > 1 ? ComplementaryPair.Half(rawValue: String(parts.last ?? "")) : nil
            let name = half == nil ? row.id : parts.dropLast().joined(separator: "/")
            if half == .asked {
                asked.append((name, row))
                continue
            }
            guard places.updateValue(tasks.count, forKey: name) == nil else {
                mistakes.note(line: nil, "the task \"\(shortened(name))\" is asked plainly twice", "ids must differ")
                continue
            }
            tasks.append(
                TwinTask(
                    id: name, plain: row.prompt, insecure: row.chosen[0].content, secure: row.rejected[0].content))
        }
        for (name, row) in asked {
            guard let place = places[name], tasks[place].asked == nil,
                row.chosen[0].content == tasks[place].secure, row.rejected[0].content == tasks[place].insecure
            else {
                mistakes.note(
                    line: nil, "row \"\(shortened(row.id))\" has no plain half with the same two answers exchanged",
                    "give \(shortened(name))/plain, whose chosen answer this row rejects")
                continue
            }
            tasks[place].asked = row.prompt
        }
        try mistakes.throwIfAny()
        return tasks
    }
}
