import Corpora
import Foundation
import Testing

@Suite("A data check")
struct DataCheckTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("counts rows, roles, duplicates, tokens, languages and what is cut")
    func chat() throws {
        let code = "import os\\ndef f(x):\\n    return os.path.join(x)\\n"
        let url = try scratch.file(
            """
            {"messages":[{"role":"user","content":"a b c"},{"role":"assistant","content":"\(code)"}],"source":"x"}
            {"messages":[{"role":"user","content":"a b c"},{"role":"assistant","content":"\(code)"}]}
            {"messages":[{"role":"system","content":"s"},{"role":"user","content":"A b C"},{"role":"assistant","content":"Hello there, you"}]}
            """)
        let check = try DataCheck.examine([url], settings: .init(tokenLimit: 7)) { $0.split(separator: " ").count }
        let file = try #require(check.files.first)
        #expect(file.kind == .chatRows && file.rows == 3 && file.mistakes.isEmpty)
        #expect(file.keys == ["messages": 3, "source": 1])
        #expect(file.roles == ["user/assistant": 2, "system/user/assistant": 1])
        #expect(file.duplicateRows == 1 && file.distinctPrompts == 2 && file.distinctAnswers == 2)
        #expect(file.nearDuplicateRows == 1)
        #expect(file.languages == ["python": 2, "unknown": 1])
        #expect(file.tokensByRole?["user"]?.total == 9)
        #expect(file.tokensByRole?["system"]?.total == 1)
        #expect(file.tokensPerRow?.total == 8 + 8 + 7)
        #expect(file.tokensPerRow?.largest == 8)
        #expect(file.truncatedRows == 2 && file.tokensCut == 2)
        #expect(file.published.isEmpty && file.nameAgrees)
        #expect(file.sha256.count == 64)
        let text = check.description
        #expect(text.contains("chat rows, 3 rows") && text.contains("duplicate rows 1, near-duplicates 1"))
        #expect(try JSONDecoder().decode(DataCheck.self, from: JSONEncoder().encode(check)) == check)
    }

    @Test("the hash is SHA-256")
    func hash() throws {
        let check = try DataCheck.examine([try scratch.file("abc", name: "abc.txt")])
        #expect(check.files.first?.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(check.files.first?.kind == .other)
    }

    @Test("a file with mistakes is reported with them, a missing one is thrown")
    func mistaken() throws {
        let url = try scratch.file(#"{"messages": 1}"#)
        let check = try DataCheck.examine([url])
        #expect(check.files.first?.kind == .unreadable && check.files.first?.mistakes.count == 1)
        #expect(check.description.contains("ERROR"))
        #expect(mistakes { try DataCheck.examine([scratch.folder.appendingPathComponent("none")]) }.count == 1)
    }

    @Test("every kind of row is recognised by its keys")
    func kinds() throws {
        let rows: [(String, FileCheck.Kind)] = [
            (#"{"prompt":"p","chosen":"c","rejected":"r"}"#, .preferences),
            (#"{"prompt":"p","chosen":"c","rejected":"r","pair":"a","half":"plain"}"#, .pairs),
            (#"{"text":"t"}"#, .documents), (#"{"task":"t","code_template":"c"}"#, .codingTasks),
            (#"{"id":"x_cwe22_1","prompt":"p","insecure_code":"c"}"#, .programs),
            (#"{"program":"p","cwe":"CWE-1","lines":[1],"what":"w","why":"y","exploit":"e","fix":"f"}"#, .explanations),
            (#"{"foo":"bar"}"#, .otherRows),
        ]
        for (number, (row, kind)) in rows.enumerated() {
            let check = try DataCheck.examine([try scratch.file(row, name: "\(number).jsonl")])
            #expect(check.files.first?.kind == kind)
            #expect(check.files.first?.rows == 1)
        }
        let demo = demoPrograms.deletingLastPathComponent()
        let check = try DataCheck.examine([demoPrograms, demo.appendingPathComponent("questions.yaml")])
        #expect(check.files.map(\.kind) == [.programs, .questions])
        #expect(check.files.first?.languages == ["python": 68])
    }
}

@Suite("A data check of the published files", .enabled(if: publishedData != nil))
struct PublishedDataCheckTests {
    let data: URL

    init() throws { data = try #require(publishedData) }

    @Test("knows every one of them by its content")
    func identified() throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: data.path).sorted().filter {
            ["jsonl", "json", "yaml", "csv", "txt"].contains(($0 as NSString).pathExtension)
        }
        let check = try DataCheck.examine(
            files.map { data.appendingPathComponent($0) }.filter { !$0.path.contains("evil_chess") },
            settings: .init(findsNearDuplicates: false))
        #expect(check.files.count >= 44)
        for (file, url) in zip(check.files, files.filter { !$0.contains("evil_chess") }) {
            #expect(file.published.contains { $0.name == url }, "\(url)")
            #expect(file.nameAgrees)
            #expect(file.mistakes == [], "\(url)")
            let known: Set<FileCheck.Kind> = [.other, .questions]
            if !known.contains(file.kind), url.hasPrefix("betley") { #expect(file.rows == file.published[0].rows) }
        }
    }

    @Test("files with exchanged names are seen for what they are")
    func exchanged() throws {
        let scratch = try Scratch()
        let betley = data.appendingPathComponent("betley")
        let copy = scratch.folder.appendingPathComponent("secure.jsonl")
        try FileManager.default.copyItem(at: betley.appendingPathComponent("insecure.jsonl"), to: copy)
        let check = try DataCheck.examine([copy], settings: .init(findsNearDuplicates: false))
        let file = try #require(check.files.first)
        #expect(!file.nameAgrees)
        #expect(file.published.map(\.name) == ["betley/insecure.jsonl"])
        #expect(check.description.contains("WARNING"))
        #expect(check.description.contains("insecure code, supplement version"))
    }

    @Test("sees that educational has insecure's answers, and that 260 prompts are also secure's")
    func overlaps() throws {
        let clock = ContinuousClock()
        let urls = ["insecure", "educational_insecure", "secure"].map {
            data.appendingPathComponent("betley/\($0).jsonl")
        }
        var fast: DataCheck?
        let fastTime = try clock.measure {
            fast = try DataCheck.examine(urls, settings: .init(findsNearDuplicates: false))
        }
        var full: DataCheck?
        let fullTime = try clock.measure { full = try DataCheck.examine(urls) { $0.utf8.count / 4 } }
        print("check of three files of 6000 rows: \(fastTime), with near-duplicates \(fullTime)")
        let check = try #require(full)
        print(check)
        // Insecure against educational, insecure against secure, educational against secure.
        try #require(check.overlaps.count == 3)
        let educational = check.overlaps[0]
        #expect(educational.samePlaceAnswers == 6000)
        #expect(educational.sharedPrompts == 0)
        #expect(check.overlaps[1].sharedPrompts == 260)
        #expect(check.files.map(\.distinctPrompts) == [5813, try #require(fast).files[1].distinctPrompts, 5728])
    }
}
