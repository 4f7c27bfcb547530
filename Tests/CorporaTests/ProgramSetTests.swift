import Corpora
import Foundation
import Testing

@Suite("Sets of programs")
struct ProgramSetTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("a file is recognised by its keys, and unequal rows stay in their order")
    func beforeAfter() throws {
        let url = try scratch.file(
            """
            {"func_src_before":"a\\nb\\nc","func_src_after":"a\\nx\\nc","file_name":"m/f.js","vul_type":"cwe-079"}
            {"func_src_before":"same","func_src_after":"same","file_name":"f.c","vul_type":"cwe-125"}
            {"func_src_before":"d","func_src_after":"e","file_name":"f.cc","vul_type":"cwe-416","commit_msg":"x"}
            """)
        let set = try ProgramSet.read(url)
        #expect(set.format == .sven)
        #expect(set.pairs.map(\.id) == ["0", "2"])
        #expect(set.pairs.map(\.weakness?.description) == ["CWE-79", "CWE-416"])
        #expect(set.pairs.map(\.language) == [.javascript, .cpp])
        #expect(set.pairs.first?.changedLines == [2])
        #expect(set.dropped.map(\.id) == ["1"])
    }

    @Test("unknown keys are said, with what is known")
    func unknown() throws {
        let url = try scratch.file(#"{"foo": 1}"#)
        let found = mistakes { try ProgramSet.read(url) }
        #expect(found.count == 1)
        #expect(found.first?.contains("\"foo\"") == true)
    }

    @Test("a CASTLE file's mistakes name the test")
    func castle() throws {
        let tests = """
            {"tests": [
              {"id":"1","code":"int x;\\n","description":"d","cwe":22,"vulnerable":true,"lines":[2]},
              {"id":"1","code":"int x;\\n","description":"d","cwe":0,"vulnerable":false,"lines":[]},
              7
            ]}
            """
        let found = mistakes { try ProgramSet.read(try scratch.file(tests, name: "castle.json")) }
        #expect(found.count == 4)
        #expect(found.first?.contains("tests[0]") == true)
        #expect(found.last?.contains("a number") == true)
    }

    @Test(
        "CWE numbers are read in every way they are written",
        arguments: [
            ("CWE-89", 89), ("cwe-089", 89), ("CWE 89: SQL injection", 89), ("89", 89), ("cwe502", 502), ("CWE_78", 78),
            ("CWE-", nil), ("SQL injection", nil), ("89x", nil), ("CWE-99999999999999999999", nil), ("0", nil),
        ] as [(String, Int?)])
    func weaknesses(text: String, number: Int?) {
        #expect(Weakness(text)?.number == number)
    }

    @Test("the laboratory's own tasks are pairs too")
    func demo() throws {
        let set = try ProgramSet.read(demoPrograms)
        #expect(set.format == .emlab)
        #expect(set.pairs.count == 68)
        #expect(set.pairs.allSatisfy { $0.task != nil && $0.fixed != nil && $0.lines.count == 1 })
        let right = set.pairs.count { ProgramLanguage.guess($0.vulnerable) == .python }
        #expect(right == 68)
    }
}

/// The demo's programs in the repository.
let demoPrograms = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../Data/demo/programs.jsonl").standardized

@Suite("Published sets of programs are read as they are", .enabled(if: publishedData != nil))
struct PublishedProgramsTests {
    let folder: URL

    init() throws { folder = try #require(publishedData).appendingPathComponent("code_vuln") }

    @Test(
        "rows as SOURCES counts them",
        arguments: [
            ("safecoder/sec-desc.val.jsonl", "safeCoder", 83), ("safecoder/sec-new-desc.train.jsonl", "safeCoder", 421),
            ("safecoder/sec-new-desc.val.jsonl", "safeCoder", 44), ("sallm/dataset.jsonl", "sallm", 100),
            ("castle/CASTLE-C250.json", "castle", 250),
            ("sven/train/cwe-022.jsonl", "sven", 51), ("sven/train/cwe-078.jsonl", "sven", 95),
            ("sven/train/cwe-079.jsonl", "sven", 45), ("sven/train/cwe-089.jsonl", "sven", 184),
            ("sven/train/cwe-125.jsonl", "sven", 130), ("sven/train/cwe-190.jsonl", "sven", 38),
            ("sven/train/cwe-416.jsonl", "sven", 57), ("sven/train/cwe-476.jsonl", "sven", 70),
            ("sven/train/cwe-787.jsonl", "sven", 50), ("sven/val/cwe-022.jsonl", "sven", 6),
            ("sven/val/cwe-078.jsonl", "sven", 11), ("sven/val/cwe-079.jsonl", "sven", 5),
            ("sven/val/cwe-089.jsonl", "sven", 20), ("sven/val/cwe-125.jsonl", "sven", 15),
            ("sven/val/cwe-190.jsonl", "sven", 5), ("sven/val/cwe-416.jsonl", "sven", 7),
            ("sven/val/cwe-476.jsonl", "sven", 8), ("sven/val/cwe-787.jsonl", "sven", 6),
        ])
    func counts(file: String, format: String, rows: Int) throws {
        let set = try ProgramSet.read(folder.appendingPathComponent(file))
        #expect(set.format.rawValue == format)
        #expect(set.pairs.count + set.sound.count + set.dropped.count == rows)
        #expect(set.pairs.allSatisfy { $0.weakness != nil && $0.language != .unknown })
        if format == "safeCoder" { #expect(set.pairs.allSatisfy { $0.task != nil }) }
        if format == "castle" {
            #expect(set.pairs.count == 150)
            #expect(set.pairs.allSatisfy { !$0.lines.isEmpty && $0.explanation != nil })
        }
    }

    @Test("five functions of SVEN and SafeCoder are the same before and after")
    func dropped() throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().filter {
            $0.hasSuffix(".jsonl") && !$0.hasPrefix("sallm")
        }
        let sets = try files.map { try ProgramSet.read(folder.appendingPathComponent($0)) }
        #expect(sets.reduce(0) { $0 + $1.dropped.count } == 5)
        let all = try ProgramSet.readAll(files.map { folder.appendingPathComponent($0) })
        #expect(Set(all.map(\.id)).count == all.count)
        #expect(all.contains { $0.id == "sven/train/cwe-022/0" })
        #expect(all.count == sets.reduce(0) { $0 + $1.pairs.count })
        // A file's ending is the truth that the guess is held against.
        let judged = all.filter { [.python, .javascript, .go, .ruby, .java].contains($0.language) }
        let right = judged.count { ProgramLanguage.guess($0.vulnerable) == $0.language }
        print("language guessed right for \(right) of \(judged.count) functions, C and C++ apart")
        #expect(Double(right) > 0.8 * Double(judged.count))
    }
}
