/// The linear maps of a decoder layer, by the names that checkpoints and PEFT give them.
public enum LinearModule: String, Hashable, Sendable, CaseIterable, Codable {
    case query = "q_proj"
    case key = "k_proj"
    case value = "v_proj"
    case output = "o_proj"
    case gate = "gate_proj"
    case up = "up_proj"
    case down = "down_proj"

    public static let attention: [LinearModule] = [.query, .key, .value, .output]
    /// The fully connected maps.
    public static let mlp: [LinearModule] = [.gate, .up, .down]

    /// `self_attn` or `mlp`: where in a layer it lies.
    public var block: String { LinearModule.mlp.contains(self) ? "mlp" : "self_attn" }

    /// Its full name in a Hugging Face checkpoint, without `.weight`: `model.layers.3.mlp.down_proj`.
    public func path(layer: Int) -> String { "model.layers.\(layer).\(block).\(rawValue)" }

    /// Modules from `mlp`, `attention`, `all-linear`, or names like `q_proj,down_proj` (or `q,down`).
    ///
    /// Modules come in the order of the layer, each once.
    /// - Throws: ``TransformerError/unknownTarget(_:)`` for any other word.
    public static func targets(_ text: String) throws -> [LinearModule] {
        var chosen: Set<LinearModule> = []
        for word in text.split(separator: ",").map({ $0.trimmingPrefix(while: \.isWhitespace) }) {
            let name = String(word.reversed().trimmingPrefix(while: \.isWhitespace).reversed())
            switch name {
            case "mlp": chosen.formUnion(mlp)
            case "attention": chosen.formUnion(attention)
            case "all-linear": chosen.formUnion(allCases)
            default:
                guard let module = LinearModule(rawValue: name) ?? LinearModule(rawValue: name + "_proj") else {
                    throw TransformerError.unknownTarget(name)
                }
                chosen.insert(module)
            }
        }
        guard !chosen.isEmpty else { throw TransformerError.unknownTarget(text) }
        return allCases.filter(chosen.contains)
    }
}
