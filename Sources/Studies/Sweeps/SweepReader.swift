import Foundation

/// A sweep from the checked value of a step.
struct SweepReader {
    let kind: StepKind
    /// The step's key path.
    let path: String
    var mistakes: [(path: String, what: String, remedy: String)] = []

    init(kind: StepKind, path: String) {
        self.kind = kind
        self.path = path
    }

    private mutating func note(_ path: String, _ what: String, _ remedy: String) {
        mistakes.append((path, what, remedy))
    }

    /// - Parameter given: the keys that the step itself gives; a list of names among them is an axis, too.
    mutating func read(_ step: [String: Value], given: Set<String>) -> Sweep {
        var sweep = Sweep()
        let keys = StepKeys.settings(kind)
        let written = step["sweep"]?.object ?? [:]
        var places: [String: String] = [:]
        func claim(_ name: String, _ place: String) -> String? { places.updateValue(place, forKey: name) }

        for key in keys where key.shape.sections != nil {
            guard let names = step[key.name]?.list else { continue }
            sweep.axes.append(.init(points: names.map { [key.name: $0] }))
            _ = claim(key.name, "\(path).\(key.name)")
        }
        for key in keys where key.varies {
            guard let value = written[key.name] else { continue }
            let place = "\(path).sweep.\(key.name)"
            if given.contains(key.name) {
                note(place, "\(key.name) is given by the step, too", "leave out one of the two")
            }
            guard let values = axis(value, isWhole: key.isWhole, at: place) else { continue }
            if Set(values.map(\.settled)).count < values.count {
                note(place, "a value occurs twice", "give each once")
            }
            sweep.axes.append(.init(points: values.map { [key.name: $0] }))
            if claim(key.name, place) != nil { note(place, "\(key.name) varies twice", "leave out one of the two") }
        }
        for (index, group) in (written["zip"]?.list ?? []).enumerated() {
            let lists = (group.object ?? [:]).compactMapValues(\.list)
            let place = "\(path).sweep.zip[\(index)]"
            let lengths = Set(lists.values.map(\.count))
            guard lengths.count == 1, let length = lengths.first else {
                note(
                    place, lengths.isEmpty ? "nothing to vary" : "lists of different lengths",
                    "give lists of one length")
                continue
            }
            for name in lists.keys.sorted() {
                if given.contains(name) { note(place, "\(name) is given by the step, too", "leave out one of the two") }
                if claim(name, place) != nil { note(place, "\(name) varies twice", "leave out one of the two") }
            }
            sweep.axes.append(.init(points: (0..<length).map { index in lists.mapValues { $0[index] } }))
        }
        sweep.only = (step["only"]?.list ?? []).map(condition)
        sweep.except = (step["except"]?.list ?? []).map(condition)
        if sweep.combinations == nil {
            note("\(path).sweep", "more than \(Sweep.limit) arms", "vary fewer settings at once")
        }
        return sweep
    }

    /// A list as it stands, or a range written out.
    private mutating func axis(_ value: Value, isWhole: Bool, at place: String) -> [Value]? {
        if let list = value.list { return list }
        guard let range = value.object else { return nil }
        if let ends = range["log"]?.list {
            guard range["from"] == nil, range["to"] == nil else {
                note(place, "both log and from/to", "leave out one of the two")
                return nil
            }
            guard let count = range["count"]?.whole else {
                note(place, "log without count", "say how many values, like count: 5")
                return nil
            }
            return logarithmic(ends, count: count, isWhole: isWhole, at: place)
        }
        guard range["count"] == nil, let from = range["from"]?.number, let to = range["to"]?.number,
            let by = range["by"]?.number
        else {
            note(place, "a range without from and to", "write {from: 1, to: 6} or {log: [1e-5, 1e-3], count: 5}")
            return nil
        }
        let steps = ((to - from) / by + 1e-9).rounded(.down)
        guard steps >= 0, steps < Double(Sweep.limit) else {
            note(place, "a range of \(steps < 0 ? "no" : "too many") values", "mend from, to and by")
            return nil
        }
        return (0...Int(steps)).compactMap { index in
            let number = from + Double(index) * by
            if isWhole { return Int(exactly: number.rounded()).map(Value.whole) }
            return .number(Self.short(number))
        }
    }

    private mutating func logarithmic(_ ends: [Value], count: Int, isWhole: Bool, at place: String) -> [Value]? {
        guard ends.count == 2, let first = ends[0].number, let last = ends[1].number, first > 0, last > 0, first != last
        else {
            note(place, "log needs two different ends above 0", "write log: [1e-5, 1e-3]")
            return nil
        }
        let values: [Value] = (0..<count).compactMap { index in
            let number = exp(log(first) + (log(last) - log(first)) * Double(index) / Double(count - 1))
            if isWhole { return Int(exactly: number.rounded()).map(Value.whole) }
            return .number(Self.short(number))
        }
        // Whole numbers may round to the same.
        return values.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// Six digits, so that 1e-5 … 1e-3 reads as people write it.
    static func short(_ number: Double) -> Double { Double(String(format: "%.6g", number)) ?? number }

    private func condition(_ value: Value) -> Sweep.Condition {
        Sweep.Condition(
            tests: (value.object ?? [:]).mapValues { wanted in
                if let list = wanted.list { return .oneOf(list.map(\.settled)) }
                if let range = wanted.object {
                    return .within(from: range["from"]?.number, to: range["to"]?.number)
                }
                return .oneOf([wanted.settled])
            })
    }
}

extension Key {
    var isWhole: Bool { if case .whole = shape { true } else { false } }
}
