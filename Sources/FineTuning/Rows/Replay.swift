import Corpora

/// General text among the rows of continued pretraining, against forgetting.
public struct Replay: Sendable, Hashable {
    /// Its share of the tokens, from 0 to below 1. All rows stay; the general text is what comes on top.
    public var share: Double
    /// Which of it is taken, and in what order.
    public var seed: UInt64

    public init(share: Double, seed: UInt64) {
        self.share = share
        self.seed = seed
    }

    /// Rows and general text in one random order. Ids of the latter get `replay/` before them.
    ///
    /// - Throws: ``FineTuningError/setting(_:_:)`` if the share can't be, or if there is too little general text, with how
    ///   much is needed.
    public func mix(
        _ rows: PreparedRows, with general: PreparedRows
    ) throws -> (rows: PreparedRows, report: Dilution.Report) {
        let others = general.rows.map { TokenRow(id: "replay/" + $0.id, tokens: $0.tokens, weights: $0.weights) }
        let mixture: Dilution.Mixture<TokenRow>
        do {
            mixture = try Dilution(share: share, keeping: .rows, seed: seed)
                .mix(rows.rows, with: others) { $0.tokens.count }
        } catch let error as CorpusError {
            let why = error.mistakes.first?.what ?? "\(error)"
            throw FineTuningError.setting("--replay-share", "\(why): lower it, or give --replay more text")
        }
        var mixed = PreparedRows(rows: mixture.rows)
        mixed.truncated = rows.truncated + general.truncated.map { "replay/" + $0 }
        mixed.dropped = rows.dropped + general.dropped.map { "replay/" + $0 }
        return (mixed, mixture.report)
    }
}
