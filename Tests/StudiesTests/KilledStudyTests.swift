import Foundation
import RandomStreams
import Studies
import Testing

@Suite("A study that is killed", .serialized)
struct KilledStudyTests {
    /// The program beside the running tests.
    static let program: URL = {
        let beside = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        return (beside ?? URL(filePath: ".build/release")).appending(path: "invented-study")
    }()

    let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func start(_ store: String) throws -> Process {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = [
            workshop.folder.appending(path: "study.yaml").path, workshop.folder.appending(path: store).path,
        ]
        try process.run()
        return process
    }

    private func finish(_ store: String) throws {
        let process = try start(store)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private func bodies(_ store: String) throws -> (began: [String], ended: [String: Int]) {
        let text = try String(contentsOf: workshop.folder.appending(path: "\(store)/bodies.log"), encoding: .utf8)
        var (began, ended): ([String], [String: Int]) = ([], [:])
        for line in text.split(separator: "\n").map({ $0.split(separator: " ").map(String.init) }) {
            if line.first == "began" { began.append(line.last ?? "") }
            if line.first == "ended", line.count == 2 { ended[line[1], default: 0] += 1 }
        }
        return (began, ended)
    }

    @Test("at 50 random moments ends with the same results, and does nothing that was done")
    func fiftyMoments() throws {
        try finish("whole")
        let expected = try workshop.results(of: "whole")
        #expect(expected.values.count { $0 == "done" } == 37)
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the moments: \(seed)")
        var (killed, round) = (0, 0)
        while killed < 50 {
            var stream = RandomStream(seed: seed, purpose: "moments", item: UInt64(round))
            // A study that came to its end is begun anew.
            let store = "killed-\(round)"
            round += 1
            while killed < 50 {
                let process = try start(store)
                usleep(UInt32(15_000 + stream.index(below: 120_000)))
                let isOver = !process.isRunning
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                if isOver { break }
                killed += 1
            }
            try finish(store)
            #expect(try workshop.results(of: store) == expected)
            let bodies = try bodies(store)
            #expect(bodies.ended.count == 37)
            #expect(!bodies.began.contains("DONE"))
        }
        print("killed 50 times in \(round) studies")
    }

    @Test("two processes on one store share the work and do nothing twice")
    func twoProcesses() throws {
        try finish("alone")
        for round in 0..<3 {
            let store = "shared-\(round)"
            let both = [try start(store), try start(store)]
            for process in both {
                process.waitUntilExit()
                #expect(process.terminationStatus == 0)
            }
            #expect(try workshop.results(of: store) == (try workshop.results(of: "alone")))
            let bodies = try bodies(store)
            #expect(bodies.ended.count == 37)
            #expect(bodies.ended.values.allSatisfy { $0 == 1 })
            #expect(bodies.began.count == 37)
        }
    }

    @Test("one of two is killed: the other takes over what it held")
    func takenOver() throws {
        try finish("alone")
        for round in 0..<5 {
            let store = "survived-\(round)"
            let (doomed, other) = (try start(store), try start(store))
            usleep(UInt32(60_000 + 40_000 * round))
            kill(doomed.processIdentifier, SIGKILL)
            doomed.waitUntilExit()
            other.waitUntilExit()
            #expect(other.terminationStatus == 0)
            #expect(try workshop.results(of: store) == (try workshop.results(of: "alone")))
            #expect(!(try bodies(store)).began.contains("DONE"))
        }
    }
}
