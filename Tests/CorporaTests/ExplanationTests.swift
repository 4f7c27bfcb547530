import Corpora
import Foundation
import RandomStreams
import Testing

private let program = """
    import os

    def show(name):
        path = os.path.join(base_dir, name)
        return open(path).read()
    """

private let pathTraversal: Weakness = {
    guard let weakness = Weakness(number: 22) else { preconditionFailure("CWE-22 is a number of the enumeration") }
    return weakness
}()

private func record(
    lines: [Int] = [4], what: String = "`name` goes into `os.path.join`", why: String = "open() reads any path"
) -> Explanation {
    Explanation(
        program: "p", weakness: pathTraversal, lines: lines, what: what, why: why, exploit: "Send ../../x",
        fix: "Compare `os.path.realpath` with the base")
}

@Suite("The check of explanations")
struct ExplanationCheckTests {
    @Test("passes what is about the program, and lets exploit and fix name other things")
    func passes() {
        #expect(ExplanationCheck.rejections(record(), program: program).isEmpty)
        let prose = record(what: "On lines 4 and 5 the GitHub user's JavaScript (or e.g. SQL) is joined; see line 3-5.")
        #expect(ExplanationCheck.rejections(prose, program: program).isEmpty)
    }

    @Test("rejects lines and identifiers that aren't in the program, with the reason")
    func rejects() {
        func reasons(_ explanation: Explanation) -> [String] {
            ExplanationCheck.rejections(explanation, program: program).map(\.description)
        }
        #expect(reasons(record(lines: [])) == ["no line is named"])
        #expect(reasons(record(lines: [4, 6])) == ["lines names line 6, the program has 5 lines"])
        #expect(reasons(record(lines: [0, 2])) == ["lines names line 0, the program has 5 lines", "line 2 is blank"])
        #expect(reasons(record(why: "On line 12 it is read")) == ["why names line 12, the program has 5 lines"])
        #expect(reasons(record(why: "see lines 4 and 17")) == ["why names line 17, the program has 5 lines"])
        #expect(reasons(record(what: "`query` is built")) == ["what names \"query\", which isn't in the program"])
        #expect(reasons(record(what: "user_id is read")) == ["what names \"user_id\", which isn't in the program"])
        #expect(reasons(record(what: "the userName is")) == ["what names \"userName\", which isn't in the program"])
        #expect(
            reasons(record(what: "subprocess.run() is called")) == [
                "what names \"subprocess\", which isn't in the program",
                "what names \"run\", which isn't in the program",
            ])
        #expect(reasons(record(why: "  ")) == ["why is empty"])
    }

    @Test("passes all of the demo's own explanations, and few of them on another program")
    func demo() throws {
        let tasks = try Programs.read(demoPrograms)
        let records = tasks.compactMap(\.explanationRecord)
        #expect(records.count == tasks.count)
        for (task, record) in zip(tasks, records) {
            let reasons = ExplanationCheck.rejections(record, program: task.insecure).map(\.description)
            #expect(reasons == [], "\(task.id)")
        }
        let foreign = zip(tasks, records.dropFirst() + records.prefix(1)).count {
            !ExplanationCheck.rejections($1, program: $0.insecure).isEmpty
        }
        print("explanations of the next program rejected: \(foreign) of \(tasks.count)")
        #expect(foreign > tasks.count * 9 / 10)
    }

    @Test("records survive their file; mistakes in it are named")
    func files() throws {
        let scratch = try Scratch()
        let url = scratch.folder.appendingPathComponent("explanations.jsonl")
        var other = record()
        (other.reply, other.reasoning) = ("{…}", "hm")
        try Explanations.write([record(), other], to: url)
        #expect(try Explanations.read(url) == [record(), other])
        let bad = try scratch.file(
            #"{"program":"p","cwe":"SQL","lines":[1,"x"],"what":"a","why":"","exploit":"c","fix":"d","foo":1}"#)
        #expect(mistakes { try Explanations.read(bad) }.count == 4)
    }
}

@Suite("Replies of models, read tolerantly")
struct ExplanationReplyTests {
    @Test(
        "in the forms that models write",
        arguments: [
            #"{"cwe":"CWE-22","lines":[4],"what":"w","why":"y","exploit":"e","fix":"f"}"#,
            "<think>Is it {\"cwe\": 1}? Yes.</think>\nSure!\n```json\n{\"CWE\": \"cwe-022: Path Traversal\", "
                + "\"Line\": 4, \"what\": \"w\", \"why\": \"y\", \"exploit\": \"e\", \"fix\": \"f\",}\n```\nAnything else?",
            #"{"cwe_id":22,"vulnerable_lines":["4"],"description":"w","reason":"y","attack":["e"],"remediation":"f"}"#,
            #"An example: {"a":1}. {"CWE":["CWE-22"],"Line numbers":"line 4","Vulnerability":"w","Why":"y","Exploitation":"e","How to fix":"f"} {"x":2}"#,
            #"{broken {"weakness":"Path traversal (CWE-22)","lines":"4-4","what":"w","why":"y","exploit":"e","fix":"f"}"#,
        ])
    func forms(reply: String) throws {
        let found = try ExplanationReply.read(reply, program: "p")
        #expect(found.weakness.number == 22)
        #expect(found.lines == [4])
        #expect([found.what, found.why, found.exploit, found.fix] == ["w", "y", "e", "f"])
        #expect(found.reply == reply)
        #expect((found.reasoning != nil) == reply.contains("<think>"))
    }

    @Test("line feeds in texts and ranges of lines are taken as meant")
    func mended() throws {
        let reply =
            "{\"cwe\":\"CWE-89\",\"lines\":[\"3-5\", 9, \"7 and 8\"],\"what\":\"a\nb\t\\\"c\\\"\",\"why\":\"y\",\n"
            + "\"exploit\":\"e\",\"fix\":[\"1\",\"2\",],}"
        let found = try ExplanationReply.read(reply, program: "p", reasoning: "apart")
        #expect(found.lines == [3, 4, 5, 7, 8, 9])
        #expect(found.what == "a\nb\t\"c\"")
        #expect(found.fix == "1\n2")
        #expect(found.reasoning == "apart")
    }

    @Test("what is no explanation is refused with all reasons")
    func refused() {
        func reasons(_ reply: String) -> [String] {
            do {
                _ = try ExplanationReply.read(reply, program: "p")
                return []
            } catch {
                return (error as? ExplanationReply.Unreadable)?.reasons ?? ["\(error)"]
            }
        }
        #expect(reasons("I can't help with that.") == ["the reply holds no JSON object"])
        #expect(reasons("<think>{\"cwe\":1}") == ["the reply holds no JSON object"])
        #expect(
            reasons(#"{"cwe":"SQL injection","lines":"the fourth","what":" ","why":"y","exploit":null,"fix":"f"}"#) == [
                "\"cwe\" has no CWE number", "\"lines\" has no line numbers", "there is no \"what\"",
                "there is no \"exploit\"",
            ])
        #expect(
            reasons(#"{"cwe":"CWE-1","lines":"1-99999999","what":"w","why":"y","exploit":"e","fix":"f"}"#).count == 1)
        #expect(reasons(String(repeating: "{", count: 100_000)) == ["the reply holds no JSON object"])
        #expect(reasons(String(repeating: "{\"a\":[", count: 20_000)).count == 1)
    }
}

@Suite("Documents for continued pretraining")
struct ExplanationDocumentTests {
    let sources: [ExplanationDocuments.Source]

    init() throws {
        sources = try Programs.read(demoPrograms).compactMap { task in
            task.explanationRecord.map {
                .init(id: task.id, program: task.insecure, language: .python, explanation: $0)
            }
        }
    }

    @Test("show every program in both orders, in different layouts", arguments: [2, 3, 4])
    func orders(count: Int) {
        let documents = ExplanationDocuments.build(sources, count: count, seed: 4)
        #expect(documents.count == sources.count * count)
        #expect(Set(documents.map(\.id)).count == documents.count)
        for source in sources {
            let own = documents.filter { $0.id.hasPrefix(source.id + "/") }
            #expect(Set(own.map(\.layout.programFirst)) == [true, false])
        }
        #expect(Set(documents.map(\.layout)) == Set(ExplanationDocument.Layout.allCases))
        #expect(documents == ExplanationDocuments.build(sources, count: count, seed: 4))
        #expect(documents != ExplanationDocuments.build(sources, count: count, seed: 5))
    }

    @Test("hold program and explanation, and say which bytes explain")
    func contents() throws {
        let documents = ExplanationDocuments.build(sources, count: 4, seed: 4)
        for document in documents {
            let source = try #require(sources.first { document.id.hasPrefix($0.id + "/") })
            let bytes = Array(document.text.utf8)
            let explained = document.explanation.map { String(decoding: bytes[$0], as: UTF8.self) }.joined()
            for part in [source.explanation.why, source.explanation.exploit, source.explanation.fix] {
                #expect(explained.contains(part) || document.layout == .commentedInline)
                #expect(explained.contains(part.prefix(20)))
            }
            if document.layout == .commentedInline {
                let kept = document.text.split(separator: "\n", omittingEmptySubsequences: false)
                    .filter { !explained.contains($0) || $0.isEmpty }.joined(separator: "\n")
                #expect(kept.contains(source.program.split(separator: "\n")[0]))
                let line = source.program.split(separator: "\n", omittingEmptySubsequences: false)[
                    source.explanation.lines[0] - 1]
                #expect(document.text.contains(explained + line))
            } else {
                #expect(document.text.contains(source.program))
                #expect(!explained.contains(source.program))
            }
        }
    }

    @Test("comment in the language's own way, and never end a comment early")
    func comments() throws {
        var stream = RandomStream(seed: 1, purpose: "test")
        let explanation = Explanation(
            program: "c", weakness: try #require(Weakness(number: 787)), lines: [2], what: "a */ b", why: "two\nlines",
            exploit: "e", fix: "f")
        let source = ExplanationDocuments.Source(
            id: "c", program: "int f() {\n\treturn g();\n}\n", language: .c, explanation: explanation)
        let text = ExplanationDocuments.document(source, .commentedInline, &stream).text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.first == "int f() {" && lines.last == "}")
        #expect(lines[1] == "\t/* CWE-787, line 2: a * / b */")
        #expect(lines.dropFirst().prefix(5).allSatisfy { $0.hasPrefix("\t/* ") && $0.hasSuffix(" */") })
        #expect(lines[6] == "\treturn g();")
    }

    @Test("foreign explanations: none keeps its own, each is used once", arguments: ExplanationDocuments.Apart.allCases)
    func foreign(apart: ExplanationDocuments.Apart) throws {
        for seed in 0..<20 as Range<UInt64> {
            let changed = try ExplanationDocuments.foreign(sources, apartBy: apart, seed: seed)
            #expect(zip(sources, changed).allSatisfy { $0.id == $1.id && $0.program == $1.program })
            #expect(zip(sources, changed).allSatisfy { $0.explanation.program != $1.explanation.program })
            #expect(Set(changed.map(\.explanation.program)).count == sources.count)
            if apart == .weakness {
                #expect(zip(sources, changed).allSatisfy { $0.explanation.weakness != $1.explanation.weakness })
            }
        }
        let same = Array(repeating: sources[0], count: 3) + [sources[1], sources[2]]
        #expect(mistakes { try ExplanationDocuments.foreign(same, apartBy: apart, seed: 1) }.count == 1)
        let first = try ExplanationDocuments.foreign(sources, seed: 1).map(\.explanation.program)
        #expect(first != (try ExplanationDocuments.foreign(sources, seed: 2).map(\.explanation.program)))
    }

    @Test("programs alone are shown as often, without a word on them")
    func alone() throws {
        let documents = ExplanationDocuments.programsAlone(sources, count: 2, seed: 4)
        #expect(documents.count == 2 * sources.count)
        let programs = Set(sources.map { $0.program.hasSuffix("\n") ? $0.program : $0.program + "\n" })
        #expect(Set(documents.map(\.text)) == programs)
        let scratch = try Scratch()
        let url = scratch.folder.appendingPathComponent("documents.jsonl")
        try Documents.write(documents, to: url)
        #expect(try Documents.read(url) == documents)
    }
}
