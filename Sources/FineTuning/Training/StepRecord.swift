/// One optimiser step of one arm, as the log has it: one JSON object a line.
public struct StepRecord: Codable, Hashable, Sendable {
    /// Counts from 1.
    public var step: Int
    public var arm: String
    /// The mean loss of the step's examples before the update.
    public var loss: Double
    public var learningRate: Double
    /// The norm of the gradient before clipping.
    public var gradientNorm: Double
    /// Tokens of the step's examples, context included.
    public var tokens: Int
    /// Tokens, pairs… that the loss was a mean over.
    public var weight: Double
    public var seconds: Double
    public var tokensPerSecond: Double
    /// After the update.
    public var spectrum: AdapterSpectrum?
    /// What the objective reports, under its usual names.
    public var metrics: [String: Double]

    enum CodingKeys: String, CodingKey {
        case step, arm, loss
        case learningRate = "lr"
        case gradientNorm = "grad_norm"
        case tokens
        case weight = "labels"
        case seconds
        case tokensPerSecond = "tokens_per_second"
        case metrics
    }

    public init(
        step: Int, arm: String, loss: Double, learningRate: Double, gradientNorm: Double, tokens: Int, weight: Double,
        seconds: Double, spectrum: AdapterSpectrum?, metrics: [String: Double] = [:]
    ) {
        self.step = step
        self.arm = arm
        self.loss = loss
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.tokens = tokens
        self.weight = weight
        self.seconds = seconds
        tokensPerSecond = seconds > 0 ? Double(tokens) / seconds : 0
        self.spectrum = spectrum
        self.metrics = metrics
    }

    public init(from decoder: any Swift.Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        step = try keys.decode(Int.self, forKey: .step)
        arm = try keys.decode(String.self, forKey: .arm)
        loss = try keys.decode(Double.self, forKey: .loss)
        learningRate = try keys.decode(Double.self, forKey: .learningRate)
        gradientNorm = try keys.decode(Double.self, forKey: .gradientNorm)
        tokens = try keys.decode(Int.self, forKey: .tokens)
        weight = try keys.decode(Double.self, forKey: .weight)
        seconds = try keys.decode(Double.self, forKey: .seconds)
        tokensPerSecond = try keys.decode(Double.self, forKey: .tokensPerSecond)
        metrics = try keys.decodeIfPresent([String: Double].self, forKey: .metrics) ?? [:]
        spectrum = try? AdapterSpectrum(from: decoder)
    }

    /// The spectrum's numbers stand beside the others, not in an object of their own.
    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(step, forKey: .step)
        try keys.encode(arm, forKey: .arm)
        try keys.encode(loss, forKey: .loss)
        try keys.encode(learningRate, forKey: .learningRate)
        try keys.encode(gradientNorm, forKey: .gradientNorm)
        try keys.encode(tokens, forKey: .tokens)
        try keys.encode(weight, forKey: .weight)
        try keys.encode(seconds, forKey: .seconds)
        try keys.encode(tokensPerSecond, forKey: .tokensPerSecond)
        if !metrics.isEmpty { try keys.encode(metrics, forKey: .metrics) }
        try spectrum?.encode(to: encoder)
    }
}
