import Checkpoint
import Foundation

/// A two-layer llama of a few hundred weights as a Hugging Face folder.
struct TinyModel {
    var config: [String: JSON] = [
        "model_type": "llama", "vocab_size": 12, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "eos_token_id": 2,
    ]
    var tensors: [Safetensors.Tensor] = []

    init() throws {
        var generator = SeededGenerator(state: 5)
        let configuration = try ModelConfiguration(config: config, file: "config.json")
        for (name, shape) in configuration.expectedTensors.sorted(by: { $0.key < $1.key }) {
            let floats = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) }
            tensors.append(.init(name: name, shape: shape, floats: floats))
        }
    }

    func write(to folder: URL, shardBytes: Int = 5_000_000_000) throws {
        try Data(JSON.object(config).text.utf8).write(to: folder.appendingPathComponent("config.json"))
        try Safetensors.writeModel(tensors, to: folder, shardBytes: shardBytes)
    }
}
