import Foundation

/// How much of a device's promise is kept, and how long strangers take: what turns counts into time. The defaults are
/// rough on purpose and said to be so; `measured` makes them fit a machine.
public struct Rates: Codable, Hashable, Sendable {
    /// Share of the device's matrix products that training reaches. 0.6 of float32 and 0.33 of bfloat16 were measured
    /// on a CPU; 0.35 is what careful LoRA training on one GPU is reported at.
    public var training = 0.35
    public var trainingFloat32 = 0.6
    /// Share of the memory bandwidth that decoding reaches.
    public var decoding = 0.5
    /// An answer's length, as a share of the limit.
    public var answerLength = 0.5
    /// Tokens of a question with its chat format.
    public var questionTokens = 60.0
    /// Of a judge's prompt, the answer left out.
    public var judgeTokens = 450.0
    /// Of an explanation, its reasoning included.
    public var explanationTokens = 1200.0
    /// Seconds from a request to its reply: a judge's token, a reasoning model's answer.
    public var judgeSeconds = 1.5
    public var explainSeconds = 25.0
    /// What estimates of a kind of step are multiplied by, as measured.
    public var measured: [String: Double] = [:]

    public init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
        case training
        case trainingFloat32 = "training_float32"
        case decoding
        case answerLength = "answer_length"
        case questionTokens = "question_tokens"
        case judgeTokens = "judge_tokens"
        case explanationTokens = "explanation_tokens"
        case judgeSeconds = "judge_seconds"
        case explainSeconds = "explain_seconds"
        case measured
    }

    public init(from decoder: any Decoder) throws {
        self.init()
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        func read(_ key: CodingKeys, _ path: WritableKeyPath<Rates, Double>) throws {
            guard let value = try keys.decodeIfPresent(Double.self, forKey: key) else { return }
            guard value.isFinite, value > 0 else {
                throw RatesError(what: "\(key.rawValue) is \(value)", remedy: "write a number above 0")
            }
            self[keyPath: path] = value
        }
        try read(.training, \.training)
        try read(.trainingFloat32, \.trainingFloat32)
        try read(.decoding, \.decoding)
        try read(.answerLength, \.answerLength)
        try read(.questionTokens, \.questionTokens)
        try read(.judgeTokens, \.judgeTokens)
        try read(.explanationTokens, \.explanationTokens)
        try read(.judgeSeconds, \.judgeSeconds)
        try read(.explainSeconds, \.explainSeconds)
        measured = try keys.decodeIfPresent([String: Double].self, forKey: .measured) ?? [:]
        for (kind, factor) in measured where StepKind(rawValue: kind) == nil || !factor.isFinite || factor <= 0 {
            throw RatesError(
                what: "measured.\(kind) is \(factor)",
                remedy:
                    "name kinds of steps (\(StepKind.allCases.map(\.rawValue).joined(separator: ", "))), factors above 0"
            )
        }
    }

    /// Reads a file of rates, JSON, as ``calibrated(by:)`` gives them.
    public static func read(_ url: URL) throws -> Rates {
        let data: Data
        do { data = try Data(contentsOf: url) } catch {
            throw RatesError(what: "\(url.relativePath) can't be read", remedy: "check its name")
        }
        do { return try JSONDecoder().decode(Rates.self, from: data) } catch let error as RatesError {
            throw RatesError(what: "\(url.relativePath): \(error.what)", remedy: error.remedy)
        } catch {
            throw RatesError(
                what: "\(url.relativePath) holds no rates",
                remedy: "it is JSON with any of \(CodingKeys.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    /// Finished steps tell how far the estimates of their kind were off: the median of taken over estimated.
    ///
    /// - Parameter finished: the kind of each, what it was estimated at without calibration, and what it took, in seconds.
    public func calibrated(by finished: [(kind: StepKind, estimated: Double, taken: Double)]) -> Rates {
        var rates = self
        for (kind, steps) in Dictionary(grouping: finished, by: \.kind) {
            let factors = steps.filter { $0.estimated > 0 && $0.taken > 0 }.map { $0.taken / $0.estimated }.sorted()
            guard !factors.isEmpty else { continue }
            let middle = factors.count / 2
            rates.measured[kind.rawValue] =
                factors.count % 2 == 1 ? factors[middle] : (factors[middle - 1] * factors[middle]).squareRoot()
        }
        return rates
    }
}

public struct RatesError: Error, Hashable, Sendable, CustomStringConvertible {
    public var what: String
    public var remedy: String
    public var description: String { "\(what); \(remedy)" }
}
