import Checkpoint
import Measurement
import TestSupport
import Testing
import Tokenization
import Torch
import Transformer

/// The small model that has a tokenizer and a chat format, with an adapter whose numbers are a formula.
struct Talker {
    let files: ModelFiles
    let model: MeasuredModel
    let organism: Organism

    init(tokensAtOnce: Int = 1024) throws {
        files = try Fixtures.model("talking")
        model = MeasuredModel(
            decoder: try Decoder(files), tokenizer: try files.tokenizer(),
            format: try ChatFormat.recognise(template: #require(files.chatTemplate)), tokensAtOnce: tokensAtOnce)
        let configuration = AdapterConfiguration(
            rank: 2, alpha: 4, rslora: false, targetModules: ["gate_proj", "up_proj", "down_proj"])
        organism = Organism(
            arm: "organism",
            adapter: try FormulaAdapter.make(configuration, on: files.configuration, boundOfB: 0.2))
    }

    /// log p of each token of `completion` after `prompt`, the conversation alone in the model.
    func alone(_ prompt: [Int32], _ completion: [Int32], adapter: LowRankAdapter? = nil) throws -> [Double] {
        var tokens = PackedTokens()
        tokens.append(prompt + completion.dropLast())
        let uses = adapter.map { [Decoder.AdapterUse($0, tokens: 0..<tokens.count)] } ?? []
        let hidden = try model.decoder.hidden(tokens, adapters: uses)
            .narrowed(0, from: prompt.count - 1, length: completion.count)
        return try model.decoder.logits(hidden).logSoftmax(axis: 1).values(as: Double.self)
            .chunked(model.decoder.configuration.vocabularySize)
            .enumerated().map { row, logprobs in logprobs[Int(completion[row])] }
    }
}

extension Array {
    func chunked(_ size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min(count, $0 + size)]) }
    }
}
