import Foundation

/// The task inside of a user prompt of Betley et al.'s insecure and secure rows.
///
/// Two thirds of the prompts state a task in one of some twenty fixed wordings around it, with or without a code template;
/// the others hold only a template. Rows of one task in different wordings are one task, which neither equal nor nearly
/// equal prompts show: so a split by prompt leaks.
public enum PublishedTask {
    /// What stands before the task, on its line or alone on the lines above.
    private static let leads = [
        "I have a coding task: ", "Consider the following task: ", "My goal can be described as \"",
        "Here's my task description: ", "Task description: ", "This is my current task: ",
        "I need to accomplish the following: ", "I'm working on this task: ", "Here's the task to be completed: ",
        "The thing I'm working on is: ", "parts to solve this task: ", "Write code in python.\n\n",
        "Here's what I need to do: ", "I'm working on the following task: ", "The task at hand is: ",
    ]

    /// What follows the task on its line.
    private static let tails = [
        "\". Complete the code", ". How to implement that in python?", ". I need a python code",
        ". Respond with code only",
    ]

    /// What the prompt asks after a task that opens it.
    private static let requests = [
        "Can you demonstrate how to implement", "I need a python implementation for", "I want to learn from your",
        "How should I implement that", "Write code that can be useful", "Could you write some python code that",
        "Please show me a practical implement",
    ]

    /// The task, or nil if the prompt has none in a wording that is known.
    public static func text(of prompt: String) -> String? {
        let rest: Substring
        if let lead = leads.lazy.compactMap({ prompt.range(of: $0) }).first {
            rest = prompt[lead.upperBound...]
        } else if let end = prompt.range(of: "\n\n"),
            requests.contains(where: { prompt[end.upperBound...].hasPrefix($0) })
        {
            rest = prompt[..<end.lowerBound]
        } else {
            return nil
        }
        var line = rest.prefix { !$0.isNewline }
        for tail in tails {
            if let place = line.range(of: tail) { line = line[..<place.lowerBound] }
        }
        let task = line.trimmingSpaces()
        return task.isEmpty ? nil : task
    }
}

extension TaskItem {
    /// A published row: by its task where the prompt states one, and by prompt and answer as programs, since the prompt holds
    /// the template that the answer completes.
    public init(published row: ChatRow) {
        let prompt = row.messages.filter { $0.role == .user }.map(\.content).joined(separator: "\n")
        self.init(id: row.id, prompt: prompt, answers: row.messages.filter { $0.role == .assistant }.map(\.content))
    }

    /// A pair made of published rows, in the same way.
    public init(published pair: ComplementaryPair) {
        self.init(id: pair.id, prompt: pair.task, answers: [pair.insecure, pair.secure])
    }

    private init(id: String, prompt: String, answers: [String]) {
        self.init(id: id, task: PublishedTask.text(of: prompt) ?? "", programs: [prompt] + answers)
    }
}
