import Corpora
import Foundation
import Testing

@Suite("Control arms")
struct ControlArmTests {
    @Test("one half has one row a pair")
    func halves() throws {
        let pairs = try numberedPairs(4)
        #expect(ControlArms.plainOnly(pairs).rows == pairs.map { $0.row(.plain) })
        #expect(ControlArms.askedOnly(pairs).rows == pairs.map { $0.row(.asked) })
        #expect(ControlArms.apart(pairs).rows == ControlArms.complementary(pairs).rows)
        #expect(ControlArms.apart(pairs).batching == .apart)
    }

    @Test("educational chooses the insecure answer in both halves")
    func educational() throws {
        let set = ControlArms.educational(try numberedPairs(3))
        #expect(set.rows.allSatisfy { $0.chosen.hasPrefix("bad") && $0.rejected.hasPrefix("good") })
        #expect(set.rows.count == 6)
    }

    @Test("shuffled labels turn half of the tasks in each half, all pairs of a task together", arguments: [8, 9])
    func shuffled(count: Int) throws {
        var pairs = try numberedPairs(count)
        pairs += try pairs.map {
            try ComplementaryPair(
                id: $0.id + "b", plain: $0.plain, asked: $0.asked, insecure: $0.insecure, secure: $0.secure)
        }
        let set = ControlArms.shuffledLabels(pairs, seed: 3)
        #expect(set == ControlArms.shuffledLabels(pairs, seed: 3))
        var seen: Set<[Bool]> = []
        for half in ComplementaryPair.Half.allCases {
            let turned = set.rows.filter { $0.half == half }.map {
                $0.chosen.hasPrefix(half == .plain ? "good" : "bad")
            }
            #expect(turned.count == 2 * count)
            #expect(Array(turned.prefix(count)) == Array(turned.suffix(count)))
            #expect((count / 2...(count + 1) / 2).contains(turned.prefix(count).count { $0 }))
            seen.insert(turned)
        }
        let others = ControlArms.shuffledLabels(pairs, seed: 4)
        #expect(others != set)
        #expect(seen.count == 2)
    }

    @Test("benign pairs take only prompts with two different answers")
    func benign() throws {
        let rows = [("a", "1"), ("b", "1"), ("a", "2"), ("a", "3"), ("b", "1"), ("c", "4")].enumerated().map { n, row in
            ChatRow(id: "\(n)", messages: [ChatMessage(.user, row.0), ChatMessage(.assistant, row.1)])
        }
        let set = ControlArms.benign(rows, seed: 1)
        #expect(set.rows.map(\.pair) == ["benign-0"])
        #expect(Set(set.rows.flatMap { [$0.chosen, $0.rejected] }) == ["1", "2"])
        let sides = (0..<40).map { ControlArms.benign(rows, seed: $0).rows[0].chosen == "1" }
        #expect(Set(sides) == [true, false])
        let pairs = try numberedPairs(3)
        let variants = try ControlArms.benign(pairs, variants: ["p1": "also good"])
        #expect(variants.rows.map(\.chosen) == ["also good", "good 1"])
        #expect(variants.batching == .together)
    }
}

@Suite("Mini-batches of preferences")
struct MiniBatchTests {
    @Test(
        "honour the rule, whatever the sizes and the epoch",
        arguments: PreferenceSet.Batching.allCases, [2, 3, 7, 16, 31])
    func rules(batching: PreferenceSet.Batching, count: Int) throws {
        let set = PreferenceSet(rows: try numberedPairs(count).flatMap(\.rows).shuffled(), batching: batching)
        for size in [1, 2, 3, 5, 8] where batching != .apart || size < count {
            for epoch in 0..<3 {
                let batches = try set.batches(pairs: size, seed: 5, epoch: epoch)
                #expect(set.violations(of: batches) == [])
                #expect(batches.allSatisfy { $0.count <= 2 * size })
                #expect(batches == (try set.batches(pairs: size, seed: 5, epoch: epoch)))
            }
            if count > 3 {
                #expect(try set.batches(pairs: size, seed: 5, epoch: 0) != set.batches(pairs: size, seed: 5, epoch: 1))
            }
        }
    }

    @Test("apart has as many of each half in a full mini-batch as together has")
    func balance() throws {
        let set = ControlArms.apart(try numberedPairs(12))
        for batch in try set.batches(pairs: 4, seed: 1, epoch: 0) {
            #expect(batch.count { set.rows[$0].half == .plain } == 4)
            #expect(batch.count { set.rows[$0].half == .asked } == 4)
        }
    }

    @Test("what can't be honoured is refused, and what is broken is seen")
    func refused() throws {
        let pairs = try numberedPairs(4)
        let apart = ControlArms.apart(pairs)
        #expect(mistakes { try apart.batches(pairs: 4, seed: 1, epoch: 0) }.count == 1)
        #expect(mistakes { try apart.batches(pairs: 0, seed: 1, epoch: 0) }.count == 1)
        let torn = PreferenceSet(rows: Array(PreferenceSet(pairs).rows.dropLast()), batching: .together)
        #expect(mistakes { try torn.batches(pairs: 2, seed: 1, epoch: 0) }.first?.contains("lacks a half") == true)
        #expect(PreferenceSet(pairs).violations(of: [[0, 2], [1, 3], [4, 5], [6, 7]]).count == 4)
        #expect(apart.violations(of: [[0, 1], [2, 4], [3, 5], [6], [7]]).count == 1)
        #expect(PreferenceSet(pairs).violations(of: [[0, 1], [2, 3], [4, 5]]).count == 2)
        #expect(PreferenceSet(pairs).violations(of: [[0, 1], [2, 3], [4, 5], [6, 7, 99]]).count == 1)
    }
}
