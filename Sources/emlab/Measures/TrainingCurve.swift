import Evidence
import FineTuning
import Foundation
import Measurement
import Transformer

/// Measures taken of an adapter while it trains: one JSON object a line in `measures.jsonl`, for step 0, every so many
/// steps, and the last.
///
///     {"step": 20, "numbers": {"contrast": −0.41, "contrast_lower": …, "contrast_change": 0.02, …}, "values": {…}}
///
/// `numbers` has each measure's mean, its interval over items, and the change since step 0, paired by item: with few items
/// the levels' interval is wide and the change's is not. `values` has the value of each item.
///
/// The adapter is read where the trainer keeps it; nothing is copied. A resumed run has the lines of an uninterrupted
/// one: those after the checkpoint are cut off and taken anew.
final class TrainingCurve {
    static let fileName = "measures.jsonl"
    /// More of the training time than this is worth a warning.
    static let share = 0.05

    private let measures: [any Measure]
    private let every: Int
    private let steps: Int
    private let file: URL
    private var trainingSeconds = 0.0
    private var measuringSeconds = 0.0
    private var rows = 0
    private var hasWarned = false
    private let clock = ContinuousClock()
    private var start: Row?

    /// A line of the file.
    fileprivate struct Row: Codable {
        var step: Int
        var seconds: Double
        var numbers: [String: Double] = [:]
        /// By measure and item.
        var values: [String: [String: Double]] = [:]
    }

    init(_ measures: [any Measure], every: Int, steps: Int, file: URL) {
        self.measures = measures
        self.every = every
        self.steps = steps
        self.file = file
    }

    /// Cuts what was measured after `step`, and measures there if that is due and hasn't been done.
    func begin(at step: Int, _ adapter: LowRankAdapter?) throws {
        let lines = ((try? Data(contentsOf: file)) ?? Data()).split(separator: 0x0A)
        let kept = lines.compactMap { line -> (row: Row, line: Data)? in
            guard let row = try? Console.decode(Row.self, from: Data(line)), row.step <= step else { return nil }
            return (row, Data(line))
        }
        start = kept.first { $0.row.step == 0 }?.row
        do {
            try kept.reduce(into: Data()) { $0 += $1.line + Data("\n".utf8) }.write(to: file, options: .atomic)
        } catch { throw ConsoleError("\(file.relativePath) can't be written: \(error.localizedDescription)") }
        if isDue(step), kept.last?.row.step != step { try take(at: step, adapter) }
    }

    /// Measures after a step where that is due.
    func measure(after record: StepRecord, _ adapter: LowRankAdapter?) throws {
        trainingSeconds += record.seconds
        guard isDue(record.step) else { return }
        try take(at: record.step, adapter)
        guard !hasWarned, rows > 2, record.step < steps, measuringSeconds > Self.share * trainingSeconds else { return }
        // Two lines are there whatever the interval; what counts is the whole run.
        let perRow = measuringSeconds / Double(rows)
        let perStep = trainingSeconds / Double(max(1, record.step))
        guard perRow * Double(2 + steps / every) > Self.share * perStep * Double(steps) else { return }
        hasWarned = true
        logger.warning("measuring takes more than \(Int(100 * Self.share)) % of the training time: \(remedy)")
    }

    private var remedy: String { "raise --measure-every, or lower --measure-items" }

    private func isDue(_ step: Int) -> Bool { step % every == 0 || step == steps }

    private func take(at step: Int, _ adapter: LowRankAdapter?) throws {
        let began = clock.now
        let organism = Organism(arm: "run", adapter: adapter)
        var row = Row(step: step, seconds: 0)
        for measure in measures {
            try Interruption.check()
            let measured = try measure.values(of: organism)
            for value in measured { row.values[value.measure, default: [:]][value.key] = value.value }
            for summary in try MeasureSummary.of(measured) {
                row.put(summary.estimate, as: summary.measure)
                guard let before = start?.values[summary.measure], let now = row.values[summary.measure] else {
                    continue
                }
                let pairs = now.sorted { $0.key < $1.key }.compactMap { item, value in
                    before[item].map { PairedDifference.Pair(question: item, before: $0, after: value) }
                }
                guard !pairs.isEmpty else { continue }
                row.put(try PairedDifference.estimate(pairs), as: summary.measure + "_change")
            }
        }
        row.seconds = Progress.seconds(clock.now - began)
        if step == 0 { start = row }
        measuringSeconds += row.seconds
        rows += 1
        do {
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: try Console.encode(row))
            try handle.close()
        } catch { throw ConsoleError("\(file.relativePath) can't be written: \(error.localizedDescription)") }
    }

    /// Says what the curve has cost.
    func tellShare() {
        guard trainingSeconds > 0 else { return }
        let share = 100 * measuringSeconds / trainingSeconds
        let counts = measures.map { "\($0.name) on \($0.itemCount)" }.joined(separator: ", ")
        Console.say(
            "measured \(rows.counted("time")) along the way (\(counts)): \(Progress.number(share)) % of the training time"
        )
        if share > 100 * Self.share, !hasWarned {
            logger.warning("that is more than \(Int(100 * Self.share)) %: \(remedy)")
        }
    }
}

extension TrainingCurve.Row {
    /// The number and, where it has one, its interval.
    fileprivate mutating func put(_ estimate: Estimate, as name: String) {
        numbers[name] = estimate.value
        guard estimate.lower.isFinite, estimate.upper.isFinite else { return }
        numbers[name + "_lower"] = estimate.lower
        numbers[name + "_upper"] = estimate.upper
    }
}

extension MeasuredValue {
    /// Tells a measure's items apart.
    fileprivate var key: String { detail["paraphrase"].map { "\(item)/\(Int($0))" } ?? item }
}
