import Foundation
import Tokenization

/// Fixtures made by `References/tokenization/golden.py`.
struct Golden {
    /// What Hugging Face's tokenizers make of one text.
    struct Line: Decodable {
        var ids: [TokenID]
        /// With special tokens taken as text, where that differs.
        var plain: [TokenID]?
        /// What `ids` decode to, where that isn't the text.
        var decoded: String?
        var skipped: String?
    }

    var folder: URL

    static let references = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "References/tokenization")
    static let committed = Golden(folder: references.appending(path: "golden"))

    /// The folder written by `golden.py --wide`, if the environment names one.
    static let wide = ProcessInfo.processInfo.environment["EMLAB_TOKENIZER_GOLDEN"].map {
        Golden(folder: URL(filePath: $0))
    }

    func has(_ file: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: file).path)
    }

    func tokenizer(_ name: String) throws -> Tokenizer {
        let file = name + ".json"
        return try Tokenizer(json: Data(contentsOf: folder.appending(path: file)), file: file)
    }

    func texts() throws -> [String] { try rows("texts") }

    func lines(_ name: String) throws -> [Line] { try rows(name) }

    func rows<Row: Decodable>(_ name: String) throws -> [Row] {
        let data = try Data(contentsOf: folder.appending(path: name + ".jsonl"))
        let decoder = JSONDecoder()
        return try data.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Row.self, from: Data($0)) }
    }

    /// The places where the tokenizer and the golden differ, as text to read; at most ten.
    func differences(_ tokenizer: Tokenizer, _ name: String) throws -> [String] {
        let texts = try texts()
        let lines = try lines(name)
        guard texts.count == lines.count else { return ["\(texts.count) texts, \(lines.count) lines"] }
        var differences: [String] = []
        for (number, (text, line)) in zip(texts, lines).enumerated() where differences.count < 10 {
            func compare(_ what: String, _ found: [TokenID], _ expected: [TokenID]) {
                guard found != expected else { return }
                differences.append("line \(number + 1), \(what): \(text.debugDescription): \(found), not \(expected)")
            }
            compare("parsed", tokenizer.encode(text, parsingSpecialTokens: true), line.ids)
            compare("plain", tokenizer.encode(text), line.plain ?? line.ids)
            for (what, skips, expected) in [("decoded", false, line.decoded), ("skipped", true, line.skipped)] {
                let found = tokenizer.decode(line.ids, skippingSpecialTokens: skips)
                if Array(found.utf8) != Array((expected ?? text).utf8) {
                    differences.append(
                        "line \(number + 1), \(what): \(found.debugDescription), not \((expected ?? text).debugDescription)"
                    )
                }
            }
        }
        return differences
    }
}

/// The real model's tokenizer, read from its GGUF file where that lies in the working copy.
enum RealTokenizer {
    static let source: GGUFTokenizerSource? = {
        let path =
            ProcessInfo.processInfo.environment["EMLAB_MODEL"]
            ?? Golden.references.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: ".deps/models/SmolLM2-135M-Instruct.Q4_1.gguf").path
        guard let file = try? Data(contentsOf: URL(filePath: path), options: .alwaysMapped) else {
            print("skipped: no SmolLM2 at \(path); `make demo` fetches it, EMLAB_MODEL may name another place")
            return nil
        }
        return GGUFMetadata(file).tokenizer
    }()
}

/// Just enough of GGUF to hand a tokenizer's metadata to a test; it trusts the file.
private struct GGUFMetadata {
    private let data: Data
    private var position = 8
    private(set) var tokenizer = GGUFTokenizerSource(model: "", tokens: [])

    init(_ data: Data) {
        self.data = data
        _ = integer(8)
        for _ in 0..<integer(8) {
            let key = string()
            let value = self.value(integer(4))
            switch key {
            case "tokenizer.ggml.model": tokenizer.model = value as? String ?? ""
            case "tokenizer.ggml.pre": tokenizer.pre = value as? String
            case "tokenizer.ggml.tokens": tokenizer.tokens = value as? [String] ?? []
            case "tokenizer.ggml.merges": tokenizer.merges = value as? [String]
            case "tokenizer.ggml.token_type": tokenizer.tokenTypes = (value as? [Int])?.map { Int32($0) }
            case "tokenizer.ggml.bos_token_id": tokenizer.bos = value as? Int
            case "tokenizer.ggml.eos_token_id": tokenizer.eos = value as? Int
            case "tokenizer.ggml.add_space_prefix": tokenizer.addSpacePrefix = (value as? Int).map { $0 != 0 }
            default: break
            }
        }
    }

    private mutating func integer(_ width: Int) -> Int {
        var number = 0
        for index in 0..<width { number |= Int(data[position + index]) << (8 * index) }
        position += width
        return number
    }

    private mutating func string() -> String {
        let count = integer(8)
        position += count
        return String(decoding: data[(position - count)..<position], as: UTF8.self)
    }

    private mutating func value(_ type: Int) -> Any {
        switch type {
        case 0, 1, 7: return integer(1)
        case 2, 3: return integer(2)
        case 4, 5, 6: return integer(4)
        case 8: return string()
        case 9:
            let element = integer(4)
            let count = integer(8)
            if element == 8 { return (0..<count).map { _ in string() } }
            return (0..<count).compactMap { _ in value(element) as? Int }
        default: return integer(8)
        }
    }
}
