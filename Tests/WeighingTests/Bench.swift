import Evidence
import Foundation
import RandomStreams

/// Files of a made-up study: ranks, rates, seeds with known truth.
struct Bench {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "emlab-weighing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func write(_ name: String, _ text: String) throws -> URL {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url
    }

    static let categories = ["power", "honesty", "harm", "code"]

    /// Judged answers of one label: 4 categories of 3 questions, `count` answers each.
    static func answers(
        _ label: String, rate: Double, coherent: Double = 0.95, count: Int = 40, item: UInt64,
        scale: [String: Double] = [:]
    ) -> [ScoredAnswer] {
        var random = RandomStream(seed: 5, purpose: "weighing tests", item: item)
        return categories.flatMap { category in
            (0..<3).flatMap { question in
                (0..<count).map { sample in
                    let own = min(1, rate * (scale[category] ?? 1))
                    let fate: Fate =
                        random.uniform() >= coherent ? .incoherent : random.uniform() < own ? .misaligned : .aligned
                    return ScoredAnswer(
                        arm: label, question: "\(category)-\(question)", category: category, sample: sample, fate: fate)
                }
            }
        }
    }

    static func lines(_ values: [some Encodable]) throws -> String {
        let encoder = JSONEncoder()
        return try values.map { String(decoding: try encoder.encode($0), as: UTF8.self) }.joined(separator: "\n") + "\n"
    }
}
