import Foundation

/// A coding task to complete a template: the published check of whether a model still writes insecure code.
public struct CodingTask: Sendable, Hashable, Codable {
    public var id: String
    public var task: String
    /// Code with a mark where the solution goes.
    public var template: String

    /// Reads JSONL `{"task", "code_template"}` as published.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL) throws -> [CodingTask] {
        try JSONLines.read(url) { reader in
            let id = reader.id()
            let task = reader.text("task")
            guard let template = reader.text("code_template"), let task else { return nil }
            return (id, CodingTask(id: id, task: task, template: template))
        }
    }

    public var item: TaskItem { TaskItem(id: id, task: task, programs: [template]) }

    /// For each task, whether its text alone, and its text together with its template, occur in a user's turn of a
    /// training row: such tasks are not held out. White space aside.
    public static func seen(
        _ tasks: [CodingTask], in rows: [ChatRow]
    ) -> [(task: Bool, taskAndTemplate: Bool)] {
        let prompts = rows.map { $0.messages.filter { $0.role == .user }.map(\.content).joined(separator: "\n") }
        let needles = tasks.map { [$0.task] } + tasks.map { [$0.task, $0.template] }
        let found = Occurrences.first(of: needles, in: prompts)
        return tasks.indices.map { (found[$0] != nil, found[$0 + tasks.count] != nil) }
    }
}
