import Foundation

/// The two matrices of one adapted module: its weight grows by scale * B A.
public struct LowRankPair: Sendable, Hashable {
    public var rank: Int
    public var inputs: Int
    public var outputs: Int
    /// [rank, inputs], row major.
    public var a: [Float]
    /// [outputs, rank], row major.
    public var b: [Float]

    public init(rank: Int, inputs: Int, outputs: Int, a: [Float], b: [Float]) {
        self.rank = rank
        self.inputs = inputs
        self.outputs = outputs
        self.a = a
        self.b = b
    }
}

/// A LoRA adapter as PEFT keeps it: a folder with adapter_config.json and adapter_model.safetensors.
public struct AdapterFiles: Sendable, Hashable {
    public var configuration: AdapterConfiguration
    /// By canonical path: "model.layers.3.mlp.down_proj".
    public var modules: [String: LowRankPair]

    static let configName = "adapter_config.json"
    static let weightsName = "adapter_model.safetensors"

    public init(configuration: AdapterConfiguration, modules: [String: LowRankPair]) {
        self.configuration = configuration
        self.modules = modules
    }

    /// Reads an adapter folder, all of it checked: what emlab can't honour exactly is an error, not ignored.
    ///
    /// - Parameter base: if given, every module must fit this model and every module that the configuration targets
    ///   must be there.
    /// - Throws: ``CheckpointError``.
    public static func read(_ url: URL, base: ModelConfiguration? = nil) throws -> AdapterFiles {
        let configURL = url.appendingPathComponent(configName)
        guard FileManager.default.fileExists(atPath: configURL.path) else {
            throw CheckpointError(
                file: url.relativePath, reason: "holds no \(configName)", remedy: "Name the folder of a PEFT adapter")
        }
        let weightsURL = url.appendingPathComponent(weightsName)
        guard FileManager.default.fileExists(atPath: weightsURL.path) else {
            throw CheckpointError(
                file: url.relativePath, reason: "holds no \(weightsName)",
                remedy: "Adapters saved as adapter_model.bin must be saved again as safetensors")
        }
        let keys = try PEFTKeys(JSON.object(at: configURL, limit: 1 << 24), file: configURL.relativePath)
        let tensors = try AdapterTensors(SafetensorsFile(weightsURL))
        let configuration = try keys.configuration(modules: tensors.modules)
        var mistakes: [String] = []
        var modules: [String: LowRankPair] = [:]
        for module in tensors.modules {
            let rank = try configuration.rank(of: module)
            if !configuration.targets(module) {
                mistakes.append("\(module) has weights, but \(configName) doesn't target it")
            } else if let pair = try tensors.pair(module, rank: rank, mistakes: &mistakes) {
                modules[module] = pair
            }
        }
        guard mistakes.isEmpty else { throw CheckpointError.all(mistakes, file: weightsURL.relativePath) }
        if let base { mistakes = fit(of: modules, configuration, in: base) }
        guard mistakes.isEmpty else {
            throw CheckpointError.all(
                mistakes, file: weightsURL.relativePath,
                remedy: "It is an adapter of another model: name its own base"
                    + (configuration.baseModel.map { $0.isEmpty ? "" : ", \(CheckpointError.quoted($0))" } ?? ""))
        }
        return AdapterFiles(configuration: configuration, modules: modules)
    }

    /// What keeps an adapter from a model: modules that the model lacks or has in another shape, and targeted ones
    /// without weights.
    private static func fit(
        of modules: [String: LowRankPair], _ configuration: AdapterConfiguration, in base: ModelConfiguration
    ) -> [String] {
        var mistakes: [String] = []
        var known: Set<String> = []
        for layer in 0..<base.layerCount {
            for (name, shape) in base.linearModules {
                let path = "model.layers.\(layer).\(name)"
                known.insert(path)
                if let pair = modules[path] {
                    if [pair.outputs, pair.inputs] != shape {
                        mistakes.append(
                            "\(path) adapts a weight of shape \([pair.outputs, pair.inputs]); the model's is \(shape)")
                    }
                } else if configuration.targets(path) {
                    mistakes.append("\(path) is targeted but has no weights")
                }
            }
        }
        for path in modules.keys.sorted() where !known.contains(path) {
            mistakes.append("the model has no module \(path); it has \(base.layerCount) layers")
        }
        return mistakes
    }

    /// Writes the adapter so that PEFT and vLLM load it; float32. A new folder appears when it is complete; in an
    /// existing one the files are replaced one by one.
    ///
    /// - Throws: ``CheckpointError``.
    public func write(to url: URL) throws {
        var tensors: [Safetensors.Tensor] = []
        for (path, pair) in modules.sorted(by: { $0.key < $1.key }) {
            guard pair.a.count == pair.rank * pair.inputs, pair.b.count == pair.outputs * pair.rank,
                try configuration.rank(of: path) == pair.rank, configuration.targets(path)
            else {
                throw CheckpointError(
                    file: url.relativePath, place: path,
                    reason: "its matrices don't have the shapes, or it isn't a target, that the configuration says")
            }
            let name = "base_model.model.\(path)."
            tensors.append(.init(name: name + "lora_A.weight", shape: [pair.rank, pair.inputs], floats: pair.a))
            tensors.append(.init(name: name + "lora_B.weight", shape: [pair.outputs, pair.rank], floats: pair.b))
        }
        let config = configuration.peft.text + "\n"
        try OutgoingFolder.write(to: url) { folder in
            try Safetensors.write(tensors, to: folder.appendingPathComponent(Self.weightsName))
            try OutgoingFile.write(config, to: folder.appendingPathComponent(Self.configName))
        }
    }
}
