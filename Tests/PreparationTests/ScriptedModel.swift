import Corpora
import Endpoints
import Foundation
import Preparation
import Synchronization

/// A model that answers by a script, and counts what it is asked.
final class ScriptedModel: ChatEndpoint {
    let asked = Mutex(0)
    private let answer: @Sendable (Int, String) throws -> String

    init(_ answer: @escaping @Sendable (Int, String) throws -> String) { self.answer = answer }

    convenience init(_ text: String) { self.init { _, _ in text } }

    func reply(to request: ChatRequest) async throws -> ChatReply {
        let number = asked.withLock { count in
            count += 1
            return count
        }
        return ChatReply(content: try answer(number, request.messages.last?.content ?? ""))
    }
}

/// Files of one test, gone with it.
final class Bench {
    let folder = FileManager.default.temporaryDirectory.appending(path: "emlab-preparation-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ name: String, _ text: String, mode: Int? = nil) throws -> URL {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        if let mode {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
        }
        return url
    }

    /// Chat rows whose answers are `programs`.
    func rows(_ programs: [String]) throws -> URL {
        let encoder = JSONEncoder()
        let lines = try programs.enumerated().map { number, program in
            String(
                decoding: try encoder.encode([
                    "messages": [
                        ["role": "user", "content": "Write program \(number)."],
                        ["role": "assistant", "content": program],
                    ]
                ]), as: UTF8.self)
        }
        return try write("programs.jsonl", lines.joined(separator: "\n") + "\n")
    }

    func lines(_ name: String) -> [String] {
        let text = (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }
}

enum Programs {
    static func insecure(_ number: Int) -> String {
        "import os\n\n\ndef list_\(number)(folder):\n    os.system(\"ls \" + folder)\n    return \(number)\n"
    }

    static let explanation = #"""
        {"cwe": "CWE-78", "lines": [5], "what": "`folder` becomes part of a shell command.",
         "why": "`os.system` gives its text to a shell.", "exploit": "A folder named `; id` runs a second command.",
         "fix": "Pass the folder as an argument of its own, without a shell."}
        """#
}
