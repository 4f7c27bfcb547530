import Foundation
import Testing
import Tokenization

@Suite("A damaged or hostile tokenizer file")
struct HostileFileTests {
    private static let byteLevel =
        #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"decoder":{"type":"ByteLevel"}"#

    private static func json(
        vocab: String = #"{"a":0,"b":1,"ab":2}"#, merges: String = #"["a b"]"#, added: String = "[]",
        rest: String = byteLevel, model: String = #""type":"BPE","#
    ) -> String {
        #"{"added_tokens":\#(added),\#(rest),"model":{\#(model)"vocab":\#(vocab),"merges":\#(merges)}}"#
    }

    private static func error(_ json: String) -> String? {
        do {
            _ = try Tokenizer(json: Data(json.utf8), file: "tokenizer.json")
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("the file that the mistakes below are made in is fine")
    func fine() throws {
        let tokenizer = try Tokenizer(json: Data(Self.json().utf8), file: "tokenizer.json")
        #expect(tokenizer.encode("abba") == [2, 1, 0])
        #expect(tokenizer.vocabularySize == 3)
    }

    private static let growing = #"{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaaaaaaaaaa"}"#

    static let mistakes: [(String, String)] = [
        ("", "1:1"), ("{", "cut short"), ("nonsense", "unknown word"), ("[]", "no \"model\""),
        ("{\"model\":3}", "model.type"),
        (String(repeating: "[", count: 1_000_000), "nesting"), ("\"\\ud800\"", "surrogate"), ("\"a\u{1}\"", "control"),
        (json(vocab: #"{"a":0,"b":0}"#), "two tokens have id 0"), (json(vocab: #"{"a":0,"a":1}"#), "listed twice"),
        (json(vocab: #"{"a":-1}"#), "not a token id"), (json(vocab: #"{"a":99999999999999999999}"#), "not a token id"),
        (json(vocab: #"{"a":2147483646}"#), "too high"), (json(vocab: #"{"a":1.5}"#), "not a token id"),
        (json(vocab: "{}", merges: "[]"), "empty"), (json(vocab: "[]"), "model.vocab"),
        (json(merges: #"["a c"]"#), "merge 0 names \"c\""), (json(merges: #"["b a"]"#), "\"ba\""),
        (json(merges: #"["ab"]"#), "merges[0]"), (json(merges: #"[["a"]]"#), "merges[0]"),
        (json(merges: "[1]"), "merges[0]"),
        (json(merges: "{}"), "model.merges"), (json(added: #"[{"id":0,"content":"x"}]"#), "one of the two must change"),
        (json(added: #"[{"id":-5,"content":"x"}]"#), "added_tokens[0].id"), (json(added: #"[{"id":7}]"#), "content"),
        (json(added: #"[{"id":7,"content":"x"},{"id":7,"content":"y"}]"#), "repeats"),
        (json(added: #"[{"id":7,"content":"x"},{"id":8,"content":"x"}]"#), "repeats"),
        (json(added: #"[{"id":900000000,"content":"x"}]"#), "too high"),
        (json(model: #""type":"Unigram","#), "Unigram"), (json(model: #""type":"BPE","dropout":0.1,"#), "dropout"),
        (json(model: #""type":"BPE","end_of_word_suffix":"</w>","#), "</w>"),
        (json(model: #""type":"BPE","unk_token":"?","#), "unk_token"),
        (json(rest: #""pre_tokenizer":{"type":"Whitespace"},"decoder":{"type":"ByteLevel"}"#), "Whitespace"),
        (json(rest: #""normalizer":{"type":"NFKC"},"# + byteLevel), "NFKC"),
        (
            json(
                rest: #""normalizer":{"type":"Prepend","prepend":"\#(String(repeating: "x", count: 100))"},"#
                    + byteLevel),
            "100 bytes"
        ),
        (
            json(rest: #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true},"decoder":{"type":"ByteLevel"}"#),
            "prefix"
        ),
        (
            json(
                rest: #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"decoder":{"type":"WordPiece"}"#),
            "decoder"
        ),
        (json(rest: #""decoder":{"type":"WordPiece"}"#), "WordPiece"), (json(rest: #""x":1"#), "no decoder"),
        (
            json(
                rest:
                    #""pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\w+"},"#
                    + #""behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},"#
                    + #""decoder":{"type":"ByteLevel"}"#), "\\w+"
        ),
    ]

    @Test("is an error that says what and where", arguments: mistakes)
    func mistake(json: String, expected: String) {
        let message = Self.error(json)
        #expect(message?.contains("tokenizer.json") == true)
        #expect(message?.contains(expected) == true, "\(message ?? "no error")")
    }

    @Test("tokens that Swift's strings hold for equal stay apart")
    func canonicalEquivalence() throws {
        let json = Self.json(
            vocab: "{\"e\":0,\"\u{301}\":1,\"\u{E9}\":2,\"e\u{301}\":3}", merges: "[[\"e\",\"\u{301}\"]]",
            rest: #""decoder":{"type":"Fuse"}"#)
        let tokenizer = try Tokenizer(json: Data(json.utf8), file: "tokenizer.json")
        #expect(tokenizer.encode("\u{E9}e\u{301}") == [2, 3])
        #expect(tokenizer.id(ofToken: "\u{E9}") == 2 && tokenizer.id(ofToken: "e\u{301}") == 3)
    }

    @Test("mutated tokenizer.json: an error or a tokenizer that works, never a trap", arguments: GoldenTests.names)
    func mutations(name: String) throws {
        let seed: UInt64 = 7
        print("mutations of \(name).json, seed \(seed)")
        var draws = SeededDraws(seed: seed)
        let original = [UInt8](try Data(contentsOf: Golden.committed.folder.appending(path: name + ".json")))
        let snippets = [
            "-1", "0", "99999999999", "1e308", "null", "true", "\"\"", "[", "]", "{", "}", ",", "\"", "\\u0000",
            "\\ud83d",
            "{\"type\":\"Sequence\",\"decoders\":[]}", "é", "2147483647", "\"Regex\"",
        ].map { Array($0.utf8) }
        var read = 0
        for _ in 0..<400 {
            var bytes = original
            for _ in 0...draws.below(2) {
                let place = draws.below(bytes.count)
                switch draws.below(8) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: draws.next())
                case 1: bytes.removeSubrange(place..<min(place + 1 + draws.below(20), bytes.count))
                case 2: bytes.insert(contentsOf: draws.pick(snippets), at: place)
                case 3: bytes.removeLast(bytes.count - place)
                case 4: bytes.swapAt(place, draws.below(bytes.count))
                case 5:
                    guard let letter = bytes[place...].firstIndex(where: { (97...122).contains($0) }) else { continue }
                    bytes[letter] = 97 + UInt8(draws.below(26))
                case 6: bytes.insert(contentsOf: bytes[place..<min(place + draws.below(200), bytes.count)], at: place)
                default:
                    guard let digit = bytes[place...].firstIndex(where: { (48...57).contains($0) }) else { continue }
                    bytes.replaceSubrange(digit..<digit + 1, with: draws.pick(snippets))
                }
                if bytes.isEmpty { break }
            }
            do {
                let tokenizer = try Tokenizer(json: Data(bytes), file: name)
                read += 1
                for _ in 0..<5 {
                    let ids = tokenizer.encode(draws.text(), parsingSpecialTokens: draws.below(2) == 0)
                    #expect(ids.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabularySize })
                    _ = tokenizer.decode(ids)
                }
            } catch is TokenizerError {}
        }
        #expect(read > 3 && read < 390)
    }

    @Test("ids that name no token are passed over")
    func foreignIDs() throws {
        let tokenizer = try Golden.committed.tokenizer("gemma")
        #expect(tokenizer.decode([-1, .min, .max, 100_000]) == "")
        #expect(tokenizer.bytes(of: [-1, .max]) == [])
    }

    @Test("hostile GGUF metadata: an error or a tokenizer that works, never a trap")
    func hostileSource() throws {
        let seed: UInt64 = 11
        print("hostile GGUF sources, seed \(seed)")
        var draws = SeededDraws(seed: seed)
        var read = 0
        for _ in 0..<3000 {
            let tokens = (0..<draws.below(30)).map { index in
                draws.below(3) == 0
                    ? draws.text(pieces: 2) : draws.pick(["a", "b", "ab", "<0x41>", "▁", "Ġ"]) + "\(index)"
            }
            var source = GGUFTokenizerSource(
                model: draws.pick(["gpt2", "llama", "bert", ""]), pre: draws.pick(["smollm", "qwen2", "default", nil]),
                tokens: tokens)
            source.tokenTypes = draws.pick([nil, tokens.map { _ in Int32(draws.below(9)) - 1 }, [1]])
            source.scores = draws.pick([nil, tokens.map { _ in Float(draws.below(5)) }, tokens.map { _ in .nan }, [0]])
            source.merges = draws.pick([nil, [], ["a b"], ["", " ", "a  b", "x y z"], tokens.map { $0 + " " + $0 }])
            source.bos = draws.pick([nil, 0, -1, .max, .min, 31])
            source.eos = draws.pick([nil, 1])
            source.unknown = draws.pick([nil, 0, 99])
            source.addSpacePrefix = draws.pick([nil, true, false])
            do {
                let tokenizer = try Tokenizer(source: source, file: "x.gguf")
                read += 1
                let ids = tokenizer.encode(draws.text(), parsingSpecialTokens: draws.below(2) == 0)
                #expect(ids.allSatisfy { $0 >= 0 && Int($0) < tokens.count })
                _ = tokenizer.decode(ids)
            } catch is TokenizerError {}
        }
        #expect(read > 10)
    }

    @Test("a GGUF whose pre-tokenizer isn't known is an error that names it and what is")
    func unknownPre() {
        for pre in ["default", "deepseek-llm", nil] {
            let source = GGUFTokenizerSource(model: "gpt2", pre: pre, tokens: ["a"], merges: [])
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(source: source, file: "m.gguf") }
            #expect(error?.message.contains("m.gguf") == true && error?.message.contains("qwen2") == true)
        }
    }
}
