import Foundation

/// How far a job is: a bar on a terminal with rate and time left; elsewhere a plain line now and then.
final class Progress {
    let what: String
    let total: Int
    /// The name of what is counted in the rate, like "tokens".
    let unit: String
    /// What was done before this process began.
    private let start: Int
    private let clock = ContinuousClock()
    private let began: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant?
    private var units = 0
    private var isOpen = false
    private var isComplete = false
    private let isTerminal: Bool
    /// Seconds between two looks: a terminal's, a log's.
    private var interval: Double { isTerminal ? 0.1 : 10 }

    init(_ what: String, total: Int, unit: String, from start: Int = 0) {
        self.what = what
        self.total = total
        self.start = start
        self.unit = unit
        isTerminal = Console.isTerminal
        began = clock.now
    }

    /// - Parameters:
    ///   - done: steps, questions… so far, out of `total`.
    ///   - adding: units since the last call.
    ///   - detail: what else to show, like "loss 0.83".
    func update(done: Int, adding: Int, detail: String = "") {
        guard !isComplete else { return }
        units += adding
        let now = clock.now
        let isLast = done >= total
        isComplete = isLast
        if !isLast, let lastShown, Self.seconds(now - lastShown) < interval { return }
        lastShown = now
        let elapsed = Self.seconds(now - began)
        let line = Self.line(
            what: what, done: done, total: total, from: start, rate: elapsed > 0 ? Double(units) / elapsed : 0,
            unit: unit,
            elapsed: elapsed, detail: detail, width: isTerminal ? Console.width : nil)
        if isTerminal {
            Console.draw("\r" + line + "\u{1B}[K")
            isOpen = true
            if isLast { end() }
        } else {
            Console.say(line)
        }
    }

    /// Leaves the bar as it stands and goes to the next line.
    func end() {
        guard isOpen else { return }
        Console.draw("\n")
        isOpen = false
    }

    static func line(
        what: String, done: Int, total: Int, from start: Int = 0, rate: Double, unit: String, elapsed: Double,
        detail: String, width: Int?
    ) -> String {
        let left = done > start ? elapsed / Double(done - start) * Double(max(0, total - done)) : nil
        let time = done >= total ? "in \(duration(elapsed))" : left.map { "\(duration($0)) left" } ?? ""
        var parts = ["\(done)/\(total)", "\(number(rate)) \(unit)/s", time]
        if !detail.isEmpty { parts.append(detail) }
        let words = parts.filter { !$0.isEmpty }.joined(separator: "  ")
        guard let width else { return "\(what) \(words)" }
        let space = width - 1 - what.count - words.count - 4
        guard space >= 10 else { return String("\(what) \(words)".prefix(max(0, width - 1))) }
        let length = min(space, 30)
        let full = total > 0 ? length * min(done, total) / total : length
        return
            "\(what) [\(String(repeating: "=", count: full))\(String(repeating: " ", count: length - full))] \(words)"
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        if whole >= 60 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole) s"
    }

    static func number(_ value: Double) -> String {
        value >= 100 ? String(Int(value.rounded())) : String(format: "%.1f", value)
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
