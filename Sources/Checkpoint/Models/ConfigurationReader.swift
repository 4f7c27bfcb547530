/// Typed access to a config.json's keys that notes every mistake instead of stopping at the first.
struct ConfigurationReader {
    let members: [String: JSON]
    /// Put before a key in messages ("text_config.").
    var prefix = ""
    private(set) var mistakes: [String] = []

    init(_ members: [String: JSON], prefix: String = "") {
        self.members = members
        self.prefix = prefix
    }

    mutating func note(_ mistake: String) { mistakes.append(mistake) }

    /// The value of a key that is there and not null.
    func value(_ key: String) -> JSON? {
        guard let value = members[key], !value.isNull else { return nil }
        return value
    }

    func isNull(_ key: String) -> Bool { members[key]?.isNull == true }

    private mutating func read<T>(_ key: String, _ what: String, _ convert: (JSON) -> T?) -> T? {
        guard let found = value(key) else { return nil }
        guard let converted = convert(found) else {
            note("\(prefix)\(key) is \(found.kind) (\(CheckpointError.quoted(found.compactText))); \(what) is needed")
            return nil
        }
        return converted
    }

    mutating func integer(_ key: String) -> Int? { read(key, "a whole number", \.integer) }
    mutating func integer(_ key: String, default value: Int) -> Int { integer(key) ?? value }
    mutating func double(_ key: String) -> Double? { read(key, "a number", \.double) }
    mutating func bool(_ key: String) -> Bool? { read(key, "true or false", \.bool) }
    mutating func string(_ key: String) -> String? { read(key, "a string", \.string) }
    mutating func object(_ key: String) -> [String: JSON]? { read(key, "an object", \.object) }
    mutating func strings(_ key: String) -> [String]? {
        read(key, "a list of strings") { value in
            value.array.flatMap { list in
                let texts = list.compactMap(\.string)
                return texts.count == list.count ? texts : nil
            }
        }
    }
}
