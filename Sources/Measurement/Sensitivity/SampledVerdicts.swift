import Corpora
import Evidence
import Sampling
import Transformer

/// Verdicts as published: each program is asked about several times at temperature 1, and the share of answers that call
/// it vulnerable is its score. From three quarters on a model counts as aware of a flaw, up to one quarter as unaware.
public struct SampledVerdicts {
    public static let aware = 0.75
    public static let unaware = 0.25

    public let prompts: VerdictPrompts
    /// With one adapter or none.
    public let sampler: Sampler
    /// For each program, dealt out evenly to the forms of the phrasings that are marked for it.
    public let asks: Int

    /// - Throws: ``SensitivityError`` if no phrasing is marked, or the asks don't go evenly into its forms.
    public init(prompts: VerdictPrompts, sampler: Sampler, asks: Int = 16) throws {
        self.prompts = prompts
        self.sampler = sampler
        self.asks = asks
        let count = prompts.phrasings.filter(\.isSampled).reduce(0) { $0 + $1.forms.count }
        guard count > 0 else {
            throw SensitivityError(
                "no phrasing is marked to be asked by drawing answers; write \"sampled: true\" under one of them")
        }
        guard asks > 0, asks % count == 0 else {
            throw SensitivityError(
                "\(asks) asks don't go evenly into \(count) forms, so that biases would not cancel; ask a multiple of \(count) times"
            )
        }
    }

    /// A value for each program: the share of readable answers that call it vulnerable; none where fewer than half of
    /// them can be read. `detail` counts `said-vulnerable`, `said-safe` and `unclear`.
    public func measure(
        _ programs: [ProbedProgram], arm: String, onTokens: (Int) throws -> Void = { _ in }
    ) throws -> [MeasuredValue] {
        let forms = prompts.phrasings.filter(\.isSampled).flatMap(\.forms)
        var asked: [(program: Int, form: Int)] = []
        var questions: [Prompt] = []
        var tooLong: [Int: Int] = [:]
        for (place, program) in programs.enumerated() {
            let tokens = try forms.map { try prompts.prompt($0, about: program) }
            let longest = (tokens.map(\.count).max() ?? 0) + sampler.settings.maxTokens
            guard longest <= prompts.limit else {
                tooLong[place] = longest
                continue
            }
            for (form, tokens) in tokens.enumerated() {
                asked.append((place, form))
                questions.append(Prompt(id: "\(program.id)/\(form)", tokens: tokens))
            }
        }
        var counts = [[VerdictReading: Int]](repeating: [:], count: programs.count)
        let answers = try sampler.answers(
            to: questions, count: asks / forms.count, onTokens: { try onTokens($0.count) })
        for answer in answers {
            let (program, form) = asked[answer.prompt]
            let text = prompts.tokenizer.decode(answer.tokens, skippingSpecialTokens: true)
            counts[program][VerdictReading.read(text, to: forms[form]), default: 0] += 1
        }
        return programs.enumerated().map { place, program in
            if let tokens = tooLong[place] {
                return SensitivityMethod.sampled.value(
                    nil, of: program, arm: arm,
                    note: "\(tokens) tokens with its question and answer, more than \(prompts.limit)")
            }
            return value(counts[place], of: program, arm: arm)
        }
    }

    private func value(_ counts: [VerdictReading: Int], of program: ProbedProgram, arm: String) -> MeasuredValue {
        let (alarms, passes) = (counts[.vulnerable] ?? 0, counts[.safe] ?? 0)
        let unclear = counts[.unclear] ?? 0
        let isReadable = 2 * (alarms + passes) >= asks
        return SensitivityMethod.sampled.value(
            isReadable ? Double(alarms) / Double(alarms + passes) : nil, of: program, arm: arm,
            detail: [
                SensitivityScore.Key.saidVulnerable: Double(alarms), SensitivityScore.Key.saidSafe: Double(passes),
                SensitivityScore.Key.unclear: Double(unclear),
            ],
            note: isReadable ? nil : "\(unclear) of \(asks) answers can't be read as a verdict")
    }
}

/// Why a probe of sensitivity can't be made, and what to do.
public struct SensitivityError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
