/// A number with its uncertainty, how it was found, and what it can't say.
public struct Estimate: Sendable, Codable, Equatable {
    public var value: Double
    /// The ends of the interval; infinite where the data bounds nothing.
    public var lower: Double
    public var upper: Double
    /// The share of such intervals that hold the truth, like 0.95.
    public var level: Double
    /// How value and interval were found, in a few words.
    public var method: String
    public var counts: Counts
    /// What a reader must know before leaning on the interval, in plain words.
    public var caveats: [String]
    public var unit: Unit

    /// How many of what the estimate rests on, at each level of the design.
    public struct Counts: Sendable, Codable, Equatable {
        public var seeds: Int?
        public var questions: Int?
        public var answers: Int?
        public var tasks: Int?
        public var programs: Int?

        public init(
            seeds: Int? = nil, questions: Int? = nil, answers: Int? = nil, tasks: Int? = nil, programs: Int? = nil
        ) {
            self.seeds = seeds
            self.questions = questions
            self.answers = answers
            self.tasks = tasks
            self.programs = programs
        }

        public var inWords: String {
            [(seeds, "seed"), (questions, "question"), (answers, "answer"), (tasks, "task"), (programs, "program")]
                .compactMap { count, name in count.map { "\($0) \(name)\($0 == 1 ? "" : "s")" } }
                .joined(separator: ", ")
        }
    }

    public enum Unit: String, Sendable, Codable {
        /// A share between 0 and 1, written in per cent.
        case share
        /// A difference of shares, written in percentage points.
        case points
        /// Any other number.
        case plain
    }

    public init(
        value: Double, lower: Double, upper: Double, level: Double, method: String, counts: Counts = Counts(),
        caveats: [String] = [], unit: Unit = .plain
    ) {
        self.value = value
        self.lower = lower
        self.upper = upper
        self.level = level
        self.method = method
        self.counts = counts
        self.caveats = caveats
        self.unit = unit
    }

    /// The estimate in one paragraph: value, interval, what it rests on, what it can't say.
    public var inWords: String {
        let rest = counts.inWords
        let words = valueInWords + (rest.isEmpty ? " (\(method))." : " (\(method); \(rest)).")
        return caveats.isEmpty ? words : words + " " + caveats.joined(separator: " ")
    }

    /// Value and interval alone.
    public var valueInWords: String {
        guard lower.isFinite || upper.isFinite else { return written(value) + ", no interval" }
        return written(value)
            + ", \(Self.trimmed(100 * level)) % interval \(written(lower)) to \(written(upper))"
    }

    private func written(_ number: Double) -> String {
        switch unit {
        case .share: Self.percent(number)
        case .points: number.isFinite ? "\(Self.digits(100 * number)) points" : Self.digits(number)
        case .plain: Self.digits(number)
        }
    }

    private static func percent(_ share: Double) -> String {
        share.isFinite ? "\(digits(100 * share)) %" : digits(share)
    }

    /// Without the zeros after the last digit that says something.
    package static func trimmed(_ number: Double) -> String {
        var text = digits(number)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// Three significant digits, at most four after the point.
    /// With `small`, numbers below 0.001 are written as powers of ten.
    package static func digits(_ number: Double, small: Bool = false) -> String {
        guard number.isFinite else { return number.isNaN ? "unknown" : number > 0 ? "unbounded" : "unbounded below" }
        let size = abs(number)
        guard size < 1e6, !small || size == 0 || size >= 1e-3 else { return power(number) }
        let places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = (size * scale).rounded(.toNearestOrAwayFromZero)
        // Whole numbers below 1e10 are exact in a Double and in an Int.
        let whole = Int(rounded)
        let sign = number < 0 && whole != 0 ? "−" : ""
        guard places > 0 else { return sign + String(whole) }
        let divisor = Int(scale)
        let fraction = String(whole % divisor)
        return sign + "\(whole / divisor)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}

extension Estimate {
    /// Three significant digits times a power of ten.
    private static func power(_ number: Double) -> String {
        var (mantissa, exponent) = (abs(number), 0)
        while mantissa >= 9.995 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 0.9995 {
            mantissa *= 10
            exponent -= 1
        }
        return "\(number < 0 ? "−" : "")\(digits(mantissa))e\(exponent)"
    }
}

/// Why a statistic can't be computed from what was given.
public struct EvidenceError: Error, Equatable, Sendable, CustomStringConvertible {
    public var what: String
    public var remedy: String

    public init(_ what: String, _ remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    public var description: String { "\(what); \(remedy)" }

    static func check(level: Double) throws {
        guard level > 0, level < 1 else {
            throw EvidenceError("the level \(level) is not between 0 and 1", "give one like 0.95")
        }
    }
}
