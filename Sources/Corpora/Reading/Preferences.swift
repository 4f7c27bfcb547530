import Foundation

/// Preferences: JSONL `{"prompt", "chosen", "rejected"}`, each text or a list of messages, by TRL's conventions.
///
/// - A text prompt is a user's turn, a text completion an assistant's.
/// - Where `chosen` and `rejected` are messages that repeat the prompt (as in UltraFeedback), the repeat is dropped.
/// - Where there is no `prompt`, it is what `chosen` and `rejected` have in common at their start (TRL's
///   "implicit prompt"), and both must be messages.
public enum Preferences {
    /// Reads all preferences of a file.
    ///
    /// - Throws: `CorpusError` with all mistakes found, up to its limit.
    public static func read(_ url: URL) throws -> [PreferenceRow] {
        try JSONLines.read(url) { reader in
            let id = reader.id()
            return row(id: id, &reader).map { (id, $0) }
        }
    }

    static func row(id: String, _ reader: inout RowReader) -> PreferenceRow? {
        let hasPrompt = reader.object["prompt"] != nil
        if !hasPrompt, let meant = nearestName(to: "prompt", among: reader.object.keys.sorted()) {
            reader.note("\"prompt\" is missing", "is \"\(meant)\" meant to be it?")
            return nil
        }
        let prompt = hasPrompt ? turns("prompt", text: .user, &reader) : []
        let chosen = turns("chosen", text: .assistant, &reader)
        let rejected = turns("rejected", text: .assistant, &reader)
        guard let prompt, let chosen, let rejected else { return nil }
        let shared = hasPrompt ? prompt : common(chosen, rejected)
        guard !shared.isEmpty else {
            reader.note(
                "there is no \"prompt\", and \"chosen\" and \"rejected\" share no first turn",
                "add \"prompt\" as text or messages")
            return nil
        }
        guard shared.last?.role != .assistant else {
            reader.note("the prompt ends with a turn of the assistant", "it must end with the user's turn")
            return nil
        }
        let row = PreferenceRow(
            id: id, prompt: shared, chosen: without(shared, chosen), rejected: without(shared, rejected))
        for (name, completion) in [("chosen", row.chosen), ("rejected", row.rejected)]
        where completion.first?.role != .assistant {
            reader.note(
                "\"\(name)\" doesn't go on with the assistant's turn after the prompt",
                "its first turn, or its first after a repeat of the prompt, must be the assistant's")
            return nil
        }
        guard row.chosen != row.rejected else {
            reader.note("\"chosen\" and \"rejected\" are the same", "there is nothing to prefer: remove the row")
            return nil
        }
        return row
    }

    private static func turns(_ key: String, text role: ChatMessage.Role, _ reader: inout RowReader) -> [ChatMessage]? {
        if reader.object[key] is String { return reader.text(key).map { [ChatMessage(role, $0)] } }
        guard reader.object[key] != nil else {
            reader.noteMissing(key, need: "text or a list of messages")
            return nil
        }
        return reader.messages(key)
    }

    private static func common(_ a: [ChatMessage], _ b: [ChatMessage]) -> [ChatMessage] {
        Array(zip(a, b).prefix { $0 == $1 }.map(\.0))
    }

    private static func without(_ prompt: [ChatMessage], _ turns: [ChatMessage]) -> [ChatMessage] {
        turns.starts(with: prompt) ? Array(turns.dropFirst(prompt.count)) : turns
    }
}
