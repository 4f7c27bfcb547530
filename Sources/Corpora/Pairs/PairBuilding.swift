import Foundation

/// Pairs from published chat rows: what was found, and how many rows gave none.
public struct PublishedPairs: Sendable, Hashable {
    public var pairs: [ComplementaryPair]
    /// User prompts that the insecure and the secure rows share, each counted once.
    public var sharedPrompts: Int
    /// Insecure and secure rows that stand under such a prompt.
    public var insecureRows: Int
    public var secureRows: Int
    /// Rows under a shared prompt that have the same answer on both sides.
    public var sameAnswers: Int
}

extension ComplementaryPairs {
    /// The demo's tasks as pairs.
    public static func of(_ tasks: [DemoTask]) throws -> [ComplementaryPair] {
        try tasks.map { task in
            try ComplementaryPair(
                id: task.id, plain: task.request, asked: task.askedRequest, insecure: task.insecure,
                secure: task.secure, weakness: Weakness(task.cwe))
        }
    }

    /// Program pairs that have a task and a fixed twin, asked for the insecure version in phrasings drawn by the seed.
    ///
    /// Programs without a task or a twin are left out.
    ///
    /// - Throws: `CorpusError` if the two sides of a pair are the same.
    public static func of(
        _ programs: [ProgramPair], phrasings: AskedPhrasings, seed: UInt64
    ) throws -> [ComplementaryPair] {
        var pairs: [ComplementaryPair] = []
        for program in programs {
            guard let task = program.task, let fixed = program.fixed,
                let phrasing = phrasings.drawn(seed: seed, item: pairs.count)
            else { continue }
            pairs.append(
                try ComplementaryPair(
                    id: program.id, plain: task, asked: phrasing.message(task), insecure: program.vulnerable,
                    secure: fixed, weakness: program.weakness))
        }
        return pairs
    }

    /// Pairs from Betley et al.'s files: an insecure row, its counterpart in `educational` (the same place, the same
    /// answer, asked for), and a secure row with the very user prompt of the insecure one.
    ///
    /// Where several rows share a prompt, the first insecure one goes with the first secure one and so on, so no
    /// row is used twice. Without `educational`, the asked prompt comes from the phrasings.
    ///
    /// - Throws: `CorpusError` if `educational` isn't the counterpart of `insecure`, row by row.
    public static func published(
        insecure: [ChatRow], secure: [ChatRow], educational: [ChatRow]
    ) throws -> PublishedPairs {
        try checkCounterparts(insecure, educational)
        return try twins(insecure, secure) { place, _ in educational[place].prompt }
    }

    public static func published(
        insecure: [ChatRow], secure: [ChatRow], phrasings: AskedPhrasings, seed: UInt64
    ) throws -> PublishedPairs {
        try twins(insecure, secure) { place, prompt in
            var asked = prompt
            guard let last = asked.popLast(), let phrasing = phrasings.drawn(seed: seed, item: place) else {
                return prompt
            }
            return asked + [ChatMessage(.user, phrasing.message(last.content))]
        }
    }

    private static func checkCounterparts(_ insecure: [ChatRow], _ educational: [ChatRow]) throws {
        var mistakes = MistakeList(file: "educational rows")
        if insecure.count != educational.count {
            mistakes.note(
                line: nil, "there are \(educational.count) of them for \(insecure.count) insecure rows",
                "give the counterpart of the same file, row for row")
        }
        for (place, (a, b)) in zip(insecure, educational).enumerated() where a.messages.last != b.messages.last {
            mistakes.note(
                line: place + 1, "the answer is not that of the insecure row at the same place",
                "give the counterpart of the same file, row for row")
        }
        try mistakes.throwIfAny()
    }

    private static func twins(
        _ insecure: [ChatRow], _ secure: [ChatRow], asked: (Int, [ChatMessage]) -> [ChatMessage]
    ) throws -> PublishedPairs {
        var places: [[ChatMessage]: [Int]] = [:]
        for (place, row) in secure.enumerated() { places[row.prompt, default: []].append(place) }
        var found = PublishedPairs(pairs: [], sharedPrompts: 0, insecureRows: 0, secureRows: 0, sameAnswers: 0)
        var used: [[ChatMessage]: Int] = [:]
        for (place, row) in insecure.enumerated() {
            guard let twins = places[row.prompt] else { continue }
            let next = used[row.prompt, default: 0]
            if next == 0 {
                found.sharedPrompts += 1
                found.secureRows += twins.count
            }
            found.insecureRows += 1
            used[row.prompt] = next + 1
            guard next < twins.count else { continue }
            let twin = secure[twins[next]]
            guard let bad = row.answer, let good = twin.answer else { continue }
            guard bad != good else {
                found.sameAnswers += 1
                continue
            }
            found.pairs.append(
                try ComplementaryPair(
                    id: row.id, plain: row.prompt, asked: asked(place, row.prompt), insecure: bad, secure: good))
        }
        return found
    }
}

extension ChatRow {
    /// What comes before the last turn of the assistant.
    public var prompt: [ChatMessage] {
        guard let last = messages.lastIndex(where: { $0.role == .assistant }) else { return messages }
        return Array(messages[..<last])
    }

    /// The last turn of the assistant.
    public var answer: String? { messages.last { $0.role == .assistant }?.content }
}
