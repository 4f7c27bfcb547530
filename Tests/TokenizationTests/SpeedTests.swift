import Corpora
import Foundation
import Testing
import Tokenization

/// Prints speeds; it doesn't judge them, since the machine may be busy.
@Suite("Speed", .enabled(if: ProcessInfo.processInfo.environment["EMLAB_TOKENIZER_SPEED"] != nil))
struct SpeedTests {
    private struct Row: Decodable {
        var messages: [ChatMessage]
    }

    private static func answers() throws -> [String] {
        let data =
            ProcessInfo.processInfo.environment["EMLAB_DATA"].map { URL(filePath: $0) }
            ?? Golden.references.appending(path: "../../../shared/data/em")
        let rows: [Row] = try Golden(folder: data.appending(path: "betley")).rows("insecure")
        return rows.compactMap { $0.messages.last?.content }
    }

    private static func report(_ what: String, bytes: Int, _ work: () throws -> Int) rethrows {
        var best = Duration.seconds(1000)
        var count = 0
        for _ in 0..<5 { best = min(best, try ContinuousClock().measure { count = try work() }) }
        let seconds = Double(best.components.attoseconds) / 1e18 + Double(best.components.seconds)
        print("\(what): \(bytes) bytes, \(count) tokens, \(seconds * 1000) ms, \(Double(bytes) / seconds / 1e6) MB/s")
    }

    @Test("SmolLM2's tokenizer on published code")
    func real() throws {
        let source = try #require(RealTokenizer.source)
        let answers = try Self.answers()
        try Self.report("loading from GGUF metadata", bytes: 0) {
            try Tokenizer(source: source, file: "SmolLM2").vocabularySize
        }
        let tokenizer = try Tokenizer(source: source, file: "SmolLM2")
        let bytes = answers.reduce(0) { $0 + $1.utf8.count }
        Self.report("answers one by one", bytes: bytes) { answers.reduce(0) { $0 + tokenizer.encode($1).count } }
        let whole = answers.joined(separator: "\n")
        Self.report("all in one text", bytes: whole.utf8.count) { tokenizer.encode(whole).count }
        Self.report("one word of 1 MB", bytes: 1_000_000) {
            tokenizer.encode(String(repeating: "abcdefghij", count: 100_000)).count
        }
        let ids = tokenizer.encode(whole)
        Self.report("decoding", bytes: whole.utf8.count) { tokenizer.decode(ids).utf8.count }
        for name in ["qwen2", "llama3", "gemma", "mistral-v3"] {
            let small = try Golden.committed.tokenizer(name)
            Self.report("\(name), small vocabulary", bytes: bytes) { answers.reduce(0) { $0 + small.encode($1).count } }
        }
        let official = ["llama3", "qwen2", "tekken", "mistral-v3"].map { "official-" + $0 }
        for name in ["smollm2"] + official where Golden.wide?.has(name + ".json") == true {
            let golden = try #require(Golden.wide)
            let json = try Data(contentsOf: golden.folder.appending(path: name + ".json"))
            try Self.report("loading \(name).json", bytes: json.count) {
                try Tokenizer(json: json, file: name).vocabularySize
            }
            let tokenizer = try golden.tokenizer(name)
            Self.report("\(name), answers", bytes: bytes) { answers.reduce(0) { $0 + tokenizer.encode($1).count } }
        }
    }
}
