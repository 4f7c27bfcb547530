import Evidence

/// A few items' values of one measure and organism: what is kept together when a run is interrupted.
struct MeasuredPart: Codable {
    var part: String
    var values: [MeasuredValue]
}

/// What `emlab measure` has done and still has to do.
struct MeasureWork {
    private let kept: [String: [MeasuredValue]]
    private(set) var values: [MeasuredValue] = []
    private var done = 0
    /// Items that are measured and kept together.
    private static let step = 8

    init(kept: [MeasuredPart]) {
        self.kept = Dictionary(kept.map { ($0.part, $0.values) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether no earlier run left anything.
    var isEmpty: Bool { kept.isEmpty }
    /// Values so far, those of an earlier run included.
    var count: Int { values.isEmpty ? kept.values.reduce(0) { $0 + $1.count } : values.count }

    mutating func add(_ more: [MeasuredValue]) { values += more }

    /// Measures what an earlier run has not.
    mutating func take(
        _ measure: String, of arm: String, items: Int, _ progress: Progress, _ file: UnfinishedLines<MeasuredPart>?,
        values measured: (Range<Int>) throws -> [MeasuredValue]
    ) throws {
        for start in stride(from: 0, to: items, by: Self.step) {
            try Interruption.check()
            let range = start..<min(items, start + Self.step)
            let name = "\(measure) of \(arm), items \(range.lowerBound)-\(range.upperBound)"
            if let earlier = kept[name] {
                values += earlier
            } else {
                let found = try measured(range)
                try file?.append(MeasuredPart(part: name, values: found))
                values += found
            }
            done += range.count
            progress.update(done: done, adding: range.count, detail: measure)
        }
    }
}
