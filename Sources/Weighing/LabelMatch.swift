import Evidence
import Foundation

/// Which record each label of the answers belongs to: the same label, or a path that ends alike.
struct LabelMatch {
    private let labels: [String]
    private let records: [ArmRecord]
    private var matched: [String: ArmRecord] = [:]
    private(set) var notes: [String] = []

    init(labels: [String], records: [ArmRecord]) {
        (self.labels, self.records) = (labels, records)
        let byLabel = Dictionary(records.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
        let byEnd = Dictionary(grouping: records) { Self.end($0.label) }
        for label in labels {
            if let record = byLabel[label] {
                matched[label] = record
            } else if let found = byEnd[Self.end(label)], found.count == 1, var record = found.first {
                record.label = label
                matched[label] = record
            }
        }
        let used = Set(matched.values.map { Self.end($0.label) })
        let idle = records.map(\.label).filter { !used.contains(Self.end($0)) }
        if !idle.isEmpty {
            notes.append(
                "No answers or measures of \(Self.list(idle)): \(idle.count == 1 ? "this arm is" : "these arms are") left "
                    + "out. There are \(Self.list(labels)).")
        }
    }

    /// The arms of all labels but the base's.
    func arms(except base: String?) -> [ArmRecord] {
        labels.filter { $0 != base }.map { label in
            matched[label] ?? ArmRecord(label: label, condition: label, seed: "run 1")
        }
    }

    private static func end(_ label: String) -> String { URL(filePath: label).lastPathComponent }

    private static func list(_ labels: [String]) -> String {
        labels.prefix(8).joined(separator: ", ") + (labels.count > 8 ? ", …" : "")
    }
}
