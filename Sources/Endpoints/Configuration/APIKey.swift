import Foundation

/// A key from the environment. It shows itself to nobody but the request's header, and takes itself out of whatever a
/// server sends back.
struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Shorter ones are no secrets, and taking them out of replies would change answers.
    static let shortest = 8
    static let mark = "[key removed]"

    private let value: String
    /// The key as it may come back: plain, in JSON with escaped slashes, percent-encoded, in Base64.
    private let spellings: [Data]

    /// - Throws: ``EndpointError`` if the variable is not set or holds what can't be a key; never with its value.
    init(variable: String, environment: [String: String], place: String) throws {
        func refuse(_ what: String, _ remedy: String) -> EndpointError {
            EndpointError(.invalid, place: place, what: what, remedy: remedy)
        }
        let raw = environment[variable]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard !raw.isEmpty else {
            throw refuse("the variable \(variable) is not set", "put the endpoint's key into it")
        }
        guard raw.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw refuse(
                "the variable \(variable) holds what can't be a key", "a key is visible ASCII without spaces")
        }
        guard raw.utf8.count >= Self.shortest else {
            throw refuse(
                "the variable \(variable) holds only \(raw.utf8.count) characters",
                "a key has at least \(Self.shortest); leave out key_variable if the server needs none")
        }
        self.init(raw)
    }

    private init(_ value: String) {
        self.value = value
        let percent = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? value
        let base64 = Data(value.utf8).base64EncodedString()
        var spellings: [Data] = []
        for spelling in [
            value, value.replacing("/", with: "\\/"), Self.jsonEscaped(value), percent, base64,
            String(base64.prefix { $0 != "=" }),
        ] {
            let data = Data(spelling.utf8)
            if !spellings.contains(data) { spellings.append(data) }
        }
        // The longest first, so that none is left of which a part was taken out.
        self.spellings = spellings.sorted { $0.count > $1.count }
    }

    var header: String { "Bearer \(value)" }

    func occurs(in bytes: Data) -> Bool { spellings.contains { bytes.range(of: $0) != nil } }

    /// The bytes with every spelling of the key replaced by ``mark``.
    func redacting(_ bytes: Data) -> Data {
        var bytes = bytes
        for spelling in spellings {
            var start = bytes.startIndex
            while let range = bytes.range(of: spelling, in: start..<bytes.endIndex) {
                let offset = range.lowerBound - bytes.startIndex + Self.mark.utf8.count
                bytes.replaceSubrange(range, with: Data(Self.mark.utf8))
                start = bytes.startIndex + offset
            }
        }
        return bytes
    }

    func redacting(_ text: String) -> String { String(decoding: redacting(Data(text.utf8)), as: UTF8.self) }

    private static func jsonEscaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    var description: String { Self.mark }
    var debugDescription: String { Self.mark }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
