import ArgumentParser
import Sampling

/// How answers are drawn.
struct DrawingOptions: ParsableArguments {
    @Option(help: "Logits are divided by it; 0: the most likely token.")
    var temperature: Double = 1

    @Option(help: "Only the likeliest tokens that make up this much probability.")
    var topP: Double = 1

    @Option(help: "Only so many of the likeliest tokens. (default: all)")
    var topK: Int?

    @Option(help: "An answer is cut after so many tokens.")
    var maxTokens: Int = 600

    @Option(help: "Of every draw.")
    var seed: UInt64 = 0

    func settings(stopTokens: [Int32], batch: Int = 1) -> SamplingSettings {
        SamplingSettings(
            temperature: temperature, topP: topP, topK: topK, maxTokens: maxTokens, stopTokens: stopTokens, seed: seed,
            batch: batch)
    }

    /// To be called from a command's `validate`.
    func check(batch: Int = 1) throws {
        do { try settings(stopTokens: [], batch: batch).check() } catch { throw ValidationError("\(error)") }
    }
}
