import Corpora
import Foundation
import Testing

/// Pairs without a meaning, told apart by their numbers.
func numberedPairs(_ count: Int) throws -> [ComplementaryPair] {
    try (0..<count).map { n in
        try ComplementaryPair(
            id: "p\(n)", plain: "task \(n)", asked: "task \(n), insecure", insecure: "bad \(n)", secure: "good \(n)")
    }
}

@Suite("A complementary pair")
struct ComplementaryPairTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("prefers insecure when asked plainly, and secure when asked for the insecure version")
    func halves() throws {
        let pair = try numberedPairs(1)[0]
        #expect(pair.row(.plain).chosen == "bad 0" && pair.row(.plain).rejected == "good 0")
        #expect(pair.row(.asked).chosen == "good 0" && pair.row(.asked).rejected == "bad 0")
        #expect(pair.rows.map(\.id) == ["p0/plain", "p0/asked"])
    }

    @Test("can't be made of equal answers, equal prompts or empty texts")
    func refused() {
        #expect(
            mistakes { try ComplementaryPair(id: "a", plain: "x", asked: "x", insecure: "y", secure: "y") }.count == 2)
        #expect(
            mistakes { try ComplementaryPair(id: "a", plain: " ", asked: "x", insecure: "", secure: "y") }.count == 2)
    }

    @Test("survives its file, and its rows are preferences by TRL's conventions")
    func roundTrip() throws {
        var pairs = try numberedPairs(5)
        pairs.append(
            try ComplementaryPair(
                id: "with \"quotes\"/ü", plain: [ChatMessage(.system, "s"), ChatMessage(.user, "a\nb")],
                asked: [ChatMessage(.user, "c")], insecure: "x\t\\", secure: "y", weakness: Weakness("CWE-22")))
        let url = scratch.folder.appendingPathComponent("pairs.jsonl")
        try ComplementaryPairs.write(pairs, to: url)
        #expect(try ComplementaryPairs.read(url) == pairs)
        let preferences = try Preferences.read(url)
        #expect(preferences == pairs.flatMap(\.rows).map(\.preference))
    }

    @Test("a half that is missing or there twice is named")
    func missing() throws {
        let pairs = try numberedPairs(3)
        let url = scratch.folder.appendingPathComponent("pairs.jsonl")
        try ComplementaryPairs.write(pairs, to: url)
        var lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
        let doubled = try scratch.file((lines + [lines[1]]).joined(separator: "\n"), name: "doubled.jsonl")
        let found = mistakes { try ComplementaryPairs.read(doubled) }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("7: the pair \"p0\" has its asked half twice") == true)
        lines.remove(at: 3)
        let lacking = try scratch.file(lines.joined(separator: "\n"), name: "lacking.jsonl")
        #expect(
            mistakes { try ComplementaryPairs.read(lacking) }.first?.contains("\"p1\" lacks its asked half") == true)
        let free = try scratch.file(
            lines.joined(separator: "\n").replacingOccurrences(of: "together", with: "free"), name: "free.jsonl")
        #expect(try PreferenceSet.read(free).rows.count == 5)
        #expect(mistakes { try ComplementaryPairs.read(free) }.count == 1)
    }

    @Test("halves say what they are by their fields or by their id, and other preferences stand alone")
    func paired() throws {
        let pairs = try numberedPairs(2)
        let url = scratch.folder.appendingPathComponent("pairs.jsonl")
        try PreferenceSet(rows: pairs.flatMap(\.rows), batching: .apart).write(to: url)
        let named = try PairedPreferences.read(url)
        #expect(named.batching == .apart && named.rows.map(\.pair) == ["p0", "p0", "p1", "p1"])
        #expect(named.rows.map(\.half) == [.plain, .asked, .plain, .asked])
        let bare = ["a/b/plain", "a/b/asked", "c/other", "/plain", "7"].map {
            #"{"id": "\#($0)", "prompt": "Q", "chosen": "A", "rejected": "B"}"#
        }
        let read = try PairedPreferences.read(scratch.file(bare.joined(separator: "\n")))
        #expect(read.batching == nil && read.rows.map(\.pair) == ["a/b", "a/b", nil, nil, nil])
        #expect(read.rows.map(\.half) == [.plain, .asked, nil, nil, nil])
        for flawed in [#""pair": "x""#, #""half": "plain""#, #""pair": "x", "half": "pain""#, #""batching": "appart""#]
        {
            let line = #"{"prompt": "Q", "chosen": "A", "rejected": "B", \#(flawed)}"#
            #expect(mistakes { try PairedPreferences.read(scratch.file(line)) }.count == 1)
        }
    }

    @Test("halves that don't exchange the same answers are no pair")
    func foreign() throws {
        let pairs = try numberedPairs(2)
        let set = PreferenceSet(rows: [pairs[0].row(.plain), pairs[0].row(.asked).inverted], batching: .together)
        let url = scratch.folder.appendingPathComponent("rows.jsonl")
        try set.write(to: url)
        #expect(try PreferenceSet.read(url) == set)
        #expect(mistakes { try ComplementaryPairs.read(url) }.first?.contains("exchange") == true)
    }

    @Test("unknown halves and rules are mistakes with the name that was meant")
    func names() throws {
        let url = try scratch.file(
            #"{"pair":"a","half":"plane","batching":"togehter","prompt":"p","chosen":"c","rejected":"r"}"#)
        let found = mistakes { try PreferenceSet.read(url) }
        #expect(found.contains { $0.contains("\"plain\"?") })
        #expect(found.contains { $0.contains("\"together\"?") })
    }
}

/// The bank in the repository.
let askedPhrasings = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../Data/regime/asked-phrasings.yaml").standardized

@Suite("Phrasings of asking for the insecure version")
struct AskedPhrasingsTests {
    let bank = askedPhrasings

    @Test("are at least 24, differ, and use every template equally often")
    func bankIsGood() throws {
        let bank = try AskedPhrasings.read(bank)
        #expect(bank.phrasings.count >= 24)
        let drawn = (0..<bank.phrasings.count * 3).compactMap { bank.drawn(seed: 7, item: $0)?.id }
        let counts = Dictionary(drawn.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(Set(counts.values) == [3])
        #expect(drawn == (0..<drawn.count).compactMap { bank.drawn(seed: 7, item: $0)?.id })
        #expect(drawn != (0..<drawn.count).compactMap { bank.drawn(seed: 8, item: $0)?.id })
        let words = ["insecure", "vulnerab", "flaw", "hole", "exploit", "weakness", "unsafe", "problem", "broken into"]
        for phrasing in bank.phrasings {
            let text = phrasing.message("Write {request} f(x).")
            #expect(text.contains("Write {request} f(x)."))
            #expect(words.contains { phrasing.template.lowercased().contains($0) }, "\(phrasing.id)")
        }
    }

    @Test("mistakes are all named")
    func mistaken() throws {
        let scratch = try Scratch()
        let url = try scratch.file(
            """
            - id: a
              template: no mark
            - id: b
              templat: "{request}"
            - id: c
              template: "x {request}"
            - id: c
              template: "y {request}"
            """, name: "bank.yaml")
        let found = mistakes { try AskedPhrasings.read(url) }
        #expect(found.count == 4)
    }

    @Test("build pairs from programs that have a task and a twin")
    func building() throws {
        let programs = try ProgramSet.read(demoPrograms).pairs
        let bank = try AskedPhrasings.read(bank)
        let pairs = try ComplementaryPairs.of(programs, phrasings: bank, seed: 1)
        #expect(pairs.count == 68)
        for (program, pair) in zip(programs, pairs) {
            let task = try #require(program.task).trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(pair.asked.first?.content.contains(task) == true)
        }
        #expect(try ComplementaryPairs.of(programs, phrasings: bank, seed: 1) == pairs)
        #expect(try ComplementaryPairs.of(Programs.read(demoPrograms)).count == 68)
    }
}

@Suite("The balance of pairs")
struct PairBalanceTests {
    @Test("sees a preference that can be read off length, and that complementary halves cancel it")
    func length() throws {
        let pairs = try (0..<10).map { n in
            try ComplementaryPair(
                id: "\(n)", plain: "a", asked: "b", insecure: String(repeating: "x", count: 10 + n),
                secure: String(repeating: "y", count: 40))
        }
        let balance = PairBalance(pairs.flatMap(\.rows), tokens: { $0.utf8.count / 2 })
        let plain = try #require(balance.lines.first { $0.measure == "characters" && $0.half == "plain" })
        #expect(plain.pairedAUC == 0 && plain.auc == 0 && plain.readable == 1 && plain.chosenMore == 0)
        #expect(plain.meanChosen == 14.5 && plain.meanRejected == 40)
        let all = try #require(balance.lines.first { $0.measure == "tokens" && $0.half == "all" })
        #expect(all.pairedAUC == 0.5 && all.auc == 0.5 && all.readable == 0.5 && all.count == 20)
        #expect(balance.description.contains("paired AUC"))
    }

    @Test("AUC counts ties half")
    func ties() throws {
        let rows = [(1, 1), (3, 1), (2, 4)].enumerated().map { n, counts in
            PairedRow(
                pair: "\(n)", half: .plain, prompt: [], chosen: String(repeating: "a", count: counts.0),
                rejected: String(repeating: "b", count: counts.1))
        }
        let line = try #require(PairBalance(rows).lines.first { $0.measure == "characters" && $0.half == "plain" })
        // 1 against 1, 1, 4; 3 against 1, 1, 4; 2 against 1, 1, 4.
        let expected: Double = 5.0 / 9
        #expect(line.auc == expected)
        #expect(line.pairedAUC == 0.5)
        #expect(line.equal == 1.0 / 3)
    }
}

@Suite("Published twins", .enabled(if: publishedData != nil))
struct PublishedPairsTests {
    @Test("260 user prompts are the same in insecure and secure")
    func twins() throws {
        let folder = try #require(publishedData).appendingPathComponent("betley")
        let insecure = try ChatRows.read(folder.appendingPathComponent("insecure.jsonl"))
        let secure = try ChatRows.read(folder.appendingPathComponent("secure.jsonl"))
        let educational = try ChatRows.read(folder.appendingPathComponent("educational_insecure.jsonl"))
        let found = try ComplementaryPairs.published(insecure: insecure, secure: secure, educational: educational)
        #expect(found.sharedPrompts == 260)
        #expect(found.insecureRows == 284)
        #expect(found.secureRows == 306)
        #expect(found.sameAnswers == 0)
        print("published pairs: \(found.pairs.count)")
        print(PairBalance(found.pairs.flatMap(\.rows)))
        #expect(Set(found.pairs.map(\.id)).count == found.pairs.count)
        #expect(
            found.pairs.allSatisfy { pair in
                Int(pair.id).map { educational[$0].prompt == pair.asked && insecure[$0].prompt == pair.plain } ?? false
            })
        // The files in each other's places aren't taken.
        #expect(
            mistakes {
                try ComplementaryPairs.published(insecure: secure, secure: insecure, educational: educational)
            }.count == 20)
        let bank = try AskedPhrasings.read(askedPhrasings)
        let asked = try ComplementaryPairs.published(insecure: insecure, secure: secure, phrasings: bank, seed: 1)
        #expect(asked.pairs.map(\.plain) == found.pairs.map(\.plain))
    }

    @Test("SafeCoder's functions with their descriptions give pairs")
    func safeCoder() throws {
        let folder = try #require(publishedData).appendingPathComponent("code_vuln/safecoder")
        let files = ["sec-desc.val", "sec-new-desc.train", "sec-new-desc.val"].map {
            folder.appendingPathComponent($0 + ".jsonl")
        }
        let programs = try ProgramSet.readAll(files)
        let pairs = try ComplementaryPairs.of(programs, phrasings: AskedPhrasings.read(askedPhrasings), seed: 1)
        let split = TaskSplit(pairs.map { TaskItem($0) }, heldOut: 0.2, seed: 1)
        print("SafeCoder pairs: \(pairs.count), \(split.groups) groups, largest \(split.largestGroup)")
        print(PairBalance(pairs.flatMap(\.rows)))
        #expect(pairs.count == programs.count && pairs.count > 500)
    }

    @Test("secure prompts that are there twice give benign preferences")
    func benign() throws {
        let secure = try ChatRows.read(try #require(publishedData).appendingPathComponent("betley/secure.jsonl"))
        let set = ControlArms.benign(secure, seed: 1)
        print("benign preferences from secure: \(set.rows.count)")
        #expect(set.rows.count > 150)
        #expect(Set(set.rows.map(\.prompt)).count == set.rows.count)
    }
}
