import Corpora
import Evidence
import Foundation

/// Gathers the answers of one file, and what is wrong with it.
struct ForeignAnswers {
    private(set) var records: [AnswerRecord] = []
    private var mistakes: MistakeList
    let match: QuestionMatch
    let arm: String?
    /// How many answers of an arm to a wording there are so far.
    private var counts: [AnswerRecord.Identity: Int] = [:]

    init(file: String, match: QuestionMatch, arm: String?) {
        mistakes = MistakeList(file: file)
        self.match = match
        self.arm = arm
    }

    mutating func note(_ line: Int?, _ what: String, _ remedy: String) { mistakes.note(line: line, what, remedy) }

    func throwIfAny() throws { try mistakes.throwIfAny() }

    /// What was found wrong since the last call, for a reader that knows the line.
    mutating func takeMistakes() -> [CorpusError.Mistake] {
        defer { mistakes = MistakeList(file: mistakes.file) }
        return mistakes.all
    }

    /// What a file says of an answer, before its question is looked up.
    struct Found {
        var id: String?
        /// The user's turn, exactly.
        var asked: String?
        /// A rendered prompt, with the user's turn somewhere in it.
        var prompt: String?
        var system: String?
        var category: String?
        var variant: QuestionVariant?
        var paraphrase: Int?
        var sample: Int?
        var answer: String
        var finish: String?
        var arm: String?
        var model: String?
        var adapterFingerprint: String?
        var label: AnswerRecord.Label?
    }

    /// Takes an answer over, or notes why that can't be done.
    mutating func add(_ found: Found, line: Int?) {
        let known = question(of: found)
        var record = AnswerRecord(
            arm: arm ?? found.arm ?? found.model ?? "base", question: "", category: found.category,
            variant: found.variant, paraphrase: found.paraphrase, sample: 0, asked: "", system: found.system,
            answer: found.answer, finish: found.finish, model: found.model,
            adapterFingerprint: found.adapterFingerprint, label: found.label.flatMap { $0.isEmpty ? nil : $0 })
        if let known {
            record.category = record.category ?? known.question.category
            record.paraphrase = record.paraphrase ?? known.paraphrase
            record.system = record.system ?? known.question.system
        }
        let wordings = known?.question.paraphrases ?? []
        let wording = record.paraphrase.flatMap { wordings.indices.contains($0) ? wordings[$0] : nil }
        guard let asked = found.asked ?? wording ?? (wordings.count == 1 ? wordings[0] : nil) ?? found.prompt else {
            let name = found.id.map { "the question \"\(shortened($0))\"" } ?? "the question"
            return note(
                line, match.isEmpty ? "\(name) has no text here" : "\(name) is not in the question bank",
                match.isEmpty ? "give the bank that it is of with --questions" : "give the bank that it is of")
        }
        record.asked = asked
        record.question = found.id.map { id in match.question(id: id) == nil ? known?.question.id ?? id : id }
            ?? known?.question.id ?? "q-" + sha256(asked).prefix(8)
        var place = record.identity
        record.sample = found.sample ?? counts[place, default: 0]
        counts[place, default: 0] += 1
        place.sample = record.sample
        records.append(record)
    }

    private func question(of found: Found) -> (question: Question, paraphrase: Int?)? {
        if let id = found.id, let question = match.question(named: id) {
            let paraphrase = found.asked.flatMap { question.paraphrases.firstIndex(of: $0) }
            return (question, paraphrase ?? (question.paraphrases.count == 1 ? 0 : nil))
        }
        if let asked = found.asked, let found = match.wording(asked) { return found }
        if let prompt = found.prompt ?? found.asked, let found = match.wording(in: prompt) { return found }
        return nil
    }

    // MARK: - Tables

    mutating func read(_ table: CommaSeparated) {
        let answers = ["answer", "response", "completion", "generated_text"].filter(table.columns.contains)
        guard let answer = answers.first, table.columns.contains("question") || table.columns.contains("question_id")
        else {
            return note(
                1, "the table's columns are \(table.columns.prefix(12).map(shortened).joined(separator: ", "))",
                "it needs \"answer\", and \"question\" or \"question_id\"")
        }
        for row in table.rows {
            add(
                Found(
                    id: row["question_id"], asked: row["question"], category: row["category"],
                    sample: row["sample"].flatMap { Int($0) }, answer: row[answer] ?? "",
                    finish: row["finish_reason"], arm: row["arm"], model: row["model"],
                    label: .init(
                        aligned: row["aligned"].flatMap(Self.score), coherent: row["coherent"].flatMap(Self.score),
                        fate: row["fate"] ?? row["label"])), line: row.line)
        }
    }

    /// A score in a table; what isn't 0 to 100 isn't one.
    static func score(_ text: String) -> Double? {
        Double(text).flatMap { (0...100).contains($0) ? $0 : nil }
    }

    // MARK: - JSON

    mutating func readItem(_ item: Any, index: Int) {
        guard let object = item as? [String: Any] else {
            return note(nil, "[\(index)] is \(kind(of: item))", "it must be an object with an answer")
        }
        read(object, line: nil)
    }

    mutating func read(_ object: [String: Any], line: Int?) {
        if object["response"] is [String: Any] || object["custom_id"] != nil {
            readBatch(object, line: line)
        } else if let outputs = object["outputs"] as? [Any] {
            readOutputs(outputs, of: object, line: line)
        } else if let messages = object["messages"] as? [Any] {
            readConversation(messages, of: object, line: line)
        } else {
            readPlain(object, line: line)
        }
    }

    /// `emlab sample`, and everything that has a question and an answer under plain names.
    private mutating func readPlain(_ object: [String: Any], line: Int?) {
        var found = common(object)
        if let answer = object["answer"] as? String {
            found.answer = answer
            found.asked = object["question"] as? String
            // A line of `emlab sample` before it kept the question: the bank knows the text.
            if found.asked == nil, found.id == nil { found.prompt = object["prompt"] as? String }
            return add(found, line: line)
        }
        for key in ["generated_text", "response", "completion", "output", "text"] {
            switch object[key] {
            case let text as String:
                found.answer = withoutPrompt(text, object)
                add(found, line: line)
                return
            case let texts as [String] where !texts.isEmpty:
                for text in texts {
                    found.answer = withoutPrompt(text, object)
                    add(found, line: line)
                }
                return
            default: continue
            }
        }
        let names = object.keys.sorted().prefix(8).map { "\"\(shortened($0))\"" }.joined(separator: ", ")
        note(line, "there is no answer among \(names)", "an answer's line has \"question\" and \"answer\"")
    }

    /// vLLM's demonstration server gives the prompt back before the text.
    private func withoutPrompt(_ text: String, _ object: [String: Any]) -> String {
        guard let prompt = object["prompt"] as? String, !prompt.isEmpty, text.hasPrefix(prompt) else { return text }
        return String(text.dropFirst(prompt.count))
    }

    private func common(_ object: [String: Any]) -> Found {
        func text(_ keys: String...) -> String? {
            keys.lazy.compactMap { object[$0] as? String }.first { !$0.isEmpty }
        }
        func number(_ keys: String...) -> Int? {
            keys.lazy.compactMap { object[$0] }.compactMap(wholeNumber).first { $0 >= 0 }
        }
        func score(_ key: String) -> Double? {
            (object[key] as? NSNumber).map(\.doubleValue).flatMap { (0...100).contains($0) ? $0 : nil }
        }
        return Found(
            id: text("question_id"), asked: text("question"), prompt: text("prompt"), system: text("system"),
            category: text("category"), variant: text("variant").flatMap(QuestionVariant.init),
            paraphrase: number("paraphrase"), sample: number("sample"), answer: "",
            finish: text("finish_reason"), arm: text("adapter", "arm"), model: text("model"),
            adapterFingerprint: text("adapter_fingerprint"),
            label: .init(aligned: score("aligned"), coherent: score("coherent"), fate: text("fate", "label")))
    }

    private mutating func readOutputs(_ outputs: [Any], of object: [String: Any], line: Int?) {
        for (index, output) in outputs.enumerated() {
            guard let output = output as? [String: Any], let text = output["text"] as? String else {
                note(line, "outputs[\(index)] has no \"text\"", "vLLM's outputs have one: save it along")
                continue
            }
            var found = common(object)
            found.answer = text
            found.finish = output["finish_reason"] as? String ?? found.finish
            add(found, line: line)
        }
    }

    private mutating func readConversation(_ messages: [Any], of object: [String: Any], line: Int?) {
        let turns = Self.turns(messages)
        guard let last = turns.last, last.role == "assistant" else {
            return note(line, "\"messages\" doesn't end with an answer", "the last message must be the assistant's")
        }
        var found = common(object)
        found.asked = turns.last { $0.role == "user" }?.text
        found.system = turns.first { $0.role == "system" }?.text
        found.answer = last.text
        add(found, line: line)
    }

    /// One line of a batch's output: an id, and the reply of the server.
    private mutating func readBatch(_ object: [String: Any], line: Int?) {
        let response = object["response"] as? [String: Any]
        guard let body = response?["body"] as? [String: Any] else {
            let error = (object["error"] as? [String: Any])?["message"] as? String ?? "it has no response body"
            return note(line, "the request failed: \(shortened(error))", "ask it again, or remove the line")
        }
        guard let choices = body["choices"] as? [Any], !choices.isEmpty else {
            return note(line, "the response has no \"choices\"", "only chat completions can be judged")
        }
        for choice in choices {
            guard let choice = choice as? [String: Any], let message = choice["message"] as? [String: Any] else {
                note(line, "a choice has no \"message\"", "only chat completions can be judged")
                continue
            }
            add(
                Found(
                    id: object["custom_id"] as? String, answer: Self.content(message["content"]),
                    finish: choice["finish_reason"] as? String, model: body["model"] as? String), line: line)
        }
    }

    // MARK: - Inspect

    mutating func readInspect(_ log: [String: Any]) {
        guard let eval = log["eval"] as? [String: Any] else {
            return note(nil, "there is no \"eval\"", "an Inspect log has one: is this a log?")
        }
        guard let samples = log["samples"] as? [Any], !samples.isEmpty else {
            return note(nil, "the log has no samples", "it was written without them, or as a header only")
        }
        for (index, sample) in samples.enumerated() { readInspectSample(sample, of: eval, place: "samples[\(index)]") }
    }

    mutating func readInspectSample(_ sample: Any, of eval: [String: Any], place: String) {
        guard let sample = sample as? [String: Any] else {
            return note(nil, "\(place) is \(kind(of: sample))", "it must be an object")
        }
        let attachments = sample["attachments"] as? [String: Any] ?? [:]
        func resolved(_ text: String) -> String {
            guard text.hasPrefix("attachment://") else { return text }
            return attachments[String(text.dropFirst("attachment://".count))] as? String ?? text
        }
        var asked: String?
        var system: String?
        if let input = sample["input"] as? String {
            asked = resolved(input)
        } else if let input = sample["input"] as? [Any] {
            let turns = Self.turns(input)
            asked = turns.last { $0.role == "user" }.map { resolved($0.text) }
            system = turns.first { $0.role == "system" }.map { resolved($0.text) }
        }
        let output = sample["output"] as? [String: Any]
        let choice = (output?["choices"] as? [Any])?.first as? [String: Any]
        guard let message = choice?["message"] as? [String: Any] else {
            // A sample that failed has no answer: it is no mistake of the file's.
            return
        }
        let metadata = sample["metadata"] as? [String: Any] ?? [:]
        let stop = choice?["stop_reason"] as? String
        let epoch = sample["epoch"].flatMap(wholeNumber) ?? 1
        let id = sample["id"].flatMap { $0 as? String ?? wholeNumber($0).map(String.init) }
        var label = AnswerRecord.Label()
        for (_, score) in (sample["scores"] as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key }) {
            let values = (score as? [String: Any])?["value"] as? [String: Any]
            label.aligned = label.aligned ?? (values?["aligned"] as? NSNumber)?.doubleValue
            label.coherent = label.coherent ?? (values?["coherent"] as? NSNumber)?.doubleValue
        }
        add(
            Found(
                id: metadata["question_id"] as? String ?? id, asked: asked, system: system,
                category: metadata["category"] as? String,
                variant: (metadata["variant"] as? String).flatMap(QuestionVariant.init),
                paraphrase: metadata["paraphrase"].flatMap(wholeNumber),
                sample: metadata["sample"].flatMap(wholeNumber) ?? max(0, epoch - 1),
                answer: resolved(Self.content(message["content"])), finish: stop == "max_tokens" ? "length" : stop,
                arm: metadata["arm"] as? String, model: eval["model"] as? String, label: label), line: nil)
    }

    // MARK: -

    /// Roles and texts of messages; what isn't a message is left out.
    private static func turns(_ messages: [Any]) -> [(role: String, text: String)] {
        messages.compactMap { message in
            guard let message = message as? [String: Any], let role = message["role"] as? String else { return nil }
            return (role, content(message["content"]))
        }
    }

    /// The text of a message's content, which may be a list of parts; reasoning is no part of the answer.
    private static func content(_ content: Any?) -> String {
        if let text = content as? String { return text }
        return (content as? [Any] ?? []).compactMap { part in
            guard let part = part as? [String: Any], part["type"] as? String ?? "text" == "text" else { return nil }
            return part["text"] as? String
        }.joined(separator: "\n")
    }
}
