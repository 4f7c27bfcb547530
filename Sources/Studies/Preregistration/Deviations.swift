/// Where a study differs from what was preregistered.
public struct Deviation: Hashable, Sendable, Codable, CustomStringConvertible {
    public enum Kind: String, Codable, Hashable, Sendable {
        case claim, setting, data
    }

    public var kind: Kind
    /// A key path of the study, or the name of a model or data.
    public var path: String
    /// None: there was none, or there is none.
    public var before: String?
    public var now: String?

    public var description: String {
        switch (before, now) {
        case (nil, let now?): "\(kind.rawValue) \(path): added: \(now)"
        case (let before?, nil): "\(kind.rawValue) \(path): removed; it was \(before)"
        default: "\(kind.rawValue) \(path): was \(before ?? "none"), is \(now ?? "none")"
        }
    }
}

extension Preregistration {
    /// Everything in which a plan differs from the record, claims first.
    public func deviations(of plan: Plan) -> [Deviation] {
        var found: [Deviation] = []
        Self.compare(content["study"] ?? .null, plan.study.settings, "", &found)
        let before = content["fingerprints"]?.object?.compactMapValues(\.text) ?? [:]
        for name in Set(before.keys).union(plan.fingerprints.keys).sorted()
        where before[name] != plan.fingerprints[name] {
            found.append(Deviation(kind: .data, path: name, before: before[name], now: plan.fingerprints[name]))
        }
        let order: [Deviation.Kind] = [.claim, .setting, .data]
        return order.flatMap { kind in found.filter { $0.kind == kind } }
    }

    private static func compare(_ before: Value?, _ now: Value?, _ path: String, _ found: inout [Deviation]) {
        guard before?.settled != now?.settled else { return }
        if let old = before?.object, let new = now?.object {
            for key in Set(old.keys).union(new.keys).sorted() {
                compare(old[key], new[key], path.isEmpty ? key : "\(path).\(key)", &found)
            }
            return
        }
        // Words about a study are no part of what it does.
        guard path != "about", !path.hasSuffix(".about") else { return }
        found.append(
            Deviation(
                kind: path.hasPrefix("claims") ? .claim : .setting, path: path, before: before.map { $0.shown },
                now: now.map { $0.shown }))
    }
}
