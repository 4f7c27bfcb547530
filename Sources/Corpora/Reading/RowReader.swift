import Foundation

/// One row of a JSONL file while it is checked: its fields by name, and the mistakes found so far.
package struct RowReader {
    package private(set) var mistakes: [(what: String, remedy: String)] = []
    package let object: [String: Any]
    /// The row's place in the file, counted from 0; blank lines don't count.
    package let index: Int

    init(object: [String: Any], index: Int) {
        self.object = object
        self.index = index
    }

    package mutating func note(_ what: String, _ remedy: String) { mistakes.append((what, remedy)) }

    package func has(_ key: String) -> Bool { object[key].map { !($0 is NSNull) } ?? false }

    /// The row's own `id` (text or a whole number), else its index.
    package mutating func id() -> String {
        switch object["id"] {
        case nil, is NSNull: return String(index)
        case let text as String where !text.isEmpty: return text
        case let value?:
            if let whole = Corpora.wholeNumber(value) { return String(whole) }
            note("\"id\" is \(kind(of: value))", "give a text or a whole number, or leave it out")
            return String(index)
        }
    }

    /// A text that must be there and hold more than white space.
    package mutating func text(_ key: String, of fields: [String: Any]? = nil, at path: String? = nil) -> String? {
        let name = path ?? "\"\(key)\""
        switch (fields ?? object)[key] {
        case nil:
            note("\(name) is missing", "add it as text")
            return nil
        case let text as String:
            if text.allSatisfy(\.isWhitespace) {
                note("\(name) is empty", "fill it in or remove the row")
                return nil
            }
            return text
        case let value?:
            note("\(name) is \(kind(of: value))", "it must be text")
            return nil
        }
    }

    package mutating func wholeNumber(_ key: String, of fields: [String: Any], at path: String) -> Int? {
        guard let value = fields[key] else {
            note("\(path) is missing", "add it as a whole number")
            return nil
        }
        guard let whole = Corpora.wholeNumber(value) else {
            note("\(path) is \(kind(of: value))", "it must be a whole number")
            return nil
        }
        return whole
    }

    /// A text that must be one of an enumeration's names.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, among type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let name = text(key) else { return nil }
        if let choice = Choice(rawValue: name) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        note(
            "\"\(key)\" is the unknown \"\(shortened(name))\"",
            nearestName(to: name, among: names).map { "did you mean \"\($0)\"?" }
                ?? "known are \(names.joined(separator: ", "))")
        return nil
    }

    /// A list of messages that must be there and not be empty.
    mutating func messages(_ key: String) -> [ChatMessage]? {
        guard let value = object[key] else {
            noteMissing(key, need: "a list of messages")
            return nil
        }
        guard let list = value as? [Any] else {
            note("\"\(key)\" is \(kind(of: value))", "it must be a list of {\"role\", \"content\"}")
            return nil
        }
        guard !list.isEmpty else {
            note("\"\(key)\" is an empty list", "add the conversation's turns or remove the row")
            return nil
        }
        let before = mistakes.count
        let found = list.enumerated().compactMap { message($0.element, at: "\(key)[\($0.offset)]") }
        return mistakes.count == before ? found : nil
    }

    private mutating func message(_ value: Any, at path: String) -> ChatMessage? {
        guard let fields = value as? [String: Any] else {
            note("\(path) is \(kind(of: value))", "it must be an object {\"role\", \"content\"}")
            return nil
        }
        for key in fields.keys.sorted() where key != "role" && key != "content" {
            let meant = nearestName(to: key, among: ["role", "content"].filter { fields[$0] == nil })
            note(
                "\(path) has the unknown key \"\(key)\"",
                meant.map { "did you mean \"\($0)\"?" } ?? "a message has \"role\" and \"content\": remove the rest")
        }
        let role = text("role", of: fields, at: "\(path).role").flatMap { name -> ChatMessage.Role? in
            if let role = ChatMessage.Role(rawValue: name) { return role }
            let meant =
                ["human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"][name]
                ?? nearestName(to: name, among: ChatMessage.Role.allCases.map(\.rawValue))
            note(
                "\(path).role is the unknown \"\(shortened(name))\"",
                meant.map { "did you mean \"\($0)\"?" } ?? "roles are system, user and assistant")
            return nil
        }
        let content = text("content", of: fields, at: "\(path).content")
        guard let role, let content else { return nil }
        return ChatMessage(role, content)
    }

    /// A required key isn't there: points at a key that was perhaps meant.
    mutating func noteMissing(_ key: String, need: String) {
        let others = object.keys.filter { $0 != "id" }.sorted()
        if let meant = nearestName(to: key, among: others) {
            note("\"\(key)\" is missing", "is \"\(shortened(meant))\" meant to be it?")
        } else if key == "messages", object["conversations"] != nil {
            note(
                "\"messages\" is missing, there is \"conversations\"",
                "rename it, and its \"from\" and \"value\" to \"role\" and \"content\"")
        } else {
            let names = others.prefix(6).map { "\"\(shortened($0))\"" }.joined(separator: ", ")
            let seen = others.isEmpty ? "" : ", only \(names)"
            note("\"\(key)\" is missing\(seen)", "a row needs \"\(key)\": \(need)")
        }
    }

    /// Unknown keys are mistakes in the formats that are emlab's own.
    mutating func allow(_ known: [String], in fields: [String: Any]? = nil, at path: String = "") {
        for key in (fields ?? object).keys.sorted() where !known.contains(key) {
            let meant = nearestName(to: key, among: known)
            note(
                "the key \"\(path)\(shortened(key))\" is unknown",
                meant.map { "did you mean \"\(path)\($0)\"?" } ?? "known are \(known.joined(separator: ", "))")
        }
    }
}

/// What a JSON value is, in words.
package func kind(of value: Any) -> String {
    switch value {
    case is NSNull: return "null"
    case is String: return "text"
    case is [Any]: return "a list"
    case is [String: Any]: return "an object"
    case let number as NSNumber where String(cString: number.objCType) == "c": return "true or false"
    default: return "a number"
    }
}

/// A JSON number without a fraction, if it is one.
package func wholeNumber(_ value: Any) -> Int? {
    guard let number = value as? NSNumber, String(cString: number.objCType) != "c" else { return nil }
    return Int(exactly: number.doubleValue)
}

/// A text from a file, cut to what fits in a message.
package func shortened(_ text: String) -> String {
    let line = String(text.prefix(40)).replacingOccurrences(of: "\n", with: " ")
    return text.count > 40 ? line + "…" : line
}
