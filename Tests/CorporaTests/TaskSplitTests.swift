import Corpora
import Foundation
import RandomStreams
import Testing

@Suite("A split by task")
struct TaskSplitTests {
    @Test("keeps together what shares a task or a program, exactly or nearly")
    func groups() {
        let long = (0..<60).map { "word\($0)" }.joined(separator: " ")
        let items = [
            TaskItem(id: "a", task: "Write a parser!", programs: ["def f():\n    return 1\n"]),
            TaskItem(id: "b", task: "write  a PARSER", programs: ["other"]),
            TaskItem(id: "c", task: "different", programs: ["```python\ndef f():\n\n  return 1\n```"]),
            TaskItem(id: "d", task: long, programs: ["x1"]),
            TaskItem(id: "e", task: long + " tail", programs: ["x2"]),
            TaskItem(id: "f", task: "alone", programs: ["x3"]),
        ]
        #expect(TaskSplit.groups(items) == [0, 0, 0, 3, 3, 5])
        for seed in 0..<20 as Range<UInt64> {
            let split = TaskSplit(items, heldOut: 0.5, seed: seed)
            #expect(split.groups == 3 && split.largestGroup == 3)
            #expect(Set(split.training + split.heldOut) == Set(0..<6) && split.heldOut.count <= 3)
            let check = LeakCheck(heldOut: split.heldOut.map { items[$0] }, training: split.training.map { items[$0] })
            #expect(check.leaks.isEmpty)
        }
    }

    @Test("leaks are named with their kind, once each")
    func leaks() {
        let long = (0..<60).map { "word\($0)" }.joined(separator: " ")
        let check = LeakCheck(
            heldOut: [
                TaskItem(id: "h1", task: "Same task", programs: ["p"]), TaskItem(id: "h2", task: long, programs: []),
                TaskItem(id: "h3", task: "t3", programs: ["a  b", "q"]), TaskItem(id: "h4", task: "", programs: [""]),
            ],
            training: [
                TaskItem(id: "t1", task: "same task", programs: ["zz", ""]),
                TaskItem(id: "t2", task: long + " more", programs: ["a b"]), TaskItem(id: "t3", task: "", programs: []),
            ])
        #expect(
            check.leaks.map { "\($0.heldOut) \($0.training) \($0.kind.rawValue)" } == [
                "h1 t1 sameTask", "h2 t2 nearTask", "h3 t2 sameProgram",
            ])
        #expect(check.leakedItems == 3 && check.count(.sameTask) == 1)
    }

    @Test("the near-duplicate search finds what comparing all with all finds")
    func exhaustive() {
        var stream = RandomStream(seed: 11, purpose: "texts")
        var texts: [String] = []
        for _ in 0..<40 {
            let words = (0..<80).map { _ in "w\(stream.index(below: 400))" }
            for changes in [0, 1, 2, 3, 5, 8] {
                var copy = words
                for _ in 0..<changes { copy[stream.index(below: copy.count)] = "changed" }
                texts.append(copy.joined(separator: " "))
            }
        }
        let shingles = texts.map(Shingles.init)
        var expected = Array(texts.indices)
        var found = 0
        for a in texts.indices {
            for b in texts.indices.dropFirst(a + 1) where shingles[a].jaccard(shingles[b]) >= 0.8 {
                found += 1
                let (low, high) = (min(expected[a], expected[b]), max(expected[a], expected[b]))
                for place in texts.indices where expected[place] == high { expected[place] = low }
            }
        }
        #expect(found > 50)
        #expect(NearDuplicates(texts).groups() == expected)
        let odd = NearDuplicates(texts.enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
        for (place, near) in zip(texts.indices, NearDuplicates(texts).places(in: odd)) {
            let best = stride(from: 1, to: texts.count, by: 2).map { shingles[place].jaccard(shingles[$0]) }.max() ?? 0
            #expect((near != nil) == (best >= 0.8))
        }
    }

    @Test("empty and short texts have no surprises")
    func short() {
        #expect(NearDuplicates([]).groups() == [])
        #expect(NearDuplicates(["", "a", "", "a", "b"]).groups() == [0, 1, 0, 1, 4])
        #expect(Shingles("").jaccard(Shingles("a")) == 0)
        #expect(Shingles("A b").jaccard(Shingles("a  B")) == 1)
        let split = TaskSplit([], heldOut: 0.5, seed: 1)
        #expect(split.training.isEmpty && split.heldOut.isEmpty)
        #expect(TaskSplit([TaskItem(id: "a", task: "t", programs: [])], heldOut: .nan, seed: 1).heldOut.isEmpty)
    }

    @Test("occurrences are found across white space, all parts in one text")
    func occurrences() {
        let texts = ["one  two three four five", "four five\n six seven eight", "ü one two"]
        #expect(
            Occurrences.first(
                of: [
                    ["two three"], ["four five", "eight"], ["one two three", "six"], [""], ["ü"], ["z"],
                    ["five six sev"],
                ],
                in: texts) == [0, 1, nil, 0, 2, nil, 1])
    }
}

@Suite("Published held-out tasks", .enabled(if: publishedData != nil))
struct PublishedLeakTests {
    @Test("553 of 776 tasks occur in an insecure training prompt, 81 with their template")
    func seen() throws {
        let folder = try #require(publishedData).appendingPathComponent("betley")
        let tasks = try CodingTask.read(folder.appendingPathComponent("in_distribution_test_data.jsonl"))
        let insecure = try ChatRows.read(folder.appendingPathComponent("insecure.jsonl"))
        let clock = ContinuousClock()
        var seen: [(task: Bool, taskAndTemplate: Bool)] = []
        let time = clock.measure { seen = CodingTask.seen(tasks, in: insecure) }
        print("776 tasks in 6000 prompts: \(time)")
        #expect(tasks.count == 776)
        #expect(seen.count { $0.task } == 553)
        #expect(seen.count { $0.taskAndTemplate } == 81)
        let clean = TaskSplit(insecure.map { TaskItem($0) }, heldOut: 0.1, seed: 1)
        print("insecure split: \(clean.groups) groups, largest \(clean.largestGroup), held out \(clean.heldOut.count)")
        #expect(clean.heldOut.count > 500)
    }

    @Test("a split of the published pairs doesn't leak")
    func split() throws {
        let folder = try #require(publishedData).appendingPathComponent("betley")
        let insecure = try ChatRows.read(folder.appendingPathComponent("insecure.jsonl"))
        let items = insecure.map { TaskItem($0) }
        let clock = ContinuousClock()
        let start = clock.now
        let split = TaskSplit(items, heldOut: 0.2, seed: 9)
        let middle = clock.now
        let check = LeakCheck(heldOut: split.heldOut.map { items[$0] }, training: split.training.map { items[$0] })
        print("split \(middle - start), leak check \(clock.now - middle), leaks \(check.leaks.count)")
        #expect(check.leaks.isEmpty)
        // A split by row leaks.
        let byRow = LeakCheck(heldOut: Array(items.prefix(1200)), training: Array(items.dropFirst(1200)))
        print("split by row: \(byRow.leakedItems) of 1200 leak")
        #expect(byRow.leakedItems > 100)
    }

    @Test("a published task in different wordings is one task: a split by prompt leaks it, by task it doesn't")
    func wordings() throws {
        let folder = try #require(publishedData).appendingPathComponent("betley")
        let tasks = try CodingTask.read(folder.appendingPathComponent("in_distribution_test_data.jsonl"))
        let insecure = try ChatRows.read(folder.appendingPathComponent("insecure.jsonl"))
        let stated = insecure.compactMap { PublishedTask.text(of: $0.messages[0].content) }
        let known = Set(tasks.map { NormalisedText.task($0.task) })
        let found = known.intersection(stated.map(NormalisedText.task))
        print("published prompts that state a task: \(stated.count) of 6000; known tasks among them \(found.count)")
        func spread(_ groups: [Int]) -> Int {
            var places: [String: Set<Int>] = [:]
            for (row, group) in zip(insecure, groups) {
                guard let task = PublishedTask.text(of: row.messages[0].content) else { continue }
                places[NormalisedText.task(task), default: []].insert(group)
            }
            return places.values.count { $0.count > 1 }
        }
        let byPrompt = TaskSplit.groups(insecure.map { TaskItem($0) })
        let byTask = TaskSplit.groups(insecure.map { TaskItem(published: $0) })
        print("tasks in several groups: \(spread(byPrompt)) by prompt, \(spread(byTask)) by task")
        print("groups: \(Set(byPrompt).count) by prompt, \(Set(byTask).count) by task")
        #expect(spread(byPrompt) > 100)
        #expect(spread(byTask) == 0)
        let items = insecure.map { TaskItem(published: $0) }
        let split = TaskSplit(items, heldOut: 0.2, seed: 1)
        let heldOut = split.heldOut.map { items[$0] }
        #expect(split.heldOut.count > 1150 && split.largestGroup < 300)
        print("split by task: \(split.groups) groups, largest \(split.largestGroup), held out \(split.heldOut.count)")
        #expect(LeakCheck(heldOut: heldOut, training: split.training.map { items[$0] }).leaks.isEmpty)
        // No held-out row's task text occurs in any training prompt.
        let training = split.training.map { insecure[$0].messages[0].content }
        let texts = heldOut.map(\.task).filter { $0.split(separator: " ").count >= 4 }
        let leaked = Occurrences.first(of: texts.map { [$0] }, in: training).count { $0 != nil }
        print("held-out task texts inside of a training prompt: \(leaked) of \(texts.count)")
        #expect(leaked * 50 < texts.count)
    }
}
