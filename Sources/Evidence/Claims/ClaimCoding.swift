/// How a claim is written in YAML and JSON: flat, with the keys of ``Claim/Key``.
extension Claim: Codable {
    public enum Key: String, CodingKey, CaseIterable, Sendable {
        case name, says, outcome, predictor, condition, against, direction, margin, basis, among, alpha
        case coherentShare = "coherent_share"
        case at, tolerance
    }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// - Throws: `DecodingError.dataCorrupted` whose description says what is wrong and what to do.
    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        let all = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        let name = try keys.decodeIfPresent(String.self, forKey: .name) ?? ""
        func refuse(_ what: String) -> DecodingError {
            let whole = name.isEmpty ? "a claim: \(what)" : "claim \"\(name)\": \(what)"
            return .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: whole))
        }
        if let unknown = all.filter({ Key(rawValue: $0) == nil }).min() {
            throw refuse(
                "the key \"\(unknown)\" is unknown; known are \(Key.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        func text(_ key: Key) throws -> String? { try keys.decodeIfPresent(String.self, forKey: key) }
        func number(_ key: Key) throws -> Double? { try keys.decodeIfPresent(Double.self, forKey: key) }
        guard let outcome = try text(.outcome) else {
            throw refuse("there is no \"outcome\"; give one, like misaligned or contrast")
        }
        guard let direction = try text(.direction) else {
            throw refuse("there is no \"direction\"; give one, like falling or higher")
        }
        let comparison = try Self.comparison(
            predictor: try text(.predictor), condition: try text(.condition), against: try text(.against),
            direction: direction, margin: try number(.margin), refuse: refuse)
        do {
            try self.init(
                name: name, says: try text(.says), outcome: Outcome(outcome), comparison: comparison,
                bases: try Self.bases(keys, refuse: refuse), among: try Self.among(keys),
                alpha: try number(.alpha) ?? 0.05, coherentShare: try number(.coherentShare) ?? 0.9,
                at: try number(.at), tolerance: try number(.tolerance) ?? 0.1)
        } catch let error as EvidenceError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    private static func comparison(
        predictor: String?, condition: String?, against: String?, direction: String, margin: Double?,
        refuse: (String) -> DecodingError
    ) throws -> Comparison {
        func needed(_ what: String) throws -> Double {
            guard let margin else { throw refuse("\"direction: \(direction)\" needs a \"margin\": \(what)") }
            return margin
        }
        func noMargin() throws {
            if margin != nil {
                throw refuse("\"direction: \(direction)\" takes no \"margin\"; remove it, or say not-lower or same")
            }
        }
        switch (predictor, condition, against) {
        case (let predictor?, nil, nil):
            switch direction {
            case "rising", "falling", "peak":
                try noMargin()
                let shape: Shape = direction == "rising" ? .rising : direction == "falling" ? .falling : .peak
                return .trend(over: predictor, shape)
            case "flat":
                return .trend(over: predictor, .flat(margin: try needed("how much change per doubling is none")))
            default:
                throw refuse(
                    "the direction \"\(direction)\" doesn't go with a predictor; say rising, falling, peak or flat")
            }
        case (nil, let a?, let b?):
            switch direction {
            case "higher", "lower":
                try noMargin()
                return .difference(of: a, against: b, direction == "higher" ? .higher : .lower)
            case "not-lower":
                return .difference(of: a, against: b, .notLower(margin: try needed("how much lower is too much")))
            case "not-higher":
                return .difference(of: a, against: b, .notHigher(margin: try needed("how much higher is too much")))
            case "same":
                return .difference(of: a, against: b, .same(margin: try needed("what difference is none")))
            default:
                throw refuse(
                    "the direction \"\(direction)\" doesn't go with two conditions; say higher, lower, not-lower, "
                        + "not-higher or same")
            }
        default:
            throw refuse("give either \"predictor\", or both \"condition\" and \"against\"")
        }
    }

    /// One basis or a list; none: as trained.
    private static func bases(
        _ keys: KeyedDecodingContainer<Key>, refuse: (String) -> DecodingError
    ) throws -> [ComparisonBasis] {
        guard keys.contains(.basis) else { return [.asTrained] }
        let names =
            try (try? keys.decode(String.self, forKey: .basis)).map { [$0] }
            ?? keys.decode([String].self, forKey: .basis)
        return try names.map { name in
            guard let basis = ComparisonBasis(rawValue: name) else {
                let known = ComparisonBasis.allCases.map(\.rawValue).joined(separator: ", ")
                throw refuse("the basis \"\(name)\" is unknown; known are \(known)")
            }
            return basis
        }
    }

    /// Values may be written as numbers: `rank: 1`.
    private static func among(_ keys: KeyedDecodingContainer<Key>) throws -> [String: String] {
        guard keys.contains(.among) else { return [:] }
        let nested = try keys.nestedContainer(keyedBy: AnyKey.self, forKey: .among)
        var found: [String: String] = [:]
        for key in nested.allKeys {
            if let number = try? nested.decode(Double.self, forKey: key) {
                found[key.stringValue] = ArmRecord.written(number)
            } else {
                found[key.stringValue] = try nested.decode(String.self, forKey: key)
            }
        }
        return found
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(name, forKey: .name)
        try keys.encodeIfPresent(says, forKey: .says)
        try keys.encode(outcome, forKey: .outcome)
        switch comparison {
        case .trend(let predictor, let shape):
            try keys.encode(predictor, forKey: .predictor)
            try keys.encode(shape.name, forKey: .direction)
        case .difference(let a, let b, let expectation):
            try keys.encode(a, forKey: .condition)
            try keys.encode(b, forKey: .against)
            try keys.encode(expectation.name, forKey: .direction)
        }
        try keys.encodeIfPresent(comparison.margin, forKey: .margin)
        try keys.encode(bases, forKey: .basis)
        if !among.isEmpty { try keys.encode(among, forKey: .among) }
        try keys.encode(alpha, forKey: .alpha)
        try keys.encode(coherentShare, forKey: .coherentShare)
        try keys.encodeIfPresent(at, forKey: .at)
        try keys.encode(tolerance, forKey: .tolerance)
    }
}

extension Claim.Shape {
    var name: String {
        switch self {
        case .rising: "rising"
        case .falling: "falling"
        case .peak: "peak"
        case .flat: "flat"
        }
    }
}

extension Claim.Expectation {
    var name: String {
        switch self {
        case .higher: "higher"
        case .lower: "lower"
        case .notLower: "not-lower"
        case .notHigher: "not-higher"
        case .same: "same"
        }
    }
}
