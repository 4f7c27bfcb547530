import Foundation

/// What a LoRA adapter is, as PEFT's adapter_config.json says it. LoRA: Hu et al. 2021; rsLoRA: Kalajdzievski 2023.
public struct AdapterConfiguration: Sendable, Hashable, Codable {
    /// `r`, for modules that ``rankPattern`` doesn't name.
    public var rank: Int
    /// `lora_alpha`, for modules that ``alphaPattern`` doesn't name.
    public var alpha: Double
    /// Scale by alpha / sqrt(rank) instead of alpha / rank.
    public var rslora: Bool
    /// Ends of module paths ("down_proj", "mlp.down_proj") or whole ones ("model.layers.3.mlp.down_proj").
    public var targetModules: [String]
    /// `layers_to_transform`: the layers adapted, or nil for all. Doesn't restrict whole paths in ``targetModules``.
    public var layers: [Int]?
    /// Ranks by module: keys are regular expressions for the end of a module's path, tried in sorted order.
    public var rankPattern: [String: Int]
    /// Alphas by module, like ``rankPattern``.
    public var alphaPattern: [String: Double]
    /// Share of the input's channels dropped in training.
    public var dropout: Double
    /// `base_model_name_or_path`.
    public var baseModel: String?

    public init(
        rank: Int, alpha: Double, rslora: Bool = false, targetModules: [String], layers: [Int]? = nil,
        rankPattern: [String: Int] = [:], alphaPattern: [String: Double] = [:], dropout: Double = 0,
        baseModel: String? = nil
    ) {
        self.rank = rank
        self.alpha = alpha
        self.rslora = rslora
        self.targetModules = targetModules
        self.layers = layers
        self.rankPattern = rankPattern
        self.alphaPattern = alphaPattern
        self.dropout = dropout
        self.baseModel = baseModel
    }

    /// Whether a module ("model.layers.3.mlp.down_proj") is adapted, by PEFT's rules.
    public func targets(_ module: String) -> Bool {
        if targetModules.contains(module) { return true }
        guard targetModules.contains(where: { module.hasSuffix("." + $0) }) else { return false }
        guard let layers, !layers.isEmpty else { return true }
        return AdaptedModule(path: module).map { layers.contains($0.layer) } ?? false
    }

    /// The rank of a module.
    ///
    /// - Throws: ``CheckpointError`` if a pattern isn't a regular expression that can be tried in bounded time.
    public func rank(of module: String) throws -> Int {
        try ModulePattern.first(of: rankPattern.keys.sorted(), matchingEndOf: module).flatMap { rankPattern[$0] }
            ?? rank
    }

    public func alpha(of module: String) throws -> Double {
        try ModulePattern.first(of: alphaPattern.keys.sorted(), matchingEndOf: module).flatMap { alphaPattern[$0] }
            ?? alpha
    }

    /// What BA is multiplied by in a module.
    public func scale(of module: String) throws -> Double {
        let rank = Double(try rank(of: module))
        return try alpha(of: module) / (rslora ? rank.squareRoot() : rank)
    }
}

/// A linear layer of a decoder layer, which an adapter can adapt.
struct AdaptedModule {
    static let names = [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
    ]

    var layer: Int
    /// One of ``names``.
    var name: String

    /// nil unless the path is one of the linear layers of a decoder: "model.layers.3.mlp.down_proj".
    init?(path: String) {
        let parts = path.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "model", parts[1] == "layers", let layer = Int(parts[2]), layer >= 0,
            String(layer) == parts[2], Self.names.contains(String(parts[3]))
        else { return nil }
        self.layer = layer
        name = String(parts[3])
    }
}
