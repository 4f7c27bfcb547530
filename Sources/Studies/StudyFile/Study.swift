import Corpora
import Endpoints
import Foundation

/// What to run, measure and claim: a study file, read and checked.
public struct Study: Sendable {
    public var name: String
    public var about: String?
    /// The file it was read from.
    public var file: URL
    public var device: DeviceProfile
    public var limits: Limits
    public var models: [String: Model]
    public var data: [String: DataFile]
    public var endpoints: [String: Endpoint]
    /// As they stand in the file.
    public var steps: [Step]
    public var claims: [Claim]
    /// All of it as one value, defaults filled in.
    public var settings: Value
    var places: [String: Place]

    /// None: no limit.
    public struct Limits: Codable, Hashable, Sendable {
        /// Of the device.
        public var hours: Double?
        /// Of device and endpoints together.
        public var money: Double?
        /// To endpoints.
        public var requests: Int?

        public init(hours: Double? = nil, money: Double? = nil, requests: Int? = nil) {
            self.hours = hours
            self.money = money
            self.requests = requests
        }
    }

    public struct Model: Sendable, Hashable {
        public var name: String
        public var location: ModelLocation
        /// `float32` or `bfloat16`.
        public var dtype: String
        public var chatFormat: String?
        /// A config.json to plan with.
        public var configuration: URL?
    }

    public struct DataFile: Sendable, Hashable {
        public var name: String
        public var file: URL
        public var kind: DataKind
        public var sha256: String?
        public var rows: Int?
        public var tokensPerRow: Double?
        public var labels: Double?
    }

    public struct Endpoint: Sendable {
        public var name: String
        /// The file that says where it answers; none where the study itself says it.
        public var file: URL?
        public var description: EndpointDescription
        /// Of a server; none for a model on this machine.
        public var configuration: EndpointConfiguration? {
            if case .openai(let configuration) = description { configuration } else { nil }
        }
        /// What decides its answers: address and model, or the file's content.
        public var fingerprint: String
    }

    public struct Step: Sendable, Hashable {
        public var name: String
        public var kind: StepKind
        /// Defaults filled in.
        public var settings: [String: Value]
        public var sweep: Sweep
    }

    /// In the form of `emlab weigh`: see ``settings``.
    public struct Claim: Sendable, Hashable {
        public var name: String
        public var settings: [String: Value]
    }

    public func step(_ name: String) -> Step? { steps.first { $0.name == name } }

    /// Where the key stands, or the nearest key around it.
    func place(_ path: String) -> Place {
        var path = Substring(path)
        while true {
            if let place = places[String(path)] { return place }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else {
                return Place(file: file.relativePath)
            }
            path = path[..<end]
        }
    }
}
