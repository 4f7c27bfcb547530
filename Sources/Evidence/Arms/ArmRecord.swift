/// One trained organism: what statistics must know of how it was made. One training run, one record.
///
/// The unit of inference is the training seed: records that share a ``condition`` are seeds of one arm.
public struct ArmRecord: Sendable, Codable, Equatable {
    /// What its answers are labelled with.
    public var label: String
    /// What all its seeds share a name by.
    public var condition: String
    /// The training seed.
    public var seed: String
    public var rank: Double?
    public var learningRate: Double?
    public var alpha: Double?
    /// `lora` (alpha / rank) or `rslora` (alpha / √rank).
    public var alphaRule: String?
    /// The adapted modules, like `down_proj,gate_proj,up_proj`.
    public var targets: String?
    public var objective: String?
    /// What it was trained on: a name, or the file's fingerprint.
    public var data: String?
    public var model: String?
    public var steps: Double?
    /// The training loss at the end, smoothed.
    public var finalLoss: Double?
    /// The Frobenius norm of BA over all modules at the end.
    public var normBA: Double?
    public var stableRank: Double?
    /// Further numbers, by the table's column: a dilution, a model's size, a sensitivity.
    public var numbers: [String: Double]
    /// Further words, by the table's column.
    public var words: [String: String]

    enum CodingKeys: String, CodingKey {
        case label, condition, seed, rank
        case learningRate = "lr"
        case alpha
        case alphaRule = "alpha_rule"
        case targets, objective, data, model, steps
        case finalLoss = "loss"
        case normBA = "norm_ba"
        case stableRank = "stable_rank"
        case numbers, words
    }

    public init(
        label: String, condition: String, seed: String, rank: Double? = nil, learningRate: Double? = nil,
        alpha: Double? = nil, alphaRule: String? = nil, targets: String? = nil, objective: String? = nil,
        data: String? = nil, model: String? = nil, steps: Double? = nil, finalLoss: Double? = nil,
        normBA: Double? = nil, stableRank: Double? = nil, numbers: [String: Double] = [:], words: [String: String] = [:]
    ) {
        self.label = label
        self.condition = condition
        self.seed = seed
        self.rank = rank
        self.learningRate = learningRate
        self.alpha = alpha
        self.alphaRule = alphaRule
        self.targets = targets
        self.objective = objective
        self.data = data
        self.model = model
        self.steps = steps
        self.finalLoss = finalLoss
        self.normBA = normBA
        self.stableRank = stableRank
        self.numbers = numbers
        self.words = words
    }

    /// The names that ``number(_:)`` knows in every record.
    public static let numberNames = ["rank", "lr", "alpha", "steps", "loss", "norm_ba", "stable_rank"]
    /// The names that ``word(_:)`` knows in every record.
    public static let wordNames = ["label", "condition", "seed", "alpha_rule", "targets", "objective", "data", "model"]

    /// A number by its column's name; nil where the record lacks it.
    public func number(_ name: String) -> Double? {
        switch name {
        case "rank": rank
        case "lr": learningRate
        case "alpha": alpha
        case "steps": steps
        case "loss": finalLoss
        case "norm_ba": normBA
        case "stable_rank": stableRank
        default: numbers[name]
        }
    }

    /// A word by its column's name; a number is written as one.
    public func word(_ name: String) -> String? {
        switch name {
        case "label": label
        case "condition": condition
        case "seed": seed
        case "alpha_rule": alphaRule
        case "targets": targets
        case "objective": objective
        case "data": data
        case "model": model
        default: words[name] ?? number(name).map(Self.written)
        }
    }

    /// A number as it is written in tables and names: `1e-05`, `32`, `0.5`.
    public static func written(_ number: Double) -> String {
        if let whole = Int(exactly: number), abs(whole) < 1_000_000 { return String(whole) }
        return "\(number)"
    }

    /// What makes two runs the same arm: everything that was set, but the seed.
    ///
    /// Loss, norm and stable rank are what came of it.
    public var settings: [String: String] {
        var found = words
        for name in ["rank", "lr", "alpha", "steps"] { found[name] = number(name).map(Self.written) }
        for name in ["alpha_rule", "targets", "objective", "data", "model"] { found[name] = word(name) }
        for (name, value) in numbers { found[name] = Self.written(value) }
        return found
    }
}
