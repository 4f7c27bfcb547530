import Checkpoint
import Foundation

/// Lines on their way to a file: each is appended to `<out>.partial` as it comes, so that whatever ends the run, the
/// same command goes on from there. The file itself appears whole.
///
/// The first line says which run this is; a run with other settings doesn't mix with it.
final class UnfinishedLines<Line: Codable> {
    let out: String
    var partial: String { out + ".partial" }
    /// What earlier runs of the same command finished.
    private(set) var kept: [Line] = []
    private let descriptor: Int32
    /// What the lines are, in messages.
    private let what: String

    private typealias Header = UnfinishedHeader

    /// - Parameters:
    ///   - identity: everything that decides the lines.
    ///   - what: the lines, in messages.
    /// - Throws: ``ConsoleError`` where the file can't be made, belongs to another run, or is being written.
    init(out: String, identity: [String: String], what: String = "answers") throws {
        self.out = out
        self.what = what
        let name = out + ".partial"
        try Destination.makeFolder(for: out)
        descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(name, "can't be made") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw ConsoleError("\(name) is being written by another emlab: wait for it, or choose another --out")
        }
        let header = try Console.encode(Header(unfinished: identity))
        guard let data = try? Data(contentsOf: URL(filePath: name)) else { throw Self.failure(name, "can't be read") }
        // What follows the last line feed was cut off in the middle.
        let whole = data.lastIndex(of: 0x0A).map { data[...$0] } ?? Data()
        let lines = whole.split(separator: 0x0A)
        if let first = lines.first {
            try check(first, against: identity, name: name)
            for (number, line) in lines.enumerated().dropFirst() {
                do { kept.append(try Console.decode(Line.self, from: Data(line))) } catch {
                    throw ConsoleError("\(name):\(number + 1) is damaged; remove that file to start anew")
                }
            }
        }
        guard ftruncate(descriptor, off_t(whole.count)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            throw Self.failure(name, "can't be written")
        }
        if lines.isEmpty {
            do { try Console.write(header, to: descriptor, named: name) } catch {
                unlink(name)
                throw error
            }
        }
    }

    deinit { close(descriptor) }

    private static func failure(_ name: String, _ what: String) -> ConsoleError {
        ConsoleError("--out: \(name) \(what): \(String(cString: strerror(errno))); choose an --out that you may write")
    }

    private func check(_ line: Data, against identity: [String: String], name: String) throws {
        guard let found = try? Console.decode(Header.self, from: Data(line)).unfinished else {
            throw ConsoleError("\(name) doesn't begin like unfinished \(what); remove it or choose another --out")
        }
        let changed = Set(found.keys).union(identity.keys).filter { found[$0] != identity[$0] }.sorted()
        guard changed.isEmpty else {
            throw ConsoleError(
                "\(name) holds unfinished \(what) of a run with another \(changed.joined(separator: ", another ")). "
                    + "Finish that run with the command that began it, or remove the file")
        }
    }

    func append(_ line: Line) throws {
        let data = try Console.encode(line)
        do { try Console.write(data, to: descriptor, named: partial) } catch {
            throw ConsoleError("\(error). What is finished is kept there; the same command continues")
        }
    }

    /// Writes the file and removes what led to it.
    func finish(_ lines: [some Encodable]) throws {
        try OutgoingFile.write(
            lines.map { String(decoding: try Console.encode($0), as: UTF8.self) }.joined(), to: URL(filePath: out))
        unlink(partial)
    }
}

/// The first line of an unfinished file: which run it belongs to.
private struct UnfinishedHeader: Codable, Equatable {
    var unfinished: [String: String]
}
