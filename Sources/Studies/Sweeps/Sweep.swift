/// The arms of a step: every combination of the values of its axes that the filters let through.
public struct Sweep: Hashable, Sendable {
    /// Settings that vary together: one for a list of values, several for a zip.
    public struct Axis: Hashable, Sendable {
        public var points: [[String: Value]]
        public init(points: [[String: Value]]) { self.points = points }
    }

    /// A filter: every setting it names must have one of the values, or lie within the bounds.
    public struct Condition: Hashable, Sendable {
        public enum Test: Hashable, Sendable {
            case oneOf([Value])
            case within(from: Double?, to: Double?)

            func fits(_ value: Value?) -> Bool {
                switch self {
                case .oneOf(let values): value.map { values.contains($0.settled) } ?? false
                case .within(let from, let to):
                    value?.number.map { $0 >= (from ?? -.infinity) && $0 <= (to ?? .infinity) } ?? false
                }
            }
        }

        public var tests: [String: Test]

        public func fits(_ settings: [String: Value]) -> Bool { tests.allSatisfy { $1.fits(settings[$0]?.settled) } }
    }

    public static let limit = 10_000

    public var axes: [Axis] = []
    public var only: [Condition] = []
    public var except: [Condition] = []

    public init(axes: [Axis] = [], only: [Condition] = [], except: [Condition] = []) {
        self.axes = axes
        self.only = only
        self.except = except
    }

    /// The names of what varies, in order.
    public var names: [String] {
        axes.flatMap { Set($0.points.flatMap(\.keys)).sorted() }
    }

    /// How many combinations there are before filtering; none where that is beyond all reason.
    var combinations: Int? {
        var count = 1
        for axis in axes {
            let (product, overflow) = count.multipliedReportingOverflow(by: axis.points.count)
            guard !overflow, product <= Self.limit else { return nil }
            count = product
        }
        return count
    }

    /// Every arm's values of what varies, the last axis fastest.
    ///
    /// - Parameter settings: what does not vary: filters look at that, too.
    public func arms(of settings: [String: Value]) -> [[String: Value]] {
        guard combinations != nil else { return [] }
        var arms: [[String: Value]] = [[:]]
        for axis in axes {
            arms = arms.flatMap { arm in axis.points.map { arm.merging($0) { $1 } } }
        }
        return arms.filter { arm in
            let all = settings.merging(arm) { $1 }
            return (only.isEmpty || only.contains { $0.fits(all) }) && !except.contains { $0.fits(all) }
        }
    }
}

extension Value {
    /// 3.0 and 3 are the same setting.
    var settled: Value {
        if case .number(let value) = self, let whole = Int(exactly: value) { .whole(whole) } else { self }
    }
}
