import Evidence
import Foundation
import Measurement
import Sampling
import Transformer

/// One model's programs and settings, measured method by method with progress, a few programs at a time.
struct SensitivityMeasuring {
    var loaded: LoadedModel
    var prompts: VerdictPrompts
    var programs: [ProbedProgram]
    var layers: [Int]
    var asks: Int
    var maxTokens: Int
    var seed: UInt64
    var tokensAtOnce: Int
    private var atOnce: Int { 8 }

    init(
        loaded: LoadedModel, prompts: VerdictPrompts, programs: [ProbedProgram], layers: [Int], asks: Int,
        maxTokens: Int, seed: UInt64, tokensAtOnce: Int
    ) {
        self.loaded = loaded
        self.prompts = prompts
        self.programs = programs
        self.layers = layers
        self.asks = asks
        self.maxTokens = maxTokens
        self.seed = seed
        self.tokensAtOnce = tokensAtOnce
    }

    /// - Parameters:
    ///   - isDone: programs whose value is there already.
    ///   - onValues: called with values as they are found.
    func measure(
        _ method: SensitivityMethod, adapter: LowRankAdapter?, arm: String, except isDone: (String) -> Bool,
        onValues: ([MeasuredValue]) throws -> Void
    ) throws {
        let missing = programs.filter { !isDone($0.id) }
        guard !missing.isEmpty else { return }
        let title = "\(method.title), \(arm)"
        switch method {
        case .verdict:
            let odds = VerdictOdds(
                prompts: prompts,
                scorer: CompletionScorer(decoder: loaded.decoder, adapter: adapter, tokensAtOnce: tokensAtOnce))
            try inParts(missing, title) { part, _ in
                try onValues(odds.measure(part, arm: arm) { _ in try Interruption.check() })
            }
        case .sampled:
            let stops =
                prompts.format.stopTokens(loaded.tokenizer) + loaded.files.endTokens.map { Int32(clamping: $0) }
            let sampler = try Sampler(
                decoder: loaded.decoder, adapters: [adapter],
                settings: SamplingSettings(maxTokens: maxTokens, stopTokens: stops, seed: seed))
            let verdicts = try SampledVerdicts(prompts: prompts, sampler: sampler, asks: asks)
            try inParts(missing, title) { part, _ in
                try onValues(verdicts.measure(part, arm: arm) { _ in try Interruption.check() })
            }
        case .probe:
            // A probe is trained on all programs, so that none can be left out.
            var states = try HiddenStates(layers: layers, of: loaded.decoder)
            try inParts(programs, "hidden states, \(arm)") { part, first in
                try states.read(
                    part, first: first, prompts: prompts, decoder: loaded.decoder, adapter: adapter,
                    tokensAtOnce: tokensAtOnce)
            }
            let probes = LayerProbes(settings: CrossValidatedProbe(seed: seed))
            let progress = Progress(title, total: states.sites.count, unit: "probes")
            defer { progress.end() }
            try onValues(
                probes.measure(programs, states: states, arm: arm) { done in
                    progress.update(done: done, adding: 1)
                    try Interruption.check()
                })
        }
    }

    private func inParts(
        _ programs: [ProbedProgram], _ title: String, _ body: ([ProbedProgram], _ first: Int) throws -> Void
    ) throws {
        let progress = Progress(title, total: programs.count, unit: "programs")
        defer { progress.end() }
        var start = 0
        while start < programs.count {
            try Interruption.check()
            let part = Array(programs[start..<min(programs.count, start + atOnce)])
            try body(part, start)
            start += part.count
            progress.update(done: start, adding: part.count)
        }
    }
}
