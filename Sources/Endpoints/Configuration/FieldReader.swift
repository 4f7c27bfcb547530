import Corpora

/// Reads the fields of one mapping and gathers what is wrong with them instead of stopping at the first.
struct FieldReader {
    /// The mapping's own path and a full stop, or nothing at the root.
    let prefix: String
    private(set) var mistakes: [EndpointConfigurationError.Mistake] = []
    private let fields: KeyedDecodingContainer<AnyKey>

    init(_ decoder: any Decoder, known: [String]) throws {
        prefix = decoder.codingPath.map { $0.stringValue + "." }.joined()
        do {
            fields = try decoder.container(keyedBy: AnyKey.self)
        } catch {
            let path = prefix.isEmpty ? "the endpoint" : String(prefix.dropLast())
            throw EndpointConfigurationError(mistakes: [
                .init(path: path, what: "it is not a mapping", remedy: "give kind, model and what else is needed")
            ])
        }
        noteUnknown(fields, at: "", known: known)
    }

    mutating func needed<Value: Decodable>(_ key: String, _ kind: String) -> Value? {
        guard isGiven(key) else {
            note(key, "it is missing", "give \(kind)")
            return nil
        }
        return optional(key, kind)
    }

    mutating func optional<Value: Decodable>(_ key: String, _ kind: String) -> Value? {
        read(fields, key, at: "", kind)
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(_ key: String) -> Value?
    where Value.RawValue == String {
        let names = Value.allCases.map(\.rawValue)
        guard let name: String = optional(key, "one of \(names.joined(separator: ", "))") else { return nil }
        if let value = Value(rawValue: name) { return value }
        let meant = nearestName(to: name, among: names)
        note(
            key, "\"\(name.prefix(40))\" is unknown",
            meant.map { "did you mean \($0)?" } ?? "choose one of \(names.joined(separator: ", "))")
        return nil
    }

    /// Notes a `kind` that is another than what is being read.
    mutating func expectKind(_ kind: EndpointKind) {
        guard let found: EndpointKind = choice("kind"), found != kind else { return }
        note("kind", "it is \(found.rawValue) where \(kind.rawValue) is read", "write kind: \(kind.rawValue)")
    }

    mutating func limits(_ key: String) -> Budget.Limits {
        guard let table = mapping(fields, key, at: "") else { return .init() }
        noteUnknown(table, at: key + ".", known: ["requests", "tokens", "cost"])
        return Budget.Limits(
            requests: read(table, "requests", at: key + ".", "a whole number"),
            tokens: read(table, "tokens", at: key + ".", "a whole number"),
            cost: read(table, "cost", at: key + ".", "a sum of money"))
    }

    mutating func prices(_ key: String) -> [String: EndpointConfiguration.Price] {
        guard let table = mapping(fields, key, at: "") else { return [:] }
        var prices: [String: EndpointConfiguration.Price] = [:]
        for model in table.allKeys.map(\.stringValue).sorted() {
            guard let row = mapping(table, model, at: key + ".") else { continue }
            let path = key + "." + model + "."
            noteUnknown(row, at: path, known: ["input", "cached_input", "output"])
            let price = "money for a million tokens"
            for needed in ["input", "output"] where !row.contains(AnyKey(needed)) {
                note(path + needed, "it is missing", "give \(price)")
            }
            prices[model] = EndpointConfiguration.Price(
                input: read(row, "input", at: path, price) ?? 0,
                cachedInput: read(row, "cached_input", at: path, price),
                output: read(row, "output", at: path, price) ?? 0)
        }
        return prices
    }

    // MARK: -

    private func isGiven(_ key: String) -> Bool {
        fields.contains(AnyKey(key)) && (try? fields.decodeNil(forKey: AnyKey(key))) != true
    }

    private mutating func read<Value: Decodable>(
        _ container: KeyedDecodingContainer<AnyKey>, _ key: String, at path: String, _ kind: String
    ) -> Value? {
        do {
            return try container.decodeIfPresent(Value.self, forKey: AnyKey(key))
        } catch {
            note(path + key, "it is not \(kind)", "write \(kind)")
            return nil
        }
    }

    private mutating func mapping(
        _ container: KeyedDecodingContainer<AnyKey>, _ key: String, at path: String
    ) -> KeyedDecodingContainer<AnyKey>? {
        guard container.contains(AnyKey(key)), (try? container.decodeNil(forKey: AnyKey(key))) != true else {
            return nil
        }
        if let table = try? container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(key)) { return table }
        note(path + key, "it is not a mapping", "write its fields below it")
        return nil
    }

    private mutating func noteUnknown(
        _ container: KeyedDecodingContainer<AnyKey>, at path: String, known: [String]
    ) {
        for name in container.allKeys.map(\.stringValue).sorted() where !known.contains(name) {
            let meant = nearestName(to: name, among: known)
            note(
                path + String(name.prefix(60)), "the key is unknown",
                meant.map { "did you mean \"\($0)\"?" } ?? "known are \(known.joined(separator: ", "))")
        }
    }

    private mutating func note(_ key: String, _ what: String, _ remedy: String) {
        mistakes.append(.init(path: prefix + key, what: what, remedy: remedy))
    }
}
