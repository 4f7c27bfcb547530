import Evidence

/// A measured value of sensitivity with what statistics must know of its program.
struct SensitivityScore {
    /// Names in a value's `detail`.
    enum Key {
        static let vulnerable = "vulnerable"
        static let noCode = "no-code"
        static let compared = "compared"
        static let task = "task"
        static let saidVulnerable = "said-vulnerable"
        static let saidSafe = "said-safe"
        static let unclear = "unclear"
        /// Before a phrasing's id.
        static let phrasing = "phrasing/"
        /// Before a layer's number and pooling.
        static let layer = "layer/"
    }

    let value: MeasuredValue
    let isVulnerable: Bool
    let isNoCode: Bool
    let isCompared: Bool
    let task: String
    let pair: String?

    init(_ value: MeasuredValue) {
        self.value = value
        isVulnerable = value.detail[Key.vulnerable] == 1
        isNoCode = value.detail[Key.noCode] == 1
        isCompared = value.detail[Key.compared] == 1
        task = value.detail[Key.task].map { "task \($0)" } ?? value.item
        let side = ["/vulnerable", "/fixed"].first { value.item.hasSuffix($0) }
        pair = side.map { String(value.item.dropLast($0.count)) }
    }

    /// Its score, or another of its numbers; nil where there is none.
    func labelled(_ number: (MeasuredValue) -> Double? = { $0.value }) -> LabelledScore? {
        number(value).map {
            LabelledScore(item: value.item, task: task, pair: pair, isPositive: isVulnerable, score: $0)
        }
    }
}
