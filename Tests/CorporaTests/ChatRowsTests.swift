import Corpora
import Foundation
import Testing

let good = #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"#

@Suite("Chat rows")
struct ChatRowsTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func found(_ text: String) throws -> [String] {
        let url = try scratch.file(text)
        return mistakes { try ChatRows.read(url) }
    }

    @Test("a row's id is its own, or its place from 0; further columns are the data set's business")
    func ids() throws {
        let named = #"{"id": "x", "source": {"a": [1]}, "# + good.dropFirst()
        let numbered = #"{"id": 12, "# + good.dropFirst()
        let rows = try ChatRows.read(scratch.file([good, named, numbered, good].joined(separator: "\n")))
        #expect(rows.map(\.id) == ["0", "x", "12", "3"])
        #expect(rows[1].messages == [ChatMessage(.user, "Hi"), ChatMessage(.assistant, "Hello")])
    }

    @Test("a byte order mark, CRLF, blank lines and a missing last line end don't matter")
    func lineEnds() throws {
        let rows = try ChatRows.read(scratch.file("\u{FEFF}" + good + "\r\n\r\n  \n" + good + "\r\n" + good))
        #expect(rows.map(\.id) == ["0", "1", "2"])
        #expect(rows.allSatisfy { $0.messages.last?.content == "Hello" })
    }

    @Test("texts keep every character")
    func characters() throws {
        let text = "naïve 🧪 \u{0} \u{2028} \"quoted\" \\ \t\r\n </script> e\u{301} é"
        let line = try JSONSerialization.data(withJSONObject: [
            "messages": [["role": "assistant", "content": text]]
        ])
        let rows = try ChatRows.read(scratch.file(line))
        #expect(rows.first?.messages.first.map { Array($0.content.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test("a missing file, a folder and an empty file are said as such")
    func files() throws {
        let missing = scratch.folder.appendingPathComponent("none.jsonl")
        #expect(mistakes { try ChatRows.read(missing) } == ["-: there is no such file; check the path"])
        #expect(
            mistakes { try ChatRows.read(scratch.folder) } == [
                "-: this is a folder, a file is needed; name one file in it"
            ])
        for empty in ["", "\n\n", "\u{FEFF}"] {
            #expect(try found(empty) == ["-: the file holds no rows; it needs one JSON object a line"])
        }
    }

    @Test("wrong JSON on line 17 is found there, beside the other mistakes of the file")
    func line17() throws {
        var lines = Array(repeating: good, count: 40)
        lines[16] = String(good.dropLast(9))
        lines[29] = #"{"messages": [{"role": "user", "content": "Hi"}]}"#
        let url = try scratch.file(lines.joined(separator: "\n"))
        let error = #expect(throws: CorpusError.self) { try ChatRows.read(url) }
        #expect(error?.mistakes.map(\.line) == [17, 30])
        #expect(error?.description.contains("rows.jsonl:17: not valid JSON (") == true)
        #expect(
            error?.description.contains(
                "rows.jsonl:30: the row has no turn of the assistant; add what the model should answer") == true)
    }

    @Test(
        "what is wrong with a row, and what to do",
        arguments: [
            (
                #"[1, 2]"#,
                "1: the line is a list, not a JSON object; one object a line is needed: jq -c '.[]' FILE turns a list into that"
            ),
            (#""x""#, "1: the line is text, not a JSON object; one object a line is needed"),
            (#"{"mesages": []}"#, #"1: "messages" is missing; is "mesages" meant to be it?"#),
            (#"{"text": "x"}"#, #"1: "messages" is missing, only "text"; a row needs "messages": a list of messages"#),
            (#"{"messages": "x"}"#, #"1: "messages" is text; it must be a list of {"role", "content"}"#),
            (#"{"messages": []}"#, #"1: "messages" is an empty list; add the conversation's turns or remove the row"#),
            (#"{"messages": [3]}"#, #"1: messages[0] is a number; it must be an object {"role", "content"}"#),
            (
                #"{"messages": [{"role": "human", "content": "x"}]}"#,
                #"1: messages[0].role is the unknown "human"; did you mean "user"?"#
            ),
            (
                #"{"messages": [{"role": "asistant", "content": "x"}]}"#,
                #"1: messages[0].role is the unknown "asistant"; did you mean "assistant"?"#
            ),
            (
                #"{"messages": [{"role": "tool", "content": "x"}]}"#,
                #"1: messages[0].role is the unknown "tool"; roles are system, user and assistant"#
            ),
            (
                #"{"messages": [{"role": "assistant", "content": ["x"]}]}"#,
                "1: messages[0].content is a list; it must be text"
            ),
            (
                #"{"messages": [{"role": "assistant", "content": null}]}"#,
                "1: messages[0].content is null; it must be text"
            ),
            (
                #"{"messages": [{"role": "assistant", "content": " \n"}]}"#,
                "1: messages[0].content is empty; fill it in or remove the row"
            ),
            (#"{"messages": [{"role": "assistant"}]}"#, "1: messages[0].content is missing; add it as text"),
            (
                #"{"messages": [{"role": "assistant", "content": "x", "weight": 0}]}"#,
                #"1: messages[0] has the unknown key "weight"; a message has "role" and "content": remove the rest"#
            ),
            (
                #"{"id": true, "messages": [{"role": "assistant", "content": "x"}]}"#,
                #"1: "id" is true or false; give a text or a whole number, or leave it out"#
            ),
        ])
    func row(line: String, expected: String) throws {
        #expect(try found(line) == [expected])
    }

    @Test("the same id twice is a mistake, also where one is a place")
    func repeatedIDs() throws {
        let named = #"{"id": "2", "# + good.dropFirst()
        #expect(
            try found([named, good, good].joined(separator: "\n")) == [
                #"3: the id "2" is already that of line 1; ids must differ"#
            ])
    }

    @Test("reading stops after twenty mistakes and says so")
    func manyMistakes() throws {
        let url = try scratch.file(Array(repeating: "{", count: 3).joined() + String(repeating: "\n{}", count: 99))
        let error = #expect(throws: CorpusError.self) { try ChatRows.read(url) }
        #expect(error?.mistakes.count == 20)
        #expect(error?.description.hasSuffix("stopped after 20 mistakes: there may be more") == true)
    }

    @Test("bytes that aren't UTF-8, UTF-16 and compressed files are named")
    func encodings() throws {
        var bytes = Data((good + "\n").utf8)
        bytes.append(contentsOf: [0x7B, 0x22, 0xC3, 0x28, 0x0A])
        let broken = try scratch.file(bytes)
        #expect(
            mistakes { try ChatRows.read(broken) } == [
                "2: byte 3 of the line is not valid UTF-8; save the file as UTF-8"
            ])
        let wide = try scratch.file(Data([0xFF, 0xFE, 0x7B, 0x00]))
        #expect(mistakes { try ChatRows.read(wide) } == ["1: the file is UTF-16; save it as UTF-8"])
        let packed = try scratch.file(Data([0x1F, 0x8B, 0x08, 0x00]))
        #expect(mistakes { try ChatRows.read(packed) } == ["1: the file is compressed; unpack it first"])
    }

    @Test("a pretty-printed file is recognised at once")
    func prettyPrinted() throws {
        let text = "[\n  {\n    \"messages\": []\n  }\n]\n"
        #expect(
            try found(text) == [
                "1: the line holds only \"[\"; one whole object a line is needed: jq -c . FILE (or '.[]' for a list) makes that"
            ])
    }

    @Test("deep nesting is refused before the parser recurses into it; brackets in texts don't count")
    func nesting() throws {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(
            try found(deep) == ["1: JSON nested 1000000 deep; a row nests a few levels, at most 100"])
        let text = #"{"messages": [{"role": "assistant", "content": "\#(String(repeating: "[{\\\"", count: 500))"}]}"#
        #expect(try ChatRows.read(scratch.file(text)).count == 1)
    }

    @Test("a line longer than the limit ends the reading, wherever it falls on the pieces that are read")
    func longLines() throws {
        let long = good + String(repeating: " ", count: 3_000_000)
        for limit in [1_000_000, 2_000_000, 3_000_000] {
            let url = try scratch.file(good + "\n" + long + "\n" + good)
            #expect(
                mistakes { try ChatRows.read(url, lineLimit: limit) } == [
                    "2: the line is longer than \(limit / 1_000_000) MB; a JSONL file has one row a line, ended by a line feed"
                ])
        }
        let url = try scratch.file(long + "\n" + long)
        #expect(try ChatRows.read(url, lineLimit: 4_000_000).count == 2)
    }

    @Test("lines of any length around the size of the pieces read come out whole")
    func pieces() throws {
        for padding in [0, 1, 1_048_575 - good.utf8.count, 1_048_576 - good.utf8.count, 1_048_577 - good.utf8.count] {
            let line = good + String(repeating: " ", count: padding)
            let url = try scratch.file([line, good, line, line].joined(separator: "\n") + "\n")
            #expect(try ChatRows.read(url).count == 4)
        }
    }
}
