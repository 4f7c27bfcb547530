import Checkpoint
import Evidence
import Torch
import Transformer

extension LowRankAdapter {
    /// A new adapter as PEFT starts one: B zero, A uniform in `±1 / sqrt(inputs)` (`kaiming_uniform_(a=sqrt(5))`).
    /// Each matrix has a random stream of its own, so one module's numbers don't depend on which others are adapted.
    ///
    /// - Throws: ``TransformerError`` where the configuration does not fit the model.
    public static func initialised(
        _ configuration: AdapterConfiguration, on model: ModelConfiguration, seed: UInt64, device: Device
    ) throws -> LowRankAdapter {
        let slots = try LowRankAdapter.slots(configuration, on: model)
        var values: [Float] = []
        for slot in slots {
            let bound = 1 / Double(slot.inputs).squareRoot()
            var stream = RandomStream(seed: seed, purpose: "lora_A \(slot.target.path(layer: slot.layer))")
            for _ in 0..<slot.rank * slot.inputs { values.append(Float((2 * stream.uniform() - 1) * bound)) }
            values.append(contentsOf: repeatElement(0, count: slot.outputs * slot.rank))
        }
        return try LowRankAdapter(
            slots: slots, values: values, dropout: configuration.dropout, trainable: true, device: device)
    }

    /// As PEFT keeps it on disk.
    public func files(_ configuration: AdapterConfiguration) throws -> AdapterFiles {
        var pairs: [String: LowRankPair] = [:]
        for module in modules {
            pairs[module.path] = LowRankPair(
                rank: module.rank, inputs: module.a.size(1), outputs: module.b.size(0), a: try module.a.values(),
                b: try module.b.values())
        }
        return AdapterFiles(configuration: configuration, modules: pairs)
    }
}
