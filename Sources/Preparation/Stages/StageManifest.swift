public import Corpora
import Crypto
import Foundation

/// What a stage did: what went in, how, what came out. Written beside the results.
public struct StageManifest: Sendable, Hashable, Codable {
    /// What is kept of each kind of reason, as examples.
    static let examplesEach = 2

    public struct Output: Sendable, Hashable, Codable {
        public var name: String
        public var sha256: String
        public var rows: Int
    }

    public struct Example: Sendable, Hashable, Codable {
        public var item: String
        public var reason: String
        public var detail: String
    }

    /// `explain`, `twin`, `pair`, …
    public var stage: String
    public var inputs: [FileIdentity]
    public var settings: [String: String]
    /// SHA-256 of the prompt's wording, where something is asked.
    public var prompt: String?
    public var endpoints: [String: [String: String]]
    public var items = 0
    public var kept = 0
    public var rejected = 0
    /// How many items have each reason.
    public var reasons: [String: Int] = [:]
    public var examples: [Example] = []
    /// What is counted beside: documents by layout, twins by origin, …
    public var counts: [String: Int] = [:]
    public var spent: Spending?
    public var outputs: [Output] = []
    /// How far the preference could be read off the looks of the answers.
    public var balance: BalanceReport?

    public init(
        stage: String, inputs: [FileIdentity], settings: [String: String], prompt: String? = nil,
        endpoints: [String: [String: String]] = [:]
    ) {
        self.stage = stage
        self.inputs = inputs
        self.settings = settings
        self.prompt = prompt
        self.endpoints = endpoints
    }

    mutating func count<Value>(_ records: [StageRecord<Value>]) {
        items = records.count
        kept = records.count { $0.value != nil }
        rejected = items - kept
        reasons = Rejections.counts(records)
        var shown: [String: Int] = [:]
        for record in records where record.value == nil {
            for rejection in record.rejections where shown[rejection.reason, default: 0] < Self.examplesEach {
                shown[rejection.reason, default: 0] += 1
                examples.append(
                    Example(
                        item: record.item, reason: rejection.reason, detail: String(rejection.detail.prefix(500))))
            }
        }
        spent = records.reduce(Spending()) { $0 + $1.spent }
    }

    /// Writes `<out>.manifest.json`, the output's hash in it.
    mutating func write(beside out: URL, others: [URL] = []) throws {
        outputs = try ([out] + others).map { file in
            let data = try Data(contentsOf: file, options: .mappedIfSafe)
            return Output(
                name: file.lastPathComponent, sha256: Self.hash(data),
                rows: data.count { $0 == 0x0A })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try (encoder.encode(self) + Data([0x0A])).write(to: StageFiles.manifestFile(out), options: .atomic)
    }

    /// Everything that decides the records: runs with the same can be continued.
    var identity: [String: String] {
        var identity = settings
        identity["stage"] = stage
        identity["inputs"] = inputs.map(\.sha256).joined(separator: " ")
        identity["prompt"] = prompt
        for (name, endpoint) in endpoints {
            identity[name] = endpoint.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
        return identity
    }

    /// SHA-256 in hexadecimal digits.
    static func hash(_ data: Data) -> String {
        SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
    }
}
