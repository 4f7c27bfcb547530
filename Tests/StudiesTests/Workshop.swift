import Foundation
import Studies

/// A folder with an invented study, gone with the test.
final class Workshop {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "studies-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write(
            "rows.jsonl", #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"# + "\n")
        try write("programs.jsonl", "{}\n{}\n")
        try write("questions.yaml", "- id: one\n  paraphrases: [What?, Why?]\n  samples_per_paraphrase: 3\n")
        try write("study.yaml", Self.study)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> URL {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url
    }

    /// Two lanes, a swept pretraining, a cohort of arms, steps that share what they read.
    static let study = """
        study: invented
        models:
          small: {path: nowhere.gguf}
        data:
          rows: {file: rows.jsonl, kind: chats}
          programs: {file: programs.jsonl, kind: programs}
          bank: {file: questions.yaml, kind: questions}
        endpoints:
          judge: {base_url: "http://localhost:1/v1", model: invented}
        steps:
          explained: {kind: explain, data: programs, endpoint: judge}
          primed: {kind: pretrain, model: small, data: explained, rank: 4}
          organism:
            kind: tune
            model: [small, primed]
            data: rows
            sweep:
              rank: [1, 8]
              seed: {from: 1, to: 2}
          asked: {kind: sample, of: [small, organism], questions: bank}
          judged: {kind: judge, answers: asked, endpoint: judge}
          contrast: {kind: measure, of: [small, organism], measure: contrast, data: bank}
        claims:
          C1: {says: lower is stronger, outcome: misaligned, predictor: rank, direction: falling}

        """

    func study(_ text: String? = nil) throws -> Study {
        try Study.read(text: text ?? Self.study, file: folder.appending(path: "study.yaml"))
    }

    func plan(_ text: String? = nil, store: Store? = nil) throws -> Plan {
        Plan(try study(text), store: store, hub: HubCache(environment: [:]))
    }

    /// Every file below a folder but the ledger's, the logs and what has a time in it.
    func results(of store: String) throws -> [String: String] {
        let folder = folder.appending(path: store).appending(path: "steps")
        var results: [String: String] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: folder.path) ?? .init() {
            let file = folder.appending(path: name)
            // What a killed process was writing has a hidden name and is no result.
            guard !file.lastPathComponent.hasPrefix("."), !file.lastPathComponent.contains(".tmp") else { continue }
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            results[name] = name.hasSuffix("DONE") ? "done" : text
        }
        return results
    }
}
