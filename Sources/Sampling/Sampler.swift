import Torch
import Transformer

/// Draws many answers from one base and several adapters.
///
/// A prompt is computed once for all its answers; answers that end make room for the next, so the batch stays full;
/// every answer has a random stream of its own, named by (seed, prompt, sample), so what else is in the batch, or how
/// large it is, does not touch its draws.
public struct Sampler {
    public let decoder: Decoder
    /// nil stands for the base alone.
    public let adapters: [LowRankAdapter?]
    public let settings: SamplingSettings

    public init(decoder: Decoder, adapters: [LowRankAdapter?] = [nil], settings: SamplingSettings) throws {
        try settings.check()
        self.decoder = decoder
        self.adapters = adapters
        self.settings = settings
    }

    /// `count` answers to each prompt from each adapter, by adapter, prompt and sample.
    ///
    /// - Parameters:
    ///   - isDone: answers (by adapter, prompt and sample) that are not wanted, since they are there already.
    ///   - isComplete: true for a prompt's answer that ends with the tokens it has.
    ///   - onTokens: called with the tokens just drawn, one for each answer under way; throwing from it stops the
    ///     sampling.
    ///   - onAnswer: called with each answer as it ends; likewise.
    public func answers(
        to prompts: [Prompt], count: Int,
        except isDone: (_ adapter: Int, _ prompt: Int, _ sample: Int) -> Bool = { _, _, _ in false },
        isComplete: (_ prompt: Int, _ tokens: [Int32]) -> Bool = { _, _ in false },
        onTokens: ([Int32]) throws -> Void = { _ in }, onAnswer: (Answer) throws -> Void = { _ in }
    ) throws -> [Answer] {
        for prompt in prompts {
            guard !prompt.tokens.isEmpty else { throw SamplingError.emptyPrompt(id: prompt.id) }
            guard prompt.tokens.count < decoder.configuration.maxPositions else {
                throw SamplingError.promptTooLong(
                    id: prompt.id, tokens: prompt.tokens.count, limit: decoder.configuration.maxPositions)
            }
        }
        guard count > 0 else { return [] }
        var all: [Answer] = []
        for group in groups(prompts, count: count, except: isDone) {
            all += try withoutGradients {
                var wave = try SamplingWave(self, prompts: prompts, asked: group)
                return try wave.run(isComplete, onTokens, onAnswer)
            }
        }
        return all.sorted { ($0.adapter, $0.prompt, $0.sample) < ($1.adapter, $1.prompt, $1.sample) }
    }

    /// Which (adapter, prompt) to hold keys and values of at the same time: enough to fill the batch a few times over.
    private func groups(
        _ prompts: [Prompt], count: Int, except isDone: (Int, Int, Int) -> Bool
    ) -> [[SamplingWave.Asked]] {
        var groups: [[SamplingWave.Asked]] = [[]]
        var tokens = 0
        var answers = 0
        for adapter in adapters.indices {
            for prompt in prompts.indices {
                let samples = (0..<count).filter { !isDone(adapter, prompt, $0) }
                guard !samples.isEmpty else { continue }
                if answers >= 4 * settings.batch || tokens > 16_384 {
                    groups.append([])
                    (tokens, answers) = (0, 0)
                }
                groups[groups.count - 1].append(.init(adapter: adapter, prompt: prompt, samples: samples))
                tokens += prompts[prompt].tokens.count
                answers += samples.count
            }
        }
        return groups.filter { !$0.isEmpty }
    }
}
