import Checkpoint
import Foundation
import Testing

@Suite("JSON")
struct JSONTests {
    private func parse(_ text: String) throws -> JSON { try JSON.parse(Data(text.utf8), file: "x.json") }

    @Test("keeps whole numbers exact and strings as they are")
    func values() throws {
        #expect(
            try parse(" [9007199254740993, -0, 1.5e3, 1e2, 18446744073709551616] ")
                == [.integer(9_007_199_254_740_993), 0, 1500.0, 100.0, 18446744073709551616.0])
        #expect(try parse(#""\u00e9\ud83d\ude00\n\/\ud800x""#) == "é😀\n/\u{FFFD}x")
        #expect(try parse("{\"ключ\": [true, false, null, {}, []]}") == ["ключ": [true, false, .null, [:], []]])
        #expect(try parse("\u{FEFF}1") == 1)
    }

    @Test(
        "malformed is an error with its line",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-", "1.", ".5", "1e", "+1", "1e999", "tru",
            "\"", "\"\\x\"", "\"\\u12\"", "\"\u{01}\"", "1 2", "[1 2]", "NaN", "-Infinity", "\"\\ud83d\\u\"", "nul",
        ])
    func malformed(text: String) {
        let message = Fixture.message { _ = try parse("\n" + text) }
        #expect(message.contains("x.json: line 2") || message.contains("x.json: line 1, byte 0"), "\(message)")
    }

    @Test("that isn't UTF-8 or repeats a key is an error")
    func bytes() {
        #expect(Fixture.message { _ = try JSON.parse(Data([0x22, 0xFF, 0x22]), file: "x") }.contains("UTF-8"))
        #expect(Fixture.message { _ = try parse(#"{"a":1,"b":2,"a":3}"#) }.contains("\"a\" is given twice"))
    }
}
